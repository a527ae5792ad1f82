"""Tasks: what a worker was asked to do by name, each with its day."""

from collections.abc import Iterator

from referrals.duties.duty import DutyKind, NewDuty, Section, shown_ahead
from referrals.enums import TaskKind
from referrals.facts import Facts
from referrals.facts.rows import ConcernRow, SignOffRow, TaskRow
from referrals.principals import user
from restorative.common import clock


def tasks(facts: Facts) -> Iterator[NewDuty]:
    """Do what was asked: the worker it was given to."""
    counted = _decisions_that_count(facts)
    for task in facts.rows(TaskRow):
        if task.done_at is not None or (task.blocks_id is not None and task.blocks_id not in counted):
            continue
        due = clock.moment(task.due_on, 9)
        yield NewDuty(
            f"task_{task.kind}",
            user(task.assignee_id),
            task.id,
            starts_at=shown_ahead(due),
            due_at=due,
            party=task.party_id,
        )


def _decisions_that_count(facts: Facts) -> set:
    """The newest decision on each open concern: steps of any other are not asked for any more."""
    newest = {
        row.concern_id: row.id for row in sorted(facts.rows(SignOffRow), key=lambda row: row.decided_at)
    }
    return {newest[row.id] for row in facts.rows(ConcernRow) if row.is_open and row.id in newest}


RULES = (tasks,)
PARTY = ("reference", "party")


def _kind(kind: TaskKind, what: str, action: str, page: str, args: tuple[str, ...] = PARTY) -> DutyKind:
    return DutyKind(
        f"task_{kind}", section=Section.OWN, what=what, action=action, page=page, args=args, hint="on"
    )


KINDS = (
    _kind(TaskKind.RING, "Ring a colleague about this", "Ring", "referrals:rang", ("reference", "thing")),
    _kind(
        TaskKind.STEP,
        "A step before the meeting, with {name}",
        "Do it",
        "referrals:step_done",
        ("reference", "party", "thing"),
    ),
    _kind(TaskKind.CHECK_IN, "Check in with {name}", "Check in", "referrals:check_in"),
    _kind(TaskKind.TRY_AGAIN, "Try to reach {name} again", "Try", "casework:party"),
    _kind(TaskKind.ASK_SAFETY, "Ask {name} the safety questions, alone", "Ask", "referrals:safety_ask"),
    _kind(TaskKind.WORRY, "Record the worry {name} spoke of", "Record", "referrals:concern"),
)
