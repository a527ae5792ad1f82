"""Concerns: raised by any worker, signed off or cleared by a second person; and the records check.
A stop calls a booked meeting off in the same transaction."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from referrals import access, events
from referrals.actions.can_decide import check_can_decide
from referrals.actions.lifecycle import changing, decide, made
from referrals.actions.matching import left_to_look_at, match_names
from referrals.actions.parties import fresh_party
from referrals.actions.tasks import finish_tasks
from referrals.enums import STOPS, ConcernKind, SignOffDecision, Stage, TaskKind
from referrals.models import (
    Concern,
    Party,
    RecordsCheck,
    Referral,
    SignOff,
    Suitability,
    Task,
)
from restorative.accounts.working_days import working_day_after
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules

if TYPE_CHECKING:
    from referrals.actions.orders import OrderFacts
    from restorative.accounts.models import User


def raise_concern(
    *,
    party: Party,
    kind: ConcernKind,
    by: "User",
    detail: str = "",
    order: "OrderFacts | None" = None,
    at: datetime | None = None,
) -> Concern:
    """Record a concern in the compartment where it was heard. A stop calls booked meetings off at once.

    `order` holds the facts of an order, bail or licence that bars contact.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party, even_closed=True)
        concern = Concern.objects.create(
            party=party,
            kind=kind,
            detail=detail,
            order=order.as_kept() if order else {},
            raised_at=at,
            raised_by=by,
            **made(by, at),
        )
        record(
            "concern_raised",
            by=by,
            thing=concern,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["kind", "detail"],
            why_code=kind,
            at=at,
        )
        finish_tasks(party=party, kind=TaskKind.WORRY, by=by, at=at)
        if kind in STOPS:
            events.stopped.send(Referral, referral=referral, party=party, by=by, at=at)
        return concern


def fresh_concern(concern: Concern) -> Concern:
    """The concern read again under the lock. Raises NotPossible if it is not open."""
    fresh = (
        Concern.objects.unscoped("concern under the lock")
        .select_related("party__referral", "party__person")
        .get(pk=concern.pk)
    )
    if fresh.cleared_at:
        raise NotPossible("This concern was already cleared.")
    return fresh


def sign_off(
    *,
    concern: Concern,
    decision: SignOffDecision,
    reason: str,
    by: "User",
    steps: list[str] | None = None,
    steps_for: "User | None" = None,
    steps_due_on: date | None = None,
    at: datetime | None = None,
) -> SignOff:
    """Decide on a sign-off concern, with a reason: go, go with steps (each a task that blocks), or do not go.

    The decision lasts 56 days or until the party has a new concern. Raises Refused, or NotPossible naming the
    field.
    """
    at = at or clock.now()
    with changing(concern.party.referral_id, at=at) as (referral, at):
        # The decision did not take into account a concern that was raised while this waited for the lock.
        decided_at = min(at, referral.read_at)
        concern = fresh_concern(concern)
        access.may_sign_off(by, concern).require()
        steps = [step for step in (steps or []) if step.strip()]
        if decision == SignOffDecision.GO_WITH_STEPS and not steps:
            raise NotPossible("Write at least one step.", field="steps")
        row = SignOff.objects.create(
            concern=concern,
            party=concern.party,
            decision=decision,
            reason=reason,
            decided_at=decided_at,
            decided_by=by,
            expires_at=decided_at + timedelta(days=rules().sign_off_days),
            **made(by, at),
        )
        if decision == SignOffDecision.GO_WITH_STEPS:
            assignee = steps_for or concern.party.keyworker or referral.lead
            for words in steps:
                Task.objects.create(
                    referral=referral,
                    party=concern.party,
                    assignee=assignee,
                    kind=TaskKind.STEP,
                    words=words,
                    due_on=steps_due_on
                    or working_day_after(
                        clock.today(at), rules().step_working_days, concern.party.organisation_id
                    ),
                    blocks=row,
                    **made(by, at),
                )
        record(
            "concern_signed_off",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=concern.party_id,
            fields=["decision", "reason"],
            why_code=decision,
            at=at,
        )
        return row


def finish_step(*, task: Task, by: "User", at: datetime | None = None) -> None:
    """Mark a step before the meeting as done."""
    at = at or clock.now()
    access.may_open(by, task.party).require()
    with changing(task.referral_id, at=at) as (referral, at):
        done = (
            Task.objects.unscoped("finish a step")
            .filter(pk=task.pk, done_at__isnull=True)
            .update(done_at=at, done_by=by)
        )
        if not done:
            raise NotPossible("This step was already marked as done.")
        record(
            "step_finished",
            by=by,
            thing=task,
            referral_id=referral.pk,
            party_id=task.party_id,
            fields=["done_at"],
            at=at,
        )


def clear(
    *, concern: Concern, evidence: str, seen_alone_on: date | None, by: "User", at: datetime | None = None
) -> None:
    """Clear a concern on new facts. A stop also needs a date after it was raised on which its party was seen alone.

    Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    with changing(concern.party.referral_id, at=at) as (referral, at):
        concern = fresh_concern(concern)
        access.may_clear(by, concern).require()
        if not evidence.strip():
            raise NotPossible("Write down the new facts.", field="evidence")
        check_can_decide(concern, at)
        if concern.kind in STOPS:
            _check_seen_alone(concern, seen_alone_on, at)
        Concern.objects.unscoped("clear").filter(pk=concern.pk).update(
            cleared_at=at, cleared_by=by, evidence=evidence, seen_alone_on=seen_alone_on
        )
        record(
            "concern_cleared",
            by=by,
            thing=concern,
            referral_id=referral.pk,
            party_id=concern.party_id,
            fields=["evidence", "seen_alone_on"],
            why_code=concern.kind,
            at=at,
        )


def _check_seen_alone(concern: Concern, seen: date | None, at: datetime) -> None:
    if seen is None:
        raise NotPossible("Enter the date they were seen alone.", field="seen_alone_on")
    if seen < clock.today(concern.raised_at):
        raise NotPossible("They must have been seen alone since this was raised.", field="seen_alone_on")
    if seen > clock.today(at):
        raise NotPossible("The date they were seen alone cannot be in the future.", field="seen_alone_on")


def ask_for_records_check(*, referral: Referral, by: "User", at: datetime | None = None) -> RecordsCheck:
    """Ask a safeguarding lead to match the names of all people in this referral. Only one check may wait at a time."""
    at = at or clock.now()
    access.may_run(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        if referral.stage == Stage.CLOSED:
            raise NotPossible("This referral is closed. Reopen it first.")
        waiting = RecordsCheck.objects.unscoped("already asked?").filter(
            referral=referral, released_at__isnull=True
        )
        if waiting.exists():
            raise NotPossible("The records check has already been asked for.")
        check = RecordsCheck.objects.create(referral=referral, asked_at=at, asked_by=by, **made(by, at))
        record("records_check_asked", by=by, thing=check, referral_id=referral.pk, at=at)
        return check


def decide_and_ask(
    *, referral: Referral, by: "User", at: datetime | None = None, **decision: Any
) -> Suitability:
    """Decide (see lifecycle.decide) and ask for the records check, both or neither."""
    at = at or clock.now()
    with changing(referral, at=at) as (_, at):
        row = decide(referral=referral, by=by, at=at, **decision)
        ask_for_records_check(referral=referral, by=by, at=at)
        return row


def release_records_check(*, check: RecordsCheck, by: "User", at: datetime | None = None) -> None:
    """Release a records check that has no hits left to review. The worker who asked sees only that it is done.

    Only release_due (at the fixed times) and release_by_phone call this: see records.py.
    """
    at = at or clock.now()
    access.may_release_records(by, check).require()
    with changing(check.referral_id, at=at) as (referral, at):
        fresh = RecordsCheck.objects.unscoped("release").get(pk=check.pk)
        if fresh.matched_at is None:
            match_names(check=fresh, at=at)
        if left_to_look_at(fresh):
            raise NotPossible("Say first of each name that was found whether it is the same person.")
        # A person who joined while it waited was not matched, and needs a check of their own.
        newest_joined = (
            Party.objects.unscoped("records check")
            .filter(referral=referral, left_at__isnull=True, created_at__gt=check.asked_at)
            .exists()
        )
        released = (
            RecordsCheck.objects.unscoped("release")
            .filter(pk=check.pk, released_at__isnull=True)
            .update(
                released_at=at, released_by=by, done_at=fresh.done_at or at, done_by=fresh.done_by_id or by.pk
            )
        )
        if not released:
            raise NotPossible("This records check was already released.")
        record(
            "records_check_released",
            by=by,
            thing=check,
            referral_id=referral.pk,
            why_code="someone_joined_since" if newest_joined else "all_matched",
            at=at,
        )
