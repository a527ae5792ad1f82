"""The referrals' periodic tasks. Running one twice, or twice at once, does its work once.
They take no arguments: the database says what is due."""

from celery import shared_task

from referrals.actions import records


@shared_task
def records_checks() -> None:
    """Match the names of records checks that were asked for, and release at the fixed times what is done."""
    records.match_waiting()
    records.release_due()
