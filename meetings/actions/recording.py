"""The record of a meeting: who came, and what may be noted. The agreement is separate."""

from datetime import datetime
from typing import TYPE_CHECKING

from meetings import access
from meetings.actions.following_up import plan_follow_ups
from meetings.enums import RECORD_PROMPTS, Came, MeetingStatus, Offered
from meetings.models import Attendance, Meeting, Record
from referrals.actions.lifecycle import changing, made, take_step
from referrals.models import Party
from restorative.audit.ledger import record as audit
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User

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
    by: "User",
    apology_offered: Offered | str = "",
    apology_accepted: Offered | str = "",
    stopped_why: str = "",
    at: datetime | None = None,
) -> Record | None:
    """Record a meeting that was started. If fewer than two came it did not happen, and no record is kept.

    A meeting that took place moves the referral to follow-up, any other back to preparing. Raises Refused, or
    NotPossible naming the field, also for text without a record to hold it.
    """
    at = at or clock.now()
    access.may_record(by, meeting).require()
    with changing(meeting.referral_id, at=at) as (referral, at):
        meeting = Meeting.objects.unscoped("record").get(pk=meeting.pk)
        if Record.objects.unscoped("record").filter(meeting=meeting).exists():
            raise NotPossible("This meeting has already been recorded.")
        if meeting.status != MeetingStatus.STARTED:
            raise NotPossible("Only a meeting that was started can be recorded.")
        expected = list(Attendance.objects.unscoped("record").filter(meeting=meeting).select_related("party"))
        by_party = {party.pk: status for party, status in came.items()}
        for attendance in expected:
            status = by_party.get(attendance.party_id)
            if status not in (Came.CAME, Came.LEFT_EARLY, Came.DID_NOT_COME):
                raise NotPossible(
                    f"Say whether {attendance.party.known_as} came.", field=f"came_{attendance.party_id}"
                )
            Attendance.objects.unscoped("record").filter(pk=attendance.pk).update(status=status)
        there = [
            row
            for row in expected
            if not row.party.is_supporter and by_party[row.party_id] in (Came.CAME, Came.LEFT_EARLY)
        ]
        took_place = len(there) >= 2
        written = {**answers, "stopped_why": stopped_why}
        if not took_place and (lost := next((key for key, text in written.items() if text.strip()), None)):
            raise NotPossible(NOT_HELD, field=lost)
        Meeting.objects.unscoped("record").filter(pk=meeting.pk).update(
            status=MeetingStatus.TOOK_PLACE if took_place else MeetingStatus.DID_NOT_HAPPEN
        )
        row = None
        if took_place:
            row = Record.objects.create(
                meeting=meeting,
                answers={key: answers.get(key, "") for key in RECORD_PROMPTS},
                apology_offered=apology_offered,
                apology_accepted=apology_accepted,
                helped=helped,
                stopped_why=stopped_why,
                **made(by, at),
            )
            plan_follow_ups(meeting=meeting, there=[row.party for row in there], by=by, at=at)
        audit(
            "meeting_recorded",
            by=by,
            thing=meeting,
            referral_id=referral.pk,
            fields=["answers", "helped"] if took_place else ["status"],
            why_code="took_place" if took_place else "did_not_happen",
            at=at,
        )
        take_step("met" if took_place else "call_off", referral, by=by, at=at)
        return row
