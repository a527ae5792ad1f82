"""The version lock that every action takes, and the stages of a referral: decide, pause, resume, close.
stages.py has the conditions of each step; blockers.py has what stands in the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Value, When

from referrals import access, blockers, events, stages
from referrals.actions.outcome import derived_outcome, open_items
from referrals.duties.held import holding
from referrals.enums import Gate, Outcome, Reason, Stage, Suitable
from referrals.facts import Facts, facts_of
from referrals.meetings_port import meetings
from referrals.models import Closure, Party, Referral, StageChange, Suitability
from referrals.projections import project
from referrals.stages import RELEASE_FIRST, STILL_BOOKED
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.notify import outbox

if TYPE_CHECKING:
    from restorative.accounts.models import User

# No action waits longer for the lock; the database gives up earlier.
LONGEST_WAIT = timedelta(minutes=1)

_held: ContextVar[dict[UUID, Referral]] = ContextVar("referrals_being_changed")


@contextmanager
def changing(referral: Referral | UUID, *, at: datetime) -> Iterator[tuple[Referral, datetime]]:
    """Lock one referral while its facts are read and changed; yields it freshly read, with the time of the change.

    The first statement of the transaction bumps the version: on PostgreSQL that locks the row, on SQLite the
    transaction already locks the database. Rows read after it do not change until commit. At the end, stored access
    and the outbox are updated from the facts, in the same transaction. A nested action joins the outer one.

    `at` was read from the clock before waiting for the lock, and an action that got the lock first may have read a
    later time. The time yielded is therefore after its time. The referral's `read_at` stays the original time: it
    is used for settling concerns, because a concern raised during the wait was not known.
    """
    read_at, key = at, referral.pk if isinstance(referral, Referral) else referral
    held = _held.get({})
    if key in held:
        yield held[key], at
        return
    with transaction.atomic():
        moved = (
            Referral.objects.unscoped("version lock")
            .filter(pk=key)
            .update(version=F("version") + 1, last_activity_at=_later_than_the_last(at))
        )
        if not moved:
            raise NotPossible("This referral does not exist any more.")
        fresh = (
            Referral.objects.unscoped("version lock").select_related("lead", "lead_organisation").get(pk=key)
        )
        fresh.read_at, at = read_at, fresh.last_activity_at
        token = _held.set({**held, key: fresh})
        try:
            yield fresh, at
        finally:
            _held.reset(token)
        facts = stamp_first_ready(facts_of(key, at, closures=True))
        project(facts)
        with holding(facts):
            outbox.reconcile(key, at=at)


def _later_than_the_last(at: datetime) -> Case:
    """`at`, or just after the last change if that is later."""
    overtaken = When(
        last_activity_at__gt=at,
        last_activity_at__lt=at + LONGEST_WAIT,
        then=F("last_activity_at") + timedelta(microseconds=1),
    )
    return Case(overtaken, default=Value(at))


def stamp_first_ready(facts: Facts) -> Facts:
    """Record the first time that nothing stood in the way, for reports only. Returns the facts with it."""
    referral = facts.referral
    if referral.first_ready_at or facts.stage != Stage.PREPARING or blockers.find_blockers(facts, Gate.BOOK):
        return facts
    Referral.objects.unscoped("first ready").filter(pk=referral.id).update(first_ready_at=facts.at)
    return replace(facts, referral=replace(referral, first_ready_at=facts.at))


def made(by: "User | None", at: datetime) -> dict[str, Any]:
    """The two fields every new row carries."""
    return {"created_at": at, "created_by": by}


def take_step(
    name: str,
    referral: Referral,
    *,
    by: "User | None",
    at: datetime,
    party: Party | None = None,
    review_on: date | None = None,
) -> None:
    """Take one step of the stages table, with a history row and an audit row."""
    change = stages.take_step(
        name,
        referral,
        by=by,
        at=at,
        party=party,
        review_on=review_on,
    )
    record(
        f"referral_{name}",
        by=by,
        thing=referral,
        referral_id=referral.pk,
        party_id=party.pk if party else None,
        fields=["stage"],
        why_code=change.to_stage,
        at=at,
    )


def begin_preparing(referral: Referral, *, by: "User", at: datetime) -> None:
    """On the first action with a party, move a logged referral to preparing, and record first contact for a handoff
    that the worker accepted."""
    if referral.stage == Stage.LOGGED:
        take_step("prepare", referral, by=by, at=at)
    events.contacted.send(Referral, referral=referral, party=None, by=by, at=at)


def decide(
    *,
    referral: Referral,
    party: Party | None,
    decision: Suitable,
    reason: str,
    by: "User",
    review_on: date | None = None,
    at: datetime | None = None,
) -> Suitability:
    """Record whether a meeting is suitable now. 'Not now' pauses until a review date; 'yes' resumes a paused referral.

    `party` is the compartment that the reason came from. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_run(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        if referral.stage == Stage.CLOSED:
            raise NotPossible("This referral is closed. Reopen it first.")
        if decision == Suitable.NOT_NOW:
            require_future(review_on, at)
        row = Suitability.objects.create(
            referral=referral,
            party=party,
            decision=decision,
            reason=reason,
            decided_at=at,
            decided_by=by,
            **made(by, at),
        )
        record(
            "suitability_decided",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk if party else None,
            fields=["decision", "reason"],
            why_code=decision,
            at=at,
        )
        if decision == Suitable.YES:
            if referral.stage == Stage.PAUSED:
                take_step("resume", referral, by=by, at=at)
            begin_preparing(referral, by=by, at=at)
        elif decision == Suitable.NOT_NOW and review_on:
            _pause(referral, review_on=review_on, by=by, at=at)
        else:
            _refuse_while_under_way(referral)
            # At any stage: a meeting that some users still see as booked is now off for them too.
            events.paused.send(Referral, referral=referral, party=None, by=by, at=at)
        return row


def require_future(review_on: date | None, at: datetime) -> None:
    """The review date must be in the future. Raises NotPossible naming the field."""
    if not review_on:
        raise NotPossible("Enter the date to look at this again.", field="review_on")
    if review_on <= clock.today(at):
        raise NotPossible("The date to look at this again must be in the future.", field="review_on")


def _refuse_while_under_way(referral: Referral) -> None:
    if meetings().has_started(referral.pk):
        raise NotPossible("A meeting was started. Record it first.")


def _pause(referral: Referral, *, review_on: date, by: "User", at: datetime) -> None:
    _refuse_while_under_way(referral)
    if referral.stage == Stage.PAUSED:
        take_step("resume", referral, by=by, at=at)
    events.paused.send(Referral, referral=referral, party=None, by=by, at=at)
    take_step("pause", referral, by=by, at=at, review_on=review_on)


def close(
    *,
    referral: Referral,
    by: "User",
    reason: Reason | str = "",
    party: Party | None = None,
    why_open_items: str = "",
    at: datetime | None = None,
) -> Closure:
    """Close a referral with the outcome computed from what happened.

    `reason` is needed only if no meeting took place, and `party` is the compartment that it came from. Open
    concerns and unfinished calls prevent closing unless a manager gives a reason. Raises Refused or NotPossible.
    """
    at = at or clock.now()
    access.may_run(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        refuse_while_waiting(referral, by)
        if referral.stage == Stage.BOOKED:
            raise NotPossible(STILL_BOOKED)
        if referral.stage == Stage.CLOSED:
            raise NotPossible("This referral is already closed.")
        outcome = derived_outcome(referral, at=at)
        if outcome == Outcome.NOT_GOING_AHEAD and not reason:
            raise NotPossible("Choose why it is not going ahead.", field="reason")
        if left := open_items(referral, by):
            if left.needs_manager and not by.is_manager:
                raise NotPossible([*left.sentences, "A manager can close it and say why."])
            if not why_open_items.strip():
                raise NotPossible(
                    [*left.sentences, "Say why it is closed all the same."], field="why_open_items"
                )
        stopped_at = referral.stage if outcome == Outcome.NOT_GOING_AHEAD else ""
        take_step("close", referral, by=by, at=at)
        closure = Closure.objects.create(
            referral=referral,
            party=party,
            outcome=outcome,
            reason=reason if outcome == Outcome.NOT_GOING_AHEAD else "",
            stopped_at_stage=stopped_at,
            why_open_items=why_open_items,
            **made(by, at),
        )
        record(
            "referral_closed_as",
            by=by,
            thing=closure,
            referral_id=referral.pk,
            party_id=party.pk if party else None,
            fields=["outcome", "reason", "stopped_at_stage"],
            why_code=outcome,
            at=at,
        )
        events.closed.send(Referral, referral=referral, party=None, by=by, at=at)
        return closure


def refuse_while_waiting(referral: Referral, by: "User") -> None:
    """Refuse a step while a call-off waits for release, worded for what `by` may know.

    A worker who does not open the compartment of the call-off gets the refusal for a booked meeting.
    """
    waiting = waiting_for_release(referral.pk)
    if not waiting:
        return
    knows = Party.objects.opened_by(by).filter(pk__in=waiting).exists()
    raise NotPossible(RELEASE_FIRST if knows else STILL_BOOKED)


def waiting_for_release(referral: UUID) -> list[UUID]:
    """The parties with steps that are not released and that no later open step has replaced."""
    steps = StageChange.objects.unscoped("waits for release").filter(referral=referral).order_by("-id")
    waiting = []
    for party, released_at in steps.values_list("party", "released_at"):
        if party is None or released_at is not None:
            break
        waiting.append(party)
    return waiting
