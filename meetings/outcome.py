"""Outcomes of a referral's meetings, and unfinished calls: the answers to referrals/meetings_port.py."""

from uuid import UUID

from django.db.models import Count, Exists, OuterRef

from meetings.enums import PENDING, ActionStatus, FollowUpKind, FollowUpResult, MeetingStatus, Offered
from meetings.facts import FollowUpRow, MeetingRow, MeetingsFacts
from meetings.models import Attempt, FollowUp, Record
from referrals.enums import Outcome
from referrals.facts import Facts
from referrals.meetings_port import CallsLeft, MeetingDates
from referrals.querysets_rules import Within
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules

WHY = "closing"
# Results of a call with a conversation.
REACHED = (FollowUpResult.TALKED, FollowUpResult.RATHER_NOT)


def outcome(facts: Facts) -> Outcome:
    """The outcome. An action that is not due yet is neither kept nor not kept."""
    meetings, today = MeetingsFacts(facts), clock.today(facts.at)
    met = [meeting.id for meeting in meetings.those(MeetingStatus.TOOK_PLACE)]
    if not met:
        return Outcome.NOT_GOING_AHEAD
    agreed = [action for meeting in met for action in meetings.agreed_actions(meeting)]
    due = [action.status for action in agreed if action.status != ActionStatus.OPEN or action.due_on <= today]
    if due:
        if all(status == ActionStatus.DONE for status in due):
            return Outcome.MET_KEPT
        kept = any(status in (ActionStatus.DONE, ActionStatus.PARTLY) for status in due)
        return Outcome.MET_PARTLY_KEPT if kept else Outcome.MET_NOT_KEPT
    helped = Record.objects.unscoped(WHY).filter(meeting__in=met, helped=Offered.YES)
    return Outcome.MET_HELPED if not agreed and helped.exists() else Outcome.MET


def calls_left(facts: Facts, by: User) -> CallsLeft:
    """The unfinished calls, with a name if `by` opens the person."""
    undone = _undone(facts)
    if not undone:
        return CallsLeft()
    opened, tried = Within.of(by, pk=facts.referral.id).opened, _tried_enough(facts.referral.id)
    known = [row for row in undone if row.party_id in opened]
    return CallsLeft(
        sentences=[_not_done(row, facts.parties[row.party_id].name) for row in known],
        only_tried=all(row.party_id in tried for row in known),
        hidden=len(known) < len(undone),
    )


def _undone(facts: Facts) -> list[FollowUpRow]:
    present = {party.id for party in facts.present if not party.died}
    rows = [row for row in facts.rows(FollowUpRow) if row.done_at is None and row.party_id in present]
    return sorted(rows, key=lambda row: (row.due_on, row.created_at, row.id))


def _not_done(row: FollowUpRow, name: str) -> str:
    if row.kind == FollowUpKind.DEBRIEF:
        return f"The debrief with {name} is not done yet."
    return f"The call to {name} {FollowUpKind(row.kind).label} is not done yet."


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


def dates(facts: Facts) -> MeetingDates:
    """When the next meeting begins, whether it has begun, and when the first one that took place did."""
    found = facts.rows(MeetingRow)
    coming = [row.starts_at for row in found if row.status in PENDING]
    held = [row.starts_at for row in found if row.status == MeetingStatus.TOOK_PLACE]
    started = any(row.status == MeetingStatus.STARTED for row in found)
    return MeetingDates(min(coming, default=None), started, min(held, default=None))
