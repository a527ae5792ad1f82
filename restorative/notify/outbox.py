"""The outbox: reconcile() writes what should be sent, in the transaction of the change; sweep() sends what is due.
What a message says and whether it may still go are asked of the app that registered its kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

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
    "overdue_since",
    "reconcile",
    "sweep",
    "uncertain",
]


UNPLANNED = "no longer planned"


@dataclass(frozen=True)
class Reconciled:
    """What reconcile() did. `already_sending` were claimed before they could be cancelled: name them to the person."""

    created: list[Message]
    cancelled: list[Message]
    already_sending: list[Message]

    def __iter__(self) -> Iterator[list[Message]]:
        return iter((self.created, self.cancelled, self.already_sending))


def reconcile(group: UUID, *, at: datetime | None = None) -> Reconciled:
    """Make the rows of a group what its registered kinds plan as things stand. Call it inside the change's transaction.

    Unpacks as (created, cancelled, already_sending).
    """
    _require_transaction("reconcile")
    at = at or clock.now()
    # Kinds that share a plan have it asked once: it plans them all from facts read together.
    plans = dict.fromkeys(kind.plan for kind in registry.kinds())
    wanted = {planned.key: planned for plan in plans for planned in plan(group, at)}
    if registry.silent(group):
        wanted = {key: planned for key, planned in wanted.items() if planned.to_worker}
    if out := registry.told_nothing(group):
        wanted = {
            key: planned
            for key, planned in wanted.items()
            if not (planned.to_worker and planned.recipient_id in out)
        }
    rows = {(m.kind, m.thing_id, m.version, m.recipient_id): m for m in Message.objects.filter(group=group)}
    unplanned = [m for key, m in rows.items() if key not in wanted]
    cancelled, already_sending = _cancel(unplanned, UNPLANNED)
    for key, planned in wanted.items():
        if key in rows and rows[key].state in WAITING:
            _move(rows[key], planned)
    created = [_new(group, planned, at) for key, planned in wanted.items() if key not in rows]
    if created:
        Message.objects.bulk_create(created, ignore_conflicts=True)
    again = [rows[key] for key, planned in wanted.items() if key in rows and _revived(rows[key], planned, at)]
    return Reconciled([*created, *again], cancelled, already_sending)


def cancel_for(
    group: UUID, *, why: str, kinds: list[str] | None = None, recipient_id: UUID | None = None
) -> tuple[list[Message], list[Message]]:
    """Cancel whatever of a group still waits: (cancelled, already_sending). For when nothing may be planned any more.

    What it cancels stays cancelled, even where a later reconcile() plans the same version again.
    """
    _require_transaction("cancel_for")
    rows = Message.objects.filter(group=group)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if recipient_id is not None:
        rows = rows.filter(recipient_id=recipient_id)
    return _cancel(list(rows.filter(state__in=[*WAITING, State.SENDING])), why)


def forget(group: UUID, *, recipient_id: UUID, why: str) -> None:
    """Cancel whatever still waits for somebody whose record goes, and keep no words of what they were ever sent.

    One that is being sent at this moment has its words taken away too: whoever sends it holds them already.
    """
    cancel_for(group, why=why, recipient_id=recipient_id)
    Message.objects.filter(group=group, recipient_id=recipient_id).update(subject="", body="")


def _require_transaction(what: str) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError(f"{what}() belongs inside the transaction of the change it follows from.")


def _cancel(messages: list[Message], why: str) -> tuple[list[Message], list[Message]]:
    """Cancel those still waiting, name those being sent. A sweep that claims one at this moment has it named."""
    cancelled: list[Message] = []
    already_sending: list[Message] = []
    for message in messages:
        if message.state not in (*WAITING, State.SENDING):
            continue
        (cancelled if _cancelled(message.pk, why) else already_sending).append(message)
        message.refresh_from_db()
    return cancelled, already_sending


def _cancelled(pk: UUID, why: str) -> bool:
    """Whether it could still be cancelled. If not it is being sent (and is not tried again) or has been sent."""
    row = Message.objects.filter(pk=pk)
    facts = {"state": State.CANCELLED, "why_held": why[:200], "spacing_minute": None, "spacing_day": None}
    if row.filter(state__in=WAITING).update(**facts):
        return True
    if row.filter(state=State.SENDING).update(unwanted=True):
        return False
    # Between the two it may have come back to wait for another try.
    return bool(row.filter(state__in=WAITING).update(**facts))


def _revived(message: Message, planned: Planned, at: datetime) -> bool:
    """Whether one that was no longer planned waits again: what was paused is taken up, nothing of it had left.

    One that would be useless by now stays as it is: nobody is to be told that it came too late.
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
            route_id=planned.route_id,
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
        route_id=planned.route_id,
        group=group,
        spacing_group=planned.party_group,
        to_worker=planned.to_worker,
        urgent=planned.urgent,
        planned_for=planned.due_at,
        due_at=planned.due_at,
        useless_after=planned.useless_after,
    )


def _move(message: Message, planned: Planned) -> None:
    """Follow a changed plan. A held message is looked at again at its time: what held it may have changed."""
    same_time = message.planned_for == planned.due_at
    facts: dict[str, Any] = {
        "useless_after": planned.useless_after,
        "route_id": planned.route_id,
        "urgent": planned.urgent,
    }
    if same_time and message.state == State.DUE and all(getattr(message, k) == v for k, v in facts.items()):
        return
    if not same_time or message.state == State.HELD:
        facts |= {"due_at": planned.due_at, "planned_for": planned.due_at, "state": State.DUE, "why_held": ""}
    Message.objects.filter(pk=message.pk, state__in=WAITING).update(**facts)


def uncertain(group: UUID | None = None) -> QuerySet[Message]:
    """Messages of which nobody knows whether they were sent, oldest first; of one group, or all."""
    rows = Message.objects.filter(state=State.UNCERTAIN)
    return (rows.filter(group=group) if group else rows).order_by("claimed_at", "pk")


def not_due(at: datetime, limit: int) -> list[Message]:
    """What waits for a later time, the next first."""
    return list(Message.objects.filter(state__in=WAITING, due_at__gt=at).order_by("due_at", "pk")[:limit])


def overdue_since(at: datetime) -> datetime | None:
    """Since when the oldest due message has waited, for the health page. None when nothing is due."""
    return (
        Message.objects.filter(state__in=WAITING, due_at__lte=at)
        .order_by("due_at", "pk")
        .values_list("due_at", flat=True)
        .first()
    )
