"""The referrals' periodic tasks. Running one twice, or twice at once, does its work once.
They take no arguments: they find what is due in the database."""

from celery import shared_task

from referrals.actions import forgetting, records
from referrals.projections import reproject, sample, stale
from restorative.common import clock


class Drift(RuntimeError):
    """A referral's stored projections differ from its facts."""


@shared_task
def records_checks() -> None:
    """Match the names of requested records checks, and release finished ones at the fixed times."""
    records.match_waiting()
    records.release_due()


@shared_task
def provisional_records() -> None:
    """Delete the provisional records whose time is over."""
    forgetting.forget_due()


@shared_task
def stale_projections() -> None:
    """Compute anew what is stored of referrals that rest on something outside them which has changed."""
    while keys := stale():
        reproject(keys, clock.now())


@shared_task
def projections() -> None:
    """Compare some referrals' stored projections with their facts. Fails on any difference, which the health page
    shows."""
    differed = reproject(sample(), clock.now(), repair=False)
    if differed:
        raise Drift(f"{differed} referrals differ. Run: manage.py reproject")
