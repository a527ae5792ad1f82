"""What is due on a day, as rows of 'My work': calls after a meeting, actions that were agreed, tasks of the worker.
Read in one query over the three; the rest of the page is presenters_work.py's."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import CharField, F, Q, Value
from django.urls import reverse

from meetings.enums import ActionStatus, FollowUpKind
from meetings.models import Action, FollowUp
from meetings.presenters_aftercare import CALL_HEADINGS
from referrals.enums import Part, Stage, TaskKind
from referrals.models import Party, Task
from referrals.presenters.shown_referral import ShownReferral, is_mine
from referrals.presenters.work import AHEAD, NEXT, TODAY, Item
from referrals.presenters.work_facts import Work
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User

MOST = 100
ACTION = "action"
OVER = (Stage.CLOSED, Stage.PAUSED)


@dataclass(frozen=True)
class Due:
    """One thing with a day: which kind, its id, and whose it is."""

    kind: str
    pk: UUID
    referral: UUID
    party: UUID | None
    on: date


def read(user: "User", at: datetime) -> list[Due]:
    """What is due within a week or is late, of whoever this user opens and of their own tasks: one query."""
    soon = clock.today(at) + AHEAD
    text = CharField()
    calls = (
        FollowUp.objects.visible_to(user)
        .filter(done_at__isnull=True, due_on__lte=soon, party__left_at__isnull=True)
        .exclude(Q(meeting__referral__stage__in=OVER) | Q(party__person__died_on__isnull=False))
        .annotate(sort=F("kind"), whole=F("meeting__referral"))
        .values_list("sort", "pk", "whole", "party", "due_on")
    )
    actions = (
        Action.objects.visible_to(user)
        .filter(status=ActionStatus.OPEN, due_on__lte=soon, owner__left_at__isnull=True)
        .exclude(Q(agreement__meeting__referral__stage__in=OVER) | Q(owner__person__died_on__isnull=False))
        .annotate(sort=Value(ACTION, text), whole=F("agreement__meeting__referral"))
        .values_list("sort", "pk", "whole", "owner", "due_on")
    )
    tasks = (
        Task.objects.visible_to(user)
        .still_asked()
        .filter(assignee=user, done_at__isnull=True, due_on__lte=soon)
        .exclude(referral__stage=Stage.CLOSED)
        .annotate(sort=F("kind"))
        .values_list("sort", "pk", "referral", "party", "due_on")
    )
    parts = [rows.order_by() for rows in (calls, actions, tasks)]
    rows = parts[0].union(*parts[1:], all=True).order_by("due_on", "pk")
    return [Due(*row) for row in rows[:MOST]]


def items(due: list[Due], work: Work) -> list[Item]:
    """A row each, for those in this worker's own referrals and of the people they speak with."""
    found = []
    for row in due:
        page = work.pages.get(row.referral)
        if page is not None and (item := _item(row, page, work)):
            found.append(item)
    return found


def _item(row: Due, page: ShownReferral, work: Work) -> Item | None:
    party = next((each for each in page.parties if each.pk == row.party and each.pk in work.opened), None)
    if row.kind in TaskKind.values:
        return _task(row, page, party)
    if party is None or not _speaks_with(party, page, row.kind):
        return None
    reference = page.referral.reference
    if row.kind == ACTION:
        href = reverse("meetings:action_status", args=[reference, row.pk])
        return _dated(row, page, f"Ask {party.known_as} how it went with what they agreed", "Ask", href)
    heading = CALL_HEADINGS[row.kind].format(name=party.known_as)
    href = reverse("meetings:follow_up", args=[reference, row.pk])
    return _dated(row, page, heading[:1].upper() + heading[1:], "Follow up", href)


def _speaks_with(party: Party, page: ShownReferral, kind: str) -> bool:
    """Their worker; and for the debrief a second worker, who takes it where a facilitator supports somebody here."""
    second = page.referral.my_part == Part.SECOND_WORKER and kind == FollowUpKind.DEBRIEF
    return is_mine(party, page) or second


def _task(row: Due, page: ShownReferral, party: Party | None) -> Item | None:
    """A task of this worker's own, on the page where it is done."""
    reference = page.referral.reference
    if row.kind == TaskKind.RING:
        href = reverse("referrals:rang", args=[reference, row.pk])
        return _dated(row, page, "Ring a colleague about this", "Ring", href)
    if party is None:
        return None
    name = party.known_as
    step = reverse("referrals:step_done", args=[reference, party.pk, row.pk])
    said = {
        TaskKind.STEP: (f"A step before the meeting, with {name}", "Do it", step),
        TaskKind.CHECK_IN: (
            f"Check in with {name}",
            "Check in",
            reverse("referrals:check_in", args=[reference, party.pk]),
        ),
        TaskKind.TRY_AGAIN: (
            f"Try to reach {name} again",
            "Try",
            reverse("casework:party", args=[reference, party.pk]),
        ),
        TaskKind.ASK_SAFETY: (
            f"Ask {name} the safety questions, alone",
            "Ask",
            reverse("referrals:safety_ask", args=[reference, party.pk]),
        ),
        TaskKind.WORRY: (
            f"Record the worry {name} spoke of",
            "Record",
            reverse("referrals:concern", args=[reference, party.pk]),
        ),
    }
    what, verb, href = said[TaskKind(row.kind)]
    return _dated(row, page, what, verb, href)


def _dated(row: Due, page: ShownReferral, what: str, verb: str, href: str) -> Item:
    today = clock.today(page.at)
    if row.on > today:
        return Item(NEXT, what, page.referral, verb, href, f"on {clock.show_day(row.on)}", row.on, row.party)
    late = row.on <= today - timedelta(days=1)
    hint = f"was due {clock.show_day(row.on)}" if late else "today"
    return Item(TODAY, what, page.referral, verb, href, hint, row.on, row.party)
