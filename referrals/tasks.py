"""The referrals' periodic tasks. Running one twice, or twice at once, does its work once.
They take no arguments: the database says what is due."""

from celery import shared_task

from referrals.actions import forgetting, records


@shared_task
def records_checks() -> None:
    """Match the names of records checks that were asked for, and release at the fixed times what is done."""
    records.match_waiting()
    records.release_due()


@shared_task
def provisional_records() -> None:
    """Take away the records of people who were never heard from, once their time is over."""
    forgetting.forget_due()
