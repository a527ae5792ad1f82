"""The record of a meeting: who came, and what may be noted. The agreement is separate."""

from datetime import datetime

from meetings import access
from meetings.actions.following_up import plan_follow_ups
from meetings.enums import RECORD_PROMPTS, Came, MeetingStatus, Offered
from meetings.models import Attendance, Meeting, Record
from referrals.actions.change import Change, changing
from referrals.models import Party
from restorative.accounts.models import User
from restorative.common.decisions import NotPossible

NOT_HELD = (
    "Fewer than two people came, so it did not happen and no record is kept. "
    "Move what you wrote to a note and empty it here, or say who else came"
)


def record_meeting(
    *,
    meeting: Meeting,
    came: dict[Party, Came],
    answers: dict[str, str],
    helped: Offered,
    by: User,
    apology_offered: Offered | str = "",
    apology_accepted: Offered | str = "",
    stopped_why: str = "",
    at: datetime | None = None,
) -> Record | None:
    """Record a meeting that was started. If fewer than two came it did not happen, and no record is kept.

    A meeting that took place moves the referral to follow-up, any other back to preparing. Raises Refused, or
    NotPossible naming the field, also for text without a record to hold it.
    """
    access.may_record(by, meeting).require()
    with changing(meeting.referral_id, by=by, at=at) as change:
        meeting = Meeting.objects.unscoped("record").get(pk=meeting.pk)
        if Record.objects.unscoped("record").filter(meeting=meeting).exists():
            raise NotPossible("This meeting has already been recorded.")
        if meeting.status != MeetingStatus.STARTED:
            raise NotPossible("Only a meeting that was started can be recorded.")
        there = _note_who_came(change, meeting, came)
        written = {**answers, "stopped_why": stopped_why}
        if len(there) < 2:
            if lost := next((key for key, text in written.items() if text.strip()), None):
                raise NotPossible(NOT_HELD, field=lost)
            change.set(meeting, status=MeetingStatus.DID_NOT_HAPPEN)
            change.record("meeting_recorded", meeting, fields=["status"], why="did_not_happen")
            change.take_step("call_off")
            return None
        change.set(meeting, status=MeetingStatus.TOOK_PLACE)
        row = change.add(
            Record,
            meeting=meeting,
            answers={key: answers.get(key, "") for key in RECORD_PROMPTS},
            apology_offered=apology_offered,
            apology_accepted=apology_accepted,
            helped=helped,
            stopped_why=stopped_why,
        )
        plan_follow_ups(change, meeting, there)
        change.record("meeting_recorded", meeting, fields=["answers", "helped"], why="took_place")
        change.take_step("met")
        return row


def _note_who_came(change: Change, meeting: Meeting, came: dict[Party, Came]) -> list[Party]:
    """Save who came, of all who were expected. Returns the participants among them."""
    there, by_party = [], {party.pk: status for party, status in came.items()}
    rows = Attendance.objects.unscoped("record").filter(meeting=meeting).select_related("party")
    for row in rows:
        status = by_party.get(row.party_id)
        if status not in (Came.CAME, Came.LEFT_EARLY, Came.DID_NOT_COME):
            raise NotPossible(f"Say whether {row.party.known_as} came.", field=f"came_{row.party_id}")
        change.set(row, status=status)
        if status != Came.DID_NOT_COME and not row.party.is_supporter:
            there.append(row.party)
    return there
