"""Concerns: raised by any worker, signed off or cleared by a second person; and the terms of orders that bar contact.
A stop calls a booked meeting off in the same transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from referrals import access, events
from referrals.actions.change import Change, changing, changing_party
from referrals.actions.tasks import finish_tasks
from referrals.enums import (
    STOPS,
    CapacityResult,
    ChildResult,
    ConcernKind,
    OrderKind,
    SignOffDecision,
    TaskKind,
)
from referrals.models import ChildDecision, Concern, Party, SignOff, Task
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible, need
from restorative.common.rules import rules

NOT_ABLE = (
    "The newest assessment says that {name} cannot decide this. Record another first, if that has changed."
)
CHILD_CANNOT = "Record first that {name} understands enough to decide, or which parent gives authority."


@dataclass(frozen=True)
class OrderFacts:
    """The facts of an order, bail or licence. If `seen_by` is empty, no worker has seen the document."""

    kind: OrderKind
    conditions: str
    seen_by: str = ""
    ends_on: date | None = None

    def as_kept(self) -> dict[str, Any]:
        """The facts as a concern's row stores them."""
        return {
            "kind": self.kind.value,
            "conditions": self.conditions,
            "seen_by": self.seen_by,
            "ends_on": self.ends_on.isoformat() if self.ends_on else "",
        }


def raise_concern(
    *,
    party: Party,
    kind: ConcernKind,
    by: User,
    detail: str = "",
    order: OrderFacts | None = None,
    at: datetime | None = None,
) -> Concern:
    """Record a concern in the compartment where it was heard. A stop calls booked meetings off at once.

    `order` holds the facts of an order, bail or licence that bars contact.
    """
    with changing_party(party, by=by, at=at, even_closed=True) as (change, party):
        concern = change.add(
            Concern,
            party=party,
            kind=kind,
            detail=detail,
            order=order.as_kept() if order else {},
            **change.stamp("raised"),
        )
        change.record("concern_raised", concern, fields=["kind", "detail"], why=kind)
        finish_tasks(change, party, TaskKind.WORRY)
        if kind in STOPS:
            change.send(events.stopped, party=party)
        return concern


def write_order(*, concern: Concern, order: OrderFacts, by: User, at: datetime | None = None) -> None:
    """Record the terms of an order, or new information about it. The earlier version is kept.

    The end date of an order clears nothing. Raises Refused, or NotPossible.
    """
    access.may_open(by, concern.party).require()
    with changing(concern.party.referral_id, by=by, at=at) as change:
        concern = _fresh(concern)
        if concern.kind != ConcernKind.ORDER:
            raise NotPossible("This concern is not about an order, bail or licence.")
        before = [*concern.order.pop("before", []), concern.order] if concern.order else []
        kept = order.as_kept() | {
            "written_on": clock.today(change.at).isoformat(),
            "written_by": by.first_name,
            "before": before,
        }
        change.set(concern, order=kept)
        change.record("order_written", concern, fields=["order"], why=order.kind)


def _fresh(concern: Concern) -> Concern:
    """The concern, read under the lock. Raises NotPossible if it is not open."""
    rows = Concern.objects.unscoped("concern under the lock")
    fresh = rows.select_related("party__referral", "party__person", "party__keyworker").get(pk=concern.pk)
    if fresh.cleared_at:
        raise NotPossible("This concern was already cleared.")
    return fresh


def sign_off(
    *,
    concern: Concern,
    decision: SignOffDecision,
    reason: str,
    by: User,
    steps: list[str] | None = None,
    steps_for: User | None = None,
    steps_due_on: date | None = None,
    at: datetime | None = None,
) -> SignOff:
    """Decide on a sign-off concern, with a reason: go, go with steps (each a task that blocks), or do not go.

    The decision lasts 56 days or until the party has a new concern. Raises Refused, or NotPossible naming the
    field.
    """
    with changing(concern.party.referral_id, by=by, at=at) as change:
        # The decision did not take into account a concern that was raised while this waited for the lock.
        decided_at = min(change.at, change.read_at)
        concern = _fresh(concern)
        access.may_sign_off(by, concern).require()
        steps = [step for step in (steps or []) if step.strip()]
        if decision == SignOffDecision.GO_WITH_STEPS and not steps:
            raise NotPossible("Write at least one step.", field="steps")
        row = change.add(
            SignOff,
            concern=concern,
            party=concern.party,
            decision=decision,
            reason=reason,
            decided_at=decided_at,
            decided_by=by,
            expires_at=decided_at + timedelta(days=rules().sign_off_days),
        )
        if decision == SignOffDecision.GO_WITH_STEPS:
            _give_steps(change, row, steps, steps_for, steps_due_on)
        change.record("concern_signed_off", row, fields=["decision", "reason"], why=decision)
        return row


def _give_steps(
    change: Change, decision: SignOff, steps: list[str], worker: User | None, due_on: date | None
) -> None:
    party = decision.party
    if due_on is None:
        due_on = change.working_day_after(rules().step_working_days, party.organisation_id)
    step = {
        "referral": change.referral,
        "party": party,
        "assignee": worker or party.keyworker or change.referral.lead,
        "kind": TaskKind.STEP,
        "due_on": due_on,
        "blocks": decision,
    }
    change.add_all(Task, ({**step, "words": words} for words in steps))


def finish_step(*, task: Task, by: User, at: datetime | None = None) -> None:
    """Mark a step before the meeting as done."""
    access.may_open(by, task.party).require()
    with changing(task.referral_id, by=by, at=at) as change:
        change.settle(task, "done", "This step was already marked as done.")
        change.record("step_finished", task, fields=["done_at"])


def clear(
    *, concern: Concern, evidence: str, seen_alone_on: date | None, by: User, at: datetime | None = None
) -> None:
    """Clear a concern on new facts. A stop also needs a date after it was raised on which its party was seen alone.

    Raises Refused, or NotPossible naming the field.
    """
    with changing(concern.party.referral_id, by=by, at=at) as change:
        concern = _fresh(concern)
        access.may_clear(by, concern).require()
        need(evidence, "Write down the new facts.", field="evidence")
        if _cannot_decide(concern, change):
            sentence = NOT_ABLE if concern.kind == ConcernKind.NO_CAPACITY else CHILD_CANNOT
            raise NotPossible(sentence.format(name=concern.party.known_as))
        if concern.kind in STOPS:
            _check_seen_alone(concern, seen_alone_on, change.at)
        change.settle(
            concern,
            "cleared",
            "This concern was already cleared.",
            evidence=evidence,
            seen_alone_on=seen_alone_on,
        )
        change.record("concern_cleared", concern, fields=["evidence", "seen_alone_on"], why=concern.kind)


def _cannot_decide(concern: Concern, change: Change) -> bool:
    """Whether this is a stop over whether a person can decide, and the newest record says that they cannot."""
    if concern.kind == ConcernKind.NO_CAPACITY:
        assessed = change.facts_of(concern.party).assessed
        return assessed is not None and assessed.result == CapacityResult.NOT_ABLE
    if concern.kind != ConcernKind.UNDER_16:
        return False
    born = concern.party.person.born_on
    if born is not None and clock.age_on(born, clock.today(change.at)) >= rules().own_consent_age:
        return False
    decided = ChildDecision.objects.unscoped("new facts under the lock").filter(party=concern.party)
    newest = decided.order_by("recorded_at", "pk").last()
    return newest.result == ChildResult.NEITHER if newest else born is not None


def _check_seen_alone(concern: Concern, seen: date | None, at: datetime) -> None:
    if seen is None:
        raise NotPossible("Enter the date they were seen alone.", field="seen_alone_on")
    if seen < clock.today(concern.raised_at):
        raise NotPossible("They must have been seen alone since this was raised.", field="seen_alone_on")
    if seen > clock.today(at):
        raise NotPossible("The date they were seen alone cannot be in the future.", field="seen_alone_on")
