"""Outcomes of a referral's meetings, and unfinished calls: the answers to referrals/meetings_port.py."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from meetings.enums import (
    PENDING,
    ActionStatus,
    Agreed,
    Came,
    FollowUpKind,
    FollowUpResult,
    MeetingStatus,
    Offered,
)
from meetings.facts import MeetingRow
from meetings.models import Action, AgreementAnswer, Attempt, Attendance, FollowUp, Meeting, Record
from referrals.enums import Outcome
from referrals.facts import Facts
from referrals.meetings_port import CallsLeft, MeetingDates
from referrals.models import Party
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

WHY = "closing"
# The text for an unfinished call, by its kind.
NOT_DONE: dict[str, str] = {
    FollowUpKind.DEBRIEF: "The debrief with {name} is not done yet.",
    FollowUpKind.WEEKS_2: "The call to {name} 2 weeks after is not done yet.",
    FollowUpKind.WEEKS_6: "The call to {name} 6 weeks after is not done yet.",
    FollowUpKind.WEEKS_12: "The call to {name} 12 weeks after is not done yet.",
}
# Results of a call with a conversation.
REACHED = (FollowUpResult.TALKED, FollowUpResult.RATHER_NOT)


def _meetings(referral: UUID, *statuses: MeetingStatus) -> QuerySet[Meeting]:
    return Meeting.objects.unscoped(WHY).filter(referral=referral, status__in=statuses)


def has_started(referral: UUID) -> bool:
    """Whether a meeting is under way and not recorded yet."""
    return _meetings(referral, MeetingStatus.STARTED).exists()


def has_pending(referral: UUID) -> bool:
    """Whether a meeting is booked or under way."""
    return _meetings(referral, *PENDING).exists()


def outcome(referral: UUID, at: datetime) -> Outcome:
    """The outcome. An action that is not due yet is neither kept nor not kept."""
    took_place = _meetings(referral, MeetingStatus.TOOK_PLACE)
    if not took_place.exists():
        return Outcome.NOT_GOING_AHEAD
    agreed = _agreed_actions(referral)
    to_come = Q(status=ActionStatus.OPEN, due_on__gt=clock.today(at))
    statuses = list(agreed.exclude(to_come).values_list("status", flat=True))
    if not statuses and agreed.exists():
        return Outcome.MET
    if statuses:
        if all(status == ActionStatus.DONE for status in statuses):
            return Outcome.MET_KEPT
        kept = any(status in (ActionStatus.DONE, ActionStatus.PARTLY) for status in statuses)
        return Outcome.MET_PARTLY_KEPT if kept else Outcome.MET_NOT_KEPT
    helped = Record.objects.unscoped(WHY).filter(meeting__in=took_place.values("pk"), helped=Offered.YES)
    return Outcome.MET_HELPED if helped.exists() else Outcome.MET


def _agreed_actions(referral: UUID) -> QuerySet[Action]:
    """Actions of agreements that all participants who came said yes to; changed ones count as their new version."""
    answers = AgreementAnswer.objects.unscoped(WHY)
    newer = answers.filter(agreement=OuterRef("agreement"), party=OuterRef("party"), seq__gt=OuterRef("seq"))
    yes = answers.filter(
        ~Exists(newer), agreement__meeting=OuterRef("meeting"), party=OuterRef("party"), answer=Agreed.YES
    )
    without = Attendance.objects.unscoped(WHY).filter(
        ~Exists(yes),
        meeting=OuterRef("agreement__meeting"),
        status__in=[Came.CAME, Came.LEFT_EARLY],
        party__beside__isnull=True,
    )
    return (
        Action.objects.unscoped(WHY)
        .filter(
            ~Exists(without),
            agreement__meeting__referral=referral,
            agreement__meeting__status=MeetingStatus.TOOK_PLACE,
        )
        .exclude(status__in=[ActionStatus.RENEGOTIATED, ActionStatus.RELEASED])
    )


def _undone(referral: UUID) -> list[FollowUp]:
    rows = FollowUp.objects.unscoped(WHY).filter(
        meeting__referral=referral,
        done_at__isnull=True,
        party__left_at__isnull=True,
        party__person__died_on__isnull=True,
    )
    return list(rows.select_related("party").order_by("due_on", "created_at", "id"))


def _tried_enough(referral: UUID) -> set[UUID]:
    """Ids of parties who could not be reached three times or more since the last conversation."""
    reached = FollowUp.objects.unscoped(WHY).filter(
        meeting__referral=referral,
        party=OuterRef("party"),
        result__in=REACHED,
        done_at__gte=OuterRef("attempted_at"),
    )
    attempts = Attempt.objects.unscoped(WHY).filter(~Exists(reached), follow_up__meeting__referral=referral)
    counted = attempts.order_by().values("party").annotate(tries=Count("pk"))
    return set(counted.filter(tries__gte=rules().attempts_before_leaving).values_list("party", flat=True))


def calls_left(referral: UUID, by: "User") -> CallsLeft:
    """The unfinished calls, with a name if `by` opens the person."""
    undone = _undone(referral)
    if not undone:
        return CallsLeft()
    here = Party.objects.opened_by(by).filter(pk__in=[row.party_id for row in undone])
    opened, tried = set(here.values_list("pk", flat=True)), _tried_enough(referral)
    known = [row for row in undone if row.party_id in opened]
    return CallsLeft(
        sentences=[NOT_DONE[row.kind].format(name=row.party.known_as) for row in known],
        only_tried=all(row.party_id in tried for row in known),
        hidden=len(known) < len(undone),
    )


def dates(facts: Facts) -> MeetingDates:
    """When the next meeting begins, and when the first one that took place did."""
    found = facts.rows(MeetingRow)
    coming = [row.starts_at for row in found if row.status in PENDING]
    held = [row.starts_at for row in found if row.status == MeetingStatus.TOOK_PLACE]
    return MeetingDates(min(coming, default=None), min(held, default=None))
