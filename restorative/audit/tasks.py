"""The ledger's periodic tasks. Running one twice, or concurrently, is harmless."""

from celery import shared_task

from restorative.audit import sealer, watch


@shared_task
def seal() -> None:
    """Chain new entries and write the chain's end to the file."""
    if sealer.seal():
        sealer.note_end()


# A million entries take three minutes; the default limits are for tasks of seconds.
@shared_task(soft_time_limit=2_700, time_limit=3_000)
def check() -> None:
    """Check new entries, and once a night all of them; store the result for the pages that show it."""
    watch.check()
