"""The stages of a referral: decide, pause, resume, close, reopen, meet again.
stages.py has the conditions of each step; blockers.py has what stands in the way."""

from dataclasses import dataclass
from datetime import date, datetime

from referrals import access, events
from referrals.actions.change import changing, require_open
from referrals.enums import Outcome, Reason, Stage, Suitable
from referrals.facts import Facts
from referrals.facts.rows import ConcernRow
from referrals.meetings_port import meetings
from referrals.models import Closure, Party, Referral, Suitability
from referrals.querysets_rules import Within
from referrals.stages import RELEASE_FIRST, STILL_BOOKED
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible

NOT_PAUSED = "This referral is not paused."
SOMEBODY_ELSE = "Something is still open with somebody else here."


@dataclass(frozen=True)
class Left:
    """Open items, as far as one user may know. `needs_manager` says whether only a manager may close."""

    sentences: list[str]
    needs_manager: bool

    def __bool__(self) -> bool:
        return bool(self.sentences)


def decide(
    *,
    referral: Referral,
    party: Party | None,
    decision: Suitable,
    reason: str,
    by: User,
    review_on: date | None = None,
    at: datetime | None = None,
) -> Suitability:
    """Record whether a meeting is suitable now. 'Not now' pauses until a review date; 'yes' resumes a paused referral.

    `party` is the compartment that the reason came from. Raises Refused, or NotPossible naming the field.
    """
    access.may_run(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        require_open(change.referral)
        if decision == Suitable.NOT_NOW:
            _require_future(review_on, change.at)
        row = change.add(
            Suitability,
            referral=change.referral,
            party=party,
            decision=decision,
            reason=reason,
            **change.stamp("decided"),
        )
        change.record("suitability_decided", row, fields=["decision", "reason"], why=decision)
        paused = change.referral.stage == Stage.PAUSED
        if decision == Suitable.YES:
            if paused:
                change.take_step("resume")
            change.begin_preparing()
            return row
        if meetings().dates(change.facts).started:
            raise NotPossible("A meeting was started. Record it first.")
        if decision == Suitable.NOT_NOW and paused:
            change.take_step("resume")
        # At any stage: a meeting that some users still see as booked is now off for them too.
        change.send(events.paused)
        if decision == Suitable.NOT_NOW:
            change.take_step("pause", review_on=review_on)
        return row


def _require_future(review_on: date | None, at: datetime) -> None:
    if not review_on:
        raise NotPossible("Enter the date to look at this again.", field="review_on")
    if review_on <= clock.today(at):
        raise NotPossible("The date to look at this again must be in the future.", field="review_on")


def resume(*, referral: Referral, by: User, at: datetime | None = None) -> None:
    """Resume a paused referral at the stage it was paused in; if a meeting was booked, at preparing.

    This does not say that a meeting is suitable: that needs a new decision.
    """
    access.may_run(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        if change.referral.stage != Stage.PAUSED:
            raise NotPossible(NOT_PAUSED)
        change.take_step("resume")


def change_review(*, referral: Referral, review_on: date, by: User, at: datetime | None = None) -> None:
    """Change the review date of a paused referral. Only for managers, so that workers cannot extend their own
    pauses."""
    access.may_change_review(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        if change.referral.stage != Stage.PAUSED:
            raise NotPossible(NOT_PAUSED)
        _require_future(review_on, change.at)
        change.set(change.referral, review_on=review_on)
        change.record("review_date_changed", change.referral, fields=["review_on"])


def reopen(*, referral: Referral, by: User, at: datetime | None = None) -> None:
    """Reopen a closed referral, within the days that the stages table allows. It continues at preparing."""
    access.may_run(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        change.take_step("reopen")


def meet_again(*, referral: Referral, by: User, at: datetime | None = None) -> None:
    """Prepare another meeting after one that took place. Answers that have expired since block it again."""
    access.may_run(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        change.take_step("meet_again")


def close(
    *,
    referral: Referral,
    by: User,
    reason: Reason | str = "",
    party: Party | None = None,
    why_open_items: str = "",
    at: datetime | None = None,
) -> Closure:
    """Close a referral with the outcome computed from what happened.

    `reason` is needed only if no meeting took place, and `party` is the compartment that it came from. Open
    concerns and unfinished calls prevent closing unless a manager gives a reason. Raises Refused or NotPossible.
    """
    access.may_run(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        referral = change.referral
        refuse_while_waiting(change.facts, by)
        if referral.stage == Stage.BOOKED:
            raise NotPossible(STILL_BOOKED)
        if referral.stage == Stage.CLOSED:
            raise NotPossible("This referral is already closed.")
        outcome = meetings().outcome(change.facts)
        no_meeting = outcome == Outcome.NOT_GOING_AHEAD
        if no_meeting and not reason:
            raise NotPossible("Choose why it is not going ahead.", field="reason")
        _refuse_open_items(change.facts, by, why_open_items)
        stopped_at = referral.stage
        change.take_step("close")
        closure = change.add(
            Closure,
            referral=referral,
            party=party,
            outcome=outcome,
            reason=reason if no_meeting else "",
            stopped_at_stage=stopped_at if no_meeting else "",
            why_open_items=why_open_items,
        )
        fields = ["outcome", "reason", "stopped_at_stage"]
        change.record("referral_closed_as", closure, fields=fields, why=outcome)
        change.send(events.closed)
        return closure


def open_items(facts: Facts, by: User) -> Left:
    """Open concerns and unfinished calls that prevent closing without a manager's reason, as far as `by` may know.

    If only calls are left, to a person who could not be reached three times, any worker who closes gives the
    reason.
    """
    opened = Within.of(by, pk=facts.referral.id).opened_safety
    concerns = [row.party_id for row in facts.rows(ConcernRow) if row.is_open]
    known = [facts.parties[key].name for key in dict.fromkeys(concerns) if key in opened]
    calls = meetings().calls_left(facts, by)
    sentences = [f"A safety concern with {name} is still open." for name in dict.fromkeys(known)]
    hidden = calls.hidden or not opened.issuperset(concerns)
    needs_manager = bool(known) or not calls.only_tried or hidden
    return Left([*sentences, *calls.sentences, *([SOMEBODY_ELSE] if hidden else [])], needs_manager)


def _refuse_open_items(facts: Facts, by: User, why: str) -> None:
    """Refuse to close while something is open, unless `by` may close all the same and says why."""
    left = open_items(facts, by)
    if left and left.needs_manager and not by.is_manager:
        raise NotPossible([*left.sentences, "A manager can close it and say why."])
    if left and not why.strip():
        raise NotPossible([*left.sentences, "Say why it is closed all the same."], field="why_open_items")


def refuse_while_waiting(facts: Facts, by: User) -> None:
    """Refuse a step while a call-off waits for release, worded for what `by` may know.

    A worker who does not open the compartment of the call-off gets the refusal for a booked meeting.
    """
    if waiting := facts.waiting_for_release:
        knows = Party.objects.opened_by(by).filter(pk__in=waiting).exists()
        raise NotPossible(RELEASE_FIRST if knows else STILL_BOOKED)
