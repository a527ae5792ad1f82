"""Reminders to ring: a person, if a message to them was not or may not have been delivered; and a colleague.
How participants are reached is in reach.py."""

from datetime import datetime, timedelta

from referrals.enums import TaskKind
from referrals.facts import Facts
from referrals.facts.rows import TaskRow
from referrals.reminders.reach import nothing_is_sent, who_rings
from referrals.reminders.worker_messages import still_planned, to_worker, words
from restorative.notify.models import Message, State
from restorative.notify.registry import Cancel, Kind, Planned, Send, register
from restorative.notify.spacing import TOO_LATE

RING_WITHIN = timedelta(days=7)


def unsent(messages: list[Message], since: datetime) -> list[Message]:
    """Messages to participants that were wanted and were not sent, or may not have been sent."""
    return [
        row
        for row in messages
        if not row.to_worker
        and row.due_at >= since
        and (
            row.state in (State.UNCERTAIN, State.FAILED)
            or (row.state, row.why_held) == (State.CANCELLED, TOO_LATE)
        )
    ]


def _plan_ring(facts: Facts, messages: list[Message]) -> list[Planned]:
    """To the worker of the person that the message was for, at once. It is the next thing they should do."""
    planned: list[Planned] = []
    if nothing_is_sent(facts):
        return planned
    for row in unsent(messages, facts.at - RING_WITHIN):
        party = facts.parties.get(row.recipient_id)
        if party is None:
            continue
        # A message that was never sent may be held back for a reason that only facilitators may know.
        asked = who_rings(party) if row.state == State.CANCELLED else [party.worker_id]
        until = facts.at + RING_WITHIN
        planned += [Planned("worker_ring", row.pk, user, facts.at, until) for user in asked]
    return planned


def _recheck_ring(message: Message, facts: Facts) -> Send | Cancel:
    return to_worker(message.recipient_id)


def _plan_colleague(facts: Facts, messages: list[Message]) -> list[Planned]:
    """A change that no message mentions: to each worker who is asked to ring a colleague, at once."""
    return [
        Planned(
            "worker_ring_colleague",
            task.id,
            task.assignee_id,
            due_at=task.created_at,
            useless_after=task.created_at + RING_WITHIN,
        )
        for task in facts.rows(TaskRow)
        if task.kind == TaskKind.RING and task.done_at is None
    ]


def register_kinds() -> None:
    """Register the two reminders to ring."""
    register(
        Kind(
            "worker_ring",
            _plan_ring,
            _recheck_ring,
            words("ring somebody today, a message may not have arrived"),
        ),
        Kind(
            "worker_ring_colleague",
            _plan_colleague,
            still_planned(_plan_colleague),
            words("ring a colleague today, the page says whom"),
        ),
    )
