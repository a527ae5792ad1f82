"""Tasks that events create for a worker, each sealed with its party; and finishing them.
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
    """Give a task to a party's worker. If one of the same kind is still open, move it instead of adding a second.

    Further worries are added to the open task of the same worker. Called while the referral is locked.
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
    """Finish open tasks that another event has settled. Called while the referral is locked."""
    Task.objects.unscoped("done otherwise").filter(
        party=party, kind=kind, blocks__isnull=True, done_at__isnull=True
    ).update(done_at=at, done_by=by)
