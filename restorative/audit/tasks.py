"""The ledger's periodic tasks. Running one twice, or twice at once, changes nothing more."""

from celery import shared_task

from restorative.audit import sealer, watch


@shared_task
def seal() -> None:
    """Chain what was written since the last minute, and note the end outside the database."""
    if sealer.seal():
        sealer.note_end()


# A million entries take three minutes; the usual limits are for tasks that take seconds.
@shared_task(soft_time_limit=2_700, time_limit=3_000)
def check() -> None:
    """Check what is new in the ledger, and all of it once a night; keep what was found for the pages that show it."""
    watch.check()
