"""Something to a participant did not go, or nobody knows whether it did: their worker rings.
How somebody is reached is in reach.py."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from referrals.enums import TaskKind
from referrals.models import Task
from referrals.reminders.reach import (
    barred_from,
    nobody_is_told,
    party_of,
    referral_page,
    tell_worker,
    to_worker,
    who_rings,
    worker_of,
)
from restorative.accounts.models import User
from restorative.notify.models import Message, State
from restorative.notify.outbox import reconcile
from restorative.notify.registry import Cancel, Content, Planned, Send, register, shut_out, silence
from restorative.notify.spacing import TOO_LATE

RING_WITHIN = timedelta(days=7)


def unsent(group: UUID, since: datetime) -> QuerySet[Message]:
    """Messages to participants that were wanted and did not go, or of which nobody knows whether they went."""
    ended = Q(state__in=[State.UNCERTAIN, State.FAILED]) | Q(state=State.CANCELLED, why_held=TOO_LATE)
    return Message.objects.filter(ended, group=group, to_worker=False, due_at__gte=since)


def _plan_ring(group: UUID, at: datetime) -> list[Planned]:
    """To the worker of whoever the message was for, at once. It is the next thing they should do."""
    planned: list[Planned] = []
    if nobody_is_told(group):
        return planned
    for message in unsent(group, at - RING_WITHIN):
        party = party_of(message.recipient_id)
        if party is None:
            continue
        # One that was never sent may be held back for what only a facilitator may know.
        asked = who_rings(party, at) if message.state == State.CANCELLED else [worker_of(party).pk]
        planned += [
            Planned(
                kind="worker_ring",
                thing_id=message.pk,
                version=1,
                recipient_id=user,
                due_at=at,
                useless_after=at + RING_WITHIN,
                to_worker=True,
            )
            for user in asked
        ]
    return planned


def _recheck_ring(message: Message, at: datetime) -> Send | Cancel:
    return to_worker(User.objects.get(pk=message.recipient_id), at)


def _ring_words(message: Message, at: datetime) -> Content:
    reference, path = referral_page(message.group)
    return tell_worker(reference, "ring somebody today, a message may not have arrived", path)


def _plan_colleague(group: UUID, at: datetime) -> list[Planned]:
    """Something has changed that no message says: to each worker who is asked to ring a colleague, at once."""
    tasks = Task.objects.unscoped("planning messages").filter(
        referral=group, kind=TaskKind.RING, done_at__isnull=True
    )
    return [
        Planned(
            kind="worker_ring_colleague",
            thing_id=task.pk,
            version=1,
            recipient_id=task.assignee_id,
            due_at=task.created_at,
            useless_after=task.created_at + RING_WITHIN,
            to_worker=True,
        )
        for task in tasks
    ]


def _recheck_colleague(message: Message, at: datetime) -> Send | Cancel:
    waits = Task.objects.unscoped("messages").filter(pk=message.thing_id, done_at__isnull=True)
    return _recheck_ring(message, at) if waits.exists() else Cancel("they have rung")


def _colleague_words(message: Message, at: datetime) -> Content:
    reference, path = referral_page(message.group)
    return tell_worker(reference, "ring a colleague today, the page says whom", path)


def plan_again(message: Message, at: datetime) -> None:
    """For on_unsent: bring the outbox in line, so that a worker is told to ring."""
    reconcile(message.group, at=at)


def register_kinds() -> None:
    """Tell the outbox of the message to ring somebody."""
    silence(nobody_is_told)
    shut_out(barred_from)
    register("worker_ring", plan=_plan_ring, recheck=_recheck_ring, render=_ring_words)
    register(
        "worker_ring_colleague",
        plan=_plan_colleague,
        recheck=_recheck_colleague,
        render=_colleague_words,
    )
