"""The table of a referral's steps: from, to, permission in access.py, guards; and the function that applies it. No
other code changes a stage."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from referrals.blockers import find_blockers
from referrals.enums import Gate, Stage
from referrals.facts import Facts, facts_of
from referrals.meetings_port import meetings
from referrals.models import Party, Referral, StageChange
from restorative.accounts.models import User
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules

# The facts are those of an action that holds the lock; elsewhere they are read if the guard needs them.
Guard = Callable[[Referral, datetime, Facts | None], list[str]]

# The same words on the pages before the step and in its refusal.
RELEASE_FIRST = "A meeting was called off and the others have not heard yet. Release that first."
STILL_BOOKED = "A meeting is still booked. Call it off, or record it, first."


def nothing_in_the_way_of_booking(referral: Referral, at: datetime, facts: Facts | None) -> list[str]:
    """No blocker at the gate `book`. The booking action names them, as far as its caller may know."""
    found = find_blockers(facts or facts_of(referral.pk, at), Gate.BOOK)
    return ["Something still stands in the way."] if found else []


def no_meeting_pending(referral: Referral, at: datetime, facts: Facts | None) -> list[str]:
    """No meeting is booked or under way."""
    return [STILL_BOOKED] if meetings().dates(facts or facts_of(referral.pk, at)).coming else []


def within_30_days_of_closing(referral: Referral, at: datetime, facts: Facts | None) -> list[str]:
    """Closed recently enough to be reopened."""
    if referral.closed_at and at - referral.closed_at > timedelta(days=rules().reopen_days):
        return [f"It was closed more than {rules().reopen_days} days ago. Log a new referral instead."]
    return []


@dataclass(frozen=True)
class Step:
    """One allowed step. `to` None means back to the stage it was paused in."""

    name: str
    froms: tuple[Stage, ...]
    to: Stage | None
    verb: str
    guards: tuple[Guard, ...] = ()


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step("prepare", (Stage.LOGGED,), Stage.PREPARING, "work_with"),
        Step("book", (Stage.PREPARING,), Stage.BOOKED, "book", (nothing_in_the_way_of_booking,)),
        Step("move", (Stage.BOOKED,), Stage.BOOKED, "book", (nothing_in_the_way_of_booking,)),
        Step("call_off", (Stage.BOOKED,), Stage.PREPARING, "call_off"),
        Step("met", (Stage.BOOKED,), Stage.FOLLOW_UP, "record"),
        # It happened without a booking. Blockers apply to the next meeting.
        Step("already_met", (Stage.LOGGED, Stage.PREPARING, Stage.PAUSED), Stage.FOLLOW_UP, "record"),
        Step("meet_again", (Stage.FOLLOW_UP,), Stage.PREPARING, "book"),
        Step("pause", (Stage.LOGGED, Stage.PREPARING, Stage.BOOKED, Stage.FOLLOW_UP), Stage.PAUSED, "decide"),
        Step("resume", (Stage.PAUSED,), None, "decide"),
        Step(
            "close",
            (Stage.LOGGED, Stage.PREPARING, Stage.FOLLOW_UP, Stage.PAUSED),
            Stage.CLOSED,
            "close",
            (no_meeting_pending,),
        ),
        Step("reopen", (Stage.CLOSED,), Stage.PREPARING, "close", (within_30_days_of_closing,)),
    )
}


def destination(step: Step, referral: Referral) -> Stage:
    """Where a step leads. Resuming from booked leads to preparing, because nothing is booked any more."""
    if step.to is not None:
        return step.to
    came_from = Stage(referral.paused_from)
    return Stage.PREPARING if came_from == Stage.BOOKED else came_from


def why_not(step_name: str, referral: Referral, at: datetime, facts: Facts | None = None) -> list[str]:
    """The sentences for why a step cannot be taken now; empty when it can."""
    step = STEPS[step_name]
    if Stage(referral.stage) not in step.froms:
        return [f"This referral is {Stage(referral.stage).label.lower()} now, so that step cannot be taken."]
    return [sentence for guard in step.guards for sentence in guard(referral, at, facts)]


def take_step(
    step_name: str,
    referral: Referral,
    *,
    by: User | None,
    at: datetime,
    party: Party | None = None,
    review_on: date | None = None,
    facts: Facts | None = None,
) -> StageChange:
    """Move a referral whose version the caller has bumped in this transaction.

    `party` is given if the step came from that party's sealed facts: it is hidden from the others until released.
    Raises NotPossible with the guards' sentences.
    """
    step = STEPS[step_name]
    if sentences := why_not(step_name, referral, at, facts):
        raise NotPossible(sentences)
    before, after = Stage(referral.stage), destination(step, referral)
    referral.stage = after
    referral.paused_from = before if after == Stage.PAUSED else ""
    referral.review_on = review_on if after == Stage.PAUSED else None
    referral.closed_at = at if after == Stage.CLOSED else None
    referral.closed_by = by if after == Stage.CLOSED else None
    referral.save(update_fields=["stage", "paused_from", "review_on", "closed_at", "closed_by"])
    return StageChange.objects.create(
        referral=referral,
        step=step.name,
        from_stage=before,
        to_stage=after,
        party=party,
        created_at=at,
        created_by=by,
    )
