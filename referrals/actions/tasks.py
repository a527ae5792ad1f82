"""Tasks a worker is given by what happened, each sealed with the party it is about; and when they are done.
Steps before a meeting come with a sign-off: concerns.py."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from referrals.actions.lifecycle import made
from referrals.enums import TaskKind
from referrals.models import Party, Task

if TYPE_CHECKING:
    from restorative.accounts.models import User


def give_task(
    *,
    party: Party,
    kind: TaskKind,
    words: str,
    due_on: date,
    by: "User",
    at: datetime,
    to: "User | None" = None,
) -> Task:
    """Give the worker of a party something to do. One of a kind that is still open is moved instead of doubled.

    A worry told of after another is added to it, for the same worker. Called while the referral is held.
    """
    worker = to or party.keyworker or party.referral.lead
    still_open = Task.objects.unscoped("one of a kind").filter(
        party=party, kind=kind, blocks__isnull=True, done_at__isnull=True
    )
    if kind == TaskKind.WORRY:
        still_open = still_open.filter(assignee=worker)
    row = still_open.first()
    if row is not None:
        if kind == TaskKind.WORRY:
            words = row.words if words in row.words else f"{row.words} {words}"
            due_on = min(row.due_on, due_on)
        row.words, row.due_on, row.assignee = words, due_on, worker
        row.save(update_fields=["words", "due_on", "assignee"])
        return row
    return Task.objects.create(
        referral=party.referral,
        party=party,
        assignee=worker,
        kind=kind,
        words=words,
        due_on=due_on,
        **made(by, at),
    )


def finish_tasks(*, party: Party, kind: TaskKind, by: "User", at: datetime) -> None:
    """What was to be done has been done by something else that happened. Called while the referral is held."""
    Task.objects.unscoped("done otherwise").filter(
        party=party, kind=kind, blocks__isnull=True, done_at__isnull=True
    ).update(done_at=at, done_by=by)
