"""The outbox: reconcile() plans messages in the transaction of the change; sweep() sends what is due.
The app that registered a kind decides what a message says and whether it may still be sent."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from restorative.common import clock
from restorative.notify import registry
from restorative.notify.models import WAITING, Message, State
from restorative.notify.registry import Planned
from restorative.notify.sending import Outcome, sweep

__all__ = [
    "Outcome",
    "Reconciled",
    "cancel_for",
    "forget",
    "not_due",
    "reconcile",
    "sweep",
]


UNPLANNED = "no longer planned"


class Reconciled(NamedTuple):
    """The result of reconcile(). `already_sending` were claimed before they could be cancelled: tell the user which."""

    created: list[Message]
    cancelled: list[Message]
    already_sending: list[Message]


def reconcile(group: UUID, *, at: datetime | None = None, facts: registry.Facts = None) -> Reconciled:
    """Make the messages of a group match what its kinds plan now. Call it inside the change's transaction.

    `facts` are the group's at this moment, if the caller has read them. Unpacks as (created, cancelled,
    already_sending).
    """
    _require_transaction("reconcile")
    at = at or clock.now()
    if facts is None:
        facts = registry.groups().read([group], at).get(group)
    messages = list(Message.objects.filter(group=group))
    wanted = {} if facts is None else _wanted(facts, messages)
    rows = {(m.kind, m.thing_id, m.version, m.recipient_id): m for m in messages}
    cancelled, already_sending = _cancel([m for key, m in rows.items() if key not in wanted], UNPLANNED)
    for key, planned in wanted.items():
        if key in rows and rows[key].state in WAITING:
            _move(rows[key], planned)
    created = [_new(group, planned, at) for key, planned in wanted.items() if key not in rows]
    if created:
        Message.objects.bulk_create(created, ignore_conflicts=True)
    again = [rows[key] for key, planned in wanted.items() if key in rows and _revived(rows[key], planned, at)]
    return Reconciled([*created, *again], cancelled, already_sending)


def _wanted(facts: registry.Facts, messages: list[Message]) -> dict[tuple, Planned]:
    """What the kinds plan, without recipients who may be told nothing."""
    # A plan shared by several kinds is called once and plans them all.
    plans = dict.fromkeys(kind.plan for kind in registry.kinds())
    return {
        planned.key: planned
        for plan in plans
        for planned in plan(facts, messages)
        if registry.may_be_told(facts, to_worker=planned.to_worker, recipient=planned.recipient_id)
    }


def cancel_for(
    group: UUID, *, why: str, kinds: list[str] | None = None, recipient_id: UUID | None = None
) -> tuple[list[Message], list[Message]]:
    """Cancel the waiting messages of a group: (cancelled, already_sending). For when nothing may be planned any more.

    These stay cancelled, even if a later reconcile() plans the same version again.
    """
    _require_transaction("cancel_for")
    rows = Message.objects.filter(group=group)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if recipient_id is not None:
        rows = rows.filter(recipient_id=recipient_id)
    return _cancel(list(rows.filter(state__in=[*WAITING, State.SENDING])), why)


def forget(group: UUID, *, recipient_id: UUID, why: str) -> None:
    """Cancel the waiting messages to a recipient whose record is deleted, and delete the text of all their messages.

    This includes a message that is being sent: the sending process already holds its text.
    """
    cancel_for(group, why=why, recipient_id=recipient_id)
    Message.objects.filter(group=group, recipient_id=recipient_id).update(subject="", body="")


def _require_transaction(what: str) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError(f"{what}() belongs inside the transaction of the change it follows from.")


def _cancel(messages: list[Message], why: str) -> tuple[list[Message], list[Message]]:
    """Cancel waiting messages and return those being sent, including any that a sweep claims at this moment."""
    found = {m.pk: m for m in messages if m.state in (*WAITING, State.SENDING)}
    if not found:
        return [], []
    rows = Message.objects.filter(pk__in=found)
    changes = {"state": State.CANCELLED, "why_held": why[:200], "spacing_minute": None, "spacing_day": None}
    cancelled = rows.filter(state__in=WAITING).update(**changes)
    if cancelled < len(found):
        # A message that is being sent gets no retry. It may have returned to wait for one in between.
        rows.filter(state=State.SENDING).update(unwanted=True)
        rows.filter(state__in=WAITING).update(**changes)
    now = list(rows)
    return [m for m in now if m.state == State.CANCELLED], [m for m in now if m.state != State.CANCELLED]


def _revived(message: Message, planned: Planned, at: datetime) -> bool:
    """Make a message that was no longer planned wait again, for example after a pause. False if it stays cancelled.

    A message that would be useless by now stays cancelled, so that no worker is told that it was too late.
    """
    if message.state != State.CANCELLED or message.why_held != UNPLANNED or planned.useless_after <= at:
        return False
    row = Message.objects.filter(pk=message.pk, state=State.CANCELLED, why_held=UNPLANNED)
    return bool(
        row.update(
            state=State.DUE,
            why_held="",
            due_at=planned.due_at,
            planned_for=planned.due_at,
            useless_after=planned.useless_after,
            urgent=planned.urgent,
        )
    )


def _new(group: UUID, planned: Planned, at: datetime) -> Message:
    return Message(
        created_at=at,
        kind=planned.kind,
        thing_id=planned.thing_id,
        version=planned.version,
        recipient_id=planned.recipient_id,
        group=group,
        to_worker=planned.to_worker,
        urgent=planned.urgent,
        planned_for=planned.due_at,
        due_at=planned.due_at,
        useless_after=planned.useless_after,
    )


def _move(message: Message, planned: Planned) -> None:
    """Apply a changed plan. A held message becomes due again, because the reason for holding it may have changed."""
    same_time = message.planned_for == planned.due_at
    facts: dict[str, Any] = {"useless_after": planned.useless_after, "urgent": planned.urgent}
    if same_time and message.state == State.DUE and all(getattr(message, k) == v for k, v in facts.items()):
        return
    if not same_time or message.state == State.HELD:
        facts |= {"due_at": planned.due_at, "planned_for": planned.due_at, "state": State.DUE, "why_held": ""}
    Message.objects.filter(pk=message.pk, state__in=WAITING).update(**facts)


def not_due(at: datetime, limit: int) -> list[Message]:
    """Messages that wait for a later time, the next first."""
    return list(Message.objects.filter(state__in=WAITING, due_at__gt=at).order_by("due_at", "pk")[:limit])
