"""Tasks that events create for a worker, each sealed with its party; and finishing them.
Steps before a meeting come with a sign-off: concerns.py."""

from datetime import date

from referrals.actions.change import Change
from referrals.enums import TaskKind
from referrals.models import Party, Task
from restorative.accounts.models import User


def give_task(
    change: Change, party: Party, kind: TaskKind, words: str, *, due_on: date, to: User | None = None
) -> Task:
    """Give a task to a party's worker. If one of the same kind is still open, move it instead of adding a second.

    Further worries are added to the open task of the same worker.
    """
    worker = to or party.keyworker or change.referral.lead
    still_open = _open_tasks(party, kind)
    if kind == TaskKind.WORRY:
        still_open = still_open.filter(assignee=worker)
    row = still_open.first()
    if row is None:
        return change.add(
            Task,
            referral=change.referral,
            party=party,
            assignee=worker,
            kind=kind,
            words=words,
            due_on=due_on,
        )
    if kind == TaskKind.WORRY:
        words = row.words if words in row.words else f"{row.words} {words}"
        due_on = min(row.due_on, due_on)
    change.set(row, words=words, due_on=due_on, assignee=worker)
    return row


def finish_tasks(change: Change, party: Party, kind: TaskKind) -> None:
    """Finish open tasks that another event has settled."""
    change.update(_open_tasks(party, kind), **change.stamp("done"))


def _open_tasks(party: Party, kind: TaskKind):
    return Task.objects.unscoped("one of a kind").filter(
        party=party, kind=kind, blocks__isnull=True, done_at__isnull=True
    )
