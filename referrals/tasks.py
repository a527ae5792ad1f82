"""The referrals' periodic tasks. Running one twice, or twice at once, does its work once.
They take no arguments: the database says what is due."""

from celery import shared_task

from referrals.actions import forgetting, records
from referrals.projections import reproject, sample
from restorative.common import clock


class Drift(RuntimeError):
    """What is stored beside the facts of a referral is not what its facts say."""


@shared_task
def records_checks() -> None:
    """Match the names of records checks that were asked for, and release at the fixed times what is done."""
    records.match_waiting()
    records.release_due()


@shared_task
def provisional_records() -> None:
    """Take away the records of people who were never heard from, once their time is over."""
    forgetting.forget_due()


@shared_task
def projections() -> None:
    """Compare what is stored of some referrals with their facts. Fails on any drift, which the health page shows."""
    differed = reproject(sample(), clock.now(), repair=False)
    if differed:
        raise Drift(f"{differed} referrals differ. Run: manage.py reproject")
