"""Reminders to workers before a meeting: to ring a person instead of writing, that it is on hold, that they stand in.
Call-offs that wait for release are in release.py."""

from collections.abc import Iterator
from uuid import UUID

from meetings.enums import MeetingStatus
from meetings.facts import AttendanceRow, MeetingRow, MeetingsFacts, UnavailableRow
from meetings.reminders.people import first_told
from referrals.blockers import find_blockers
from referrals.duties.knowing import opened_by, sees, workers_on
from referrals.duties.turns import shown_rows
from referrals.enums import Gate
from referrals.facts import Facts
from referrals.reminders.reach import LOOK_AGAIN, can_be_written_to, ways_in, who_rings
from referrals.reminders.worker_messages import to_worker, words
from restorative.common import clock
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Hold, Kind, Plan, Planned, Send


def ring_instead(meetings: MeetingsFacts) -> Iterator[Planned]:
    """A meeting is booked and a person cannot be written to safely: who_rings says who rings them."""
    facts = meetings.facts
    for meeting in meetings.those(MeetingStatus.BOOKED):
        for row in meetings.expected(meeting.id):
            if can_be_written_to(ways_in(facts)[row.party_id], facts.at):
                continue
            for user in who_rings(facts.parties[row.party_id]):
                yield Planned(
                    "worker_ring_instead",
                    row.id,
                    user,
                    due_at=first_told(meeting),
                    useless_after=meeting.starts_at,
                    version=meeting.version,
                )


def _recheck_ring_instead(message: Message, facts: Facts) -> Send | Cancel:
    meetings = MeetingsFacts(facts)
    booked = {meeting.id for meeting in meetings.those(MeetingStatus.BOOKED)}
    rows = facts.rows(AttendanceRow)
    if not any(row.id == message.thing_id and row.meeting_id in booked for row in rows):
        return Cancel("the meeting is not booked any more")
    return to_worker(message.recipient_id)


def on_hold(meetings: MeetingsFacts) -> Iterator[Planned]:
    """Once, when it comes to be on hold as far as a worker may know.

    Much of what holds a meeting only expires, without any action. So each worker's reminder waits from the day of
    booking, and is checked every hour.
    """
    for meeting in meetings.those(MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF):
        for user in workers_on(meetings.facts):
            if not meetings.is_known_off(meeting.id) and meetings.facts.is_active(user):
                yield Planned(
                    "worker_meeting_on_hold", meeting.id, user, first_told(meeting), meeting.starts_at
                )


def _recheck_on_hold(message: Message, facts: Facts) -> Send | Hold | Cancel:
    meetings, user = MeetingsFacts(facts), message.recipient_id
    meeting = meetings.by_id.get(message.thing_id)
    if meeting is None or not sees(facts, user) or not meetings.booked_for(meeting, opened_by(facts, user)):
        return Cancel("the meeting is not booked any more")
    if not _is_held_for(meetings, meeting, user):
        return Hold(facts.at + LOOK_AGAIN, "it is not on hold")
    return to_worker(message.recipient_id)


def _is_held_for(meetings: MeetingsFacts, meeting: MeetingRow, user: UUID) -> bool:
    """Whether a worker may know of a named cause that holds a meeting."""
    facts, opened = meetings.facts, opened_by(meetings.facts, user)
    rows = shown_rows(facts, find_blockers(facts, Gate.BOOK), opened, opened_by(facts, user, safety=True))
    return any(row.code for row in rows) or bool(meetings.away(meeting, opened))


def stand_in(meetings: MeetingsFacts) -> Iterator[Planned]:
    """In the morning of their day, to each stand-in: the pages open to them from then on."""
    facts = meetings.facts
    parts = {row.id: row for row in facts.involvements}
    booked = {meeting.id: meeting for meeting in meetings.those(MeetingStatus.BOOKED)}
    for row in facts.rows(UnavailableRow):
        meeting, part = booked.get(row.meeting_id), parts.get(row.stand_in_id) if row.stand_in_id else None
        if meeting is not None and part is not None and row.settled_at is None:
            morning = clock.moment(clock.today(meeting.starts_at), 7, 30)
            due = max(morning, part.created_at)
            yield Planned("worker_stand_in", part.id, part.user_id, due, meeting.starts_at)


def _recheck_stand_in(message: Message, facts: Facts) -> Send | Cancel:
    stands_in = any(row.id == message.thing_id and row.runs_at(facts.at) for row in facts.involvements)
    return to_worker(message.recipient_id) if stands_in else Cancel("they do not stand in any more")


PLANS = (ring_instead, on_hold, stand_in)


def kinds(plan: Plan) -> Iterator[Kind]:
    """These reminders; `plan` plans every message about meetings."""
    ring = "ring one person about the meeting, nothing can be sent to them safely"
    yield Kind("worker_ring_instead", plan, _recheck_ring_instead, words(ring))
    held = "the meeting is on hold, the page says what it needs"
    yield Kind("worker_meeting_on_hold", plan, _recheck_on_hold, words(held))
    yield Kind("worker_stand_in", plan, _recheck_stand_in, words("you stand in at a meeting today"))
