"""What follows a pause or an end: resume, change the review date, reopen, meet again.
Pausing itself is a decision: lifecycle.decide with 'not now'."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from referrals import access
from referrals.actions.lifecycle import changing, require_future, take_step
from referrals.enums import Stage
from referrals.models import Referral
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User

NOT_PAUSED = "This referral is not paused."


def resume(*, referral: Referral, by: "User", at: datetime | None = None) -> None:
    """Resume a paused referral at the stage it was paused in; if a meeting was booked, at preparing.

    This does not say that a meeting is suitable: that needs a new decision.
    """
    at = at or clock.now()
    access.may_run(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        if referral.stage != Stage.PAUSED:
            raise NotPossible(NOT_PAUSED)
        take_step("resume", referral, by=by, at=at)


def change_review(*, referral: Referral, review_on: date, by: "User", at: datetime | None = None) -> None:
    """Change the review date of a paused referral. Only for managers, so that workers cannot extend their own
    pauses."""
    at = at or clock.now()
    access.may_change_review(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        if referral.stage != Stage.PAUSED:
            raise NotPossible(NOT_PAUSED)
        require_future(review_on, at)
        Referral.objects.unscoped("change review").filter(pk=referral.pk).update(review_on=review_on)
        record(
            "review_date_changed", by=by, thing=referral, referral_id=referral.pk, fields=["review_on"], at=at
        )


def reopen(*, referral: Referral, by: "User", at: datetime | None = None) -> None:
    """Reopen a closed referral, within the days that the stages table allows. It continues at preparing."""
    at = at or clock.now()
    access.may_run(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        take_step("reopen", referral, by=by, at=at)


def meet_again(*, referral: Referral, by: "User", at: datetime | None = None) -> None:
    """Prepare another meeting after one that took place. Answers that have expired since block it again."""
    at = at or clock.now()
    access.may_run(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        take_step("meet_again", referral, by=by, at=at)
