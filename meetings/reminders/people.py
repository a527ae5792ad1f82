"""What participants are told about a meeting that is booked, moved or not happening: when, checked again at the moment
of sending, and in which words. How a person is reached safely is in referrals/reminders/reach.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from meetings.enums import CallOffReason, MeetingStatus
from meetings.facts import AttendanceRow, MeetingRow, MeetingsFacts
from meetings.models import Attendance, Meeting
from referrals.blockers import find_blockers
from referrals.enums import Gate
from referrals.facts import Facts
from referrals.reminders.reach import (
    CANNOT_BE_USED,
    LOOK_AGAIN,
    OUTSIDE_HOURS,
    RING_INSTEAD,
    say_to,
    to_participant,
)
from referrals.reminders.worker_messages import plan_again
from restorative.accounts.working_days import working_day_after
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.models import WAITING, Message, State
from restorative.notify.registry import Cancel, Content, Hold, Kind, Plan, Planned, Render, Send
from restorative.notify.spacing import TOO_LATE

NOT_HAPPENING = "Hi {first}, {when} is not happening. I will ring you. {worker}"
# What each person expected at a meeting is told, by kind of message.
WORDS = {
    "meeting_booked": "Hi {first}, we will meet {when}. Not a good time? Call {phone}. {worker}",
    "meeting_moved": "Hi {first}, we now meet {when}. Not a good time? Call {phone}. {worker}",
    "meeting_ahead": "Hi {first}, see you on {when}. Any change, call {phone}. {worker}",
    "meeting_day_before": "Hi {first}, see you tomorrow, {when}. Any change, call {phone}. {worker}",
}
# Messages that change what was announced before.
URGENT = ("meeting_moved", "meeting_not_happening")


@dataclass(frozen=True)
class Expected:
    """What the times of a person's messages depend on: whether they were expected at the meeting that this one
    replaces, and the day so many of their organisation's working days before the meeting."""

    moved: bool
    ahead_on: date


def first_told(meeting: Meeting | MeetingRow) -> datetime:
    """When the first message about a meeting may be sent."""
    return meeting.created_at + timedelta(minutes=rules().send_delay_minutes)


def times(meeting: Meeting | MeetingRow, expected: Expected) -> dict[str, datetime]:
    """When a person expected at a meeting is told of it, by kind of message."""
    found = (
        {"meeting_moved": meeting.created_at} if expected.moved else {"meeting_booked": first_told(meeting)}
    )
    ahead = clock.moment(expected.ahead_on, 10)
    if ahead > meeting.created_at + timedelta(days=1):
        found["meeting_ahead"] = ahead
    day_before = clock.moment(clock.today(meeting.starts_at) - timedelta(days=1), 10)
    if day_before > meeting.created_at + timedelta(hours=4):
        found["meeting_day_before"] = day_before
    return found


def _expected(meetings: MeetingsFacts, meeting: MeetingRow, row: AttendanceRow) -> Expected:
    facts, days = meetings.facts, -rules().booked_ahead_working_days
    house = facts.parties[row.party_id].row.organisation_id
    before = meetings.expected(meeting.supersedes_id) if meeting.supersedes_id else []
    return Expected(
        moved=any(each.party_id == row.party_id for each in before),
        ahead_on=facts.working_day_after(clock.today(meeting.starts_at), days, house),
    )


def expected_of(meeting: Meeting, attendance: Attendance) -> Expected:
    """The same for pages, about a meeting that need not be booked."""
    if not hasattr(meeting, "_told_before"):
        before = Attendance.objects.unscoped("messages").filter(meeting=meeting.supersedes_id)
        meeting._told_before = frozenset(
            before.values_list("party", flat=True) if meeting.supersedes_id else ()
        )
    days = -rules().booked_ahead_working_days
    house = attendance.party.organisation_id
    ahead_on = working_day_after(clock.today(meeting.starts_at), days, house)
    return Expected(attendance.party_id in meeting._told_before, ahead_on)


def booked(meetings: MeetingsFacts) -> Iterator[Planned]:
    """To each person expected at a meeting that is booked."""
    for meeting in meetings.those(MeetingStatus.BOOKED):
        for row in meetings.expected(meeting.id):
            for kind, due in times(meeting, _expected(meetings, meeting, row)).items():
                yield Planned(
                    kind,
                    meeting.id,
                    row.party_id,
                    due_at=due,
                    useless_after=row.arrives_at,
                    version=meeting.version,
                    to_worker=False,
                    urgent=kind in URGENT,
                )


def not_happening(meetings: MeetingsFacts) -> Iterator[Planned]:
    """To everyone expected, except those who withdrew: once a worker has released it, or at once if a worker called it
    off.

    After a stop or a doubt, the person it came from expects the meeting like everyone else: they get the same words.
    """
    for meeting in meetings.those(MeetingStatus.CALLED_OFF):
        call_offs = meetings.call_offs(meeting.id)
        told = [row for row in call_offs if row.party_id is None or row.released_at]
        since = min((row.released_at or row.created_at for row in told), default=meeting.starts_at)
        if since >= meeting.starts_at:
            continue
        withdrew = {row.party_id for row in call_offs if row.reason == CallOffReason.WITHDREW}
        for row in meetings.expected(meeting.id):
            if row.party_id not in withdrew:
                yield Planned(
                    "meeting_not_happening",
                    meeting.id,
                    row.party_id,
                    due_at=since,
                    useless_after=meeting.starts_at,
                    to_worker=False,
                    urgent=True,
                )


# --- Checked again at the moment of sending ---------------------------------------------------------------------


def _is_held(meetings: MeetingsFacts, meeting: MeetingRow) -> bool:
    facts = meetings.facts
    return bool(find_blockers(facts, Gate.BOOK)) or bool(meetings.away(meeting, set(facts.parties)))


def _still_booked(message: Message, facts: Facts) -> Send | Hold | Cancel:
    meetings = MeetingsFacts(facts)
    meeting, party = meetings.by_id.get(message.thing_id), facts.parties.get(message.recipient_id)
    if meeting is None or party is None or meeting.status != MeetingStatus.BOOKED:
        return Cancel("the meeting is not booked any more")
    if message.version != meeting.version:
        return Cancel("the meeting has changed since")
    # A change of time is sent although the meeting is on hold: otherwise they would come at the old time.
    if message.kind == "meeting_moved":
        return _before_they_set_out(message, meetings)
    if _is_held(meetings, meeting):
        return Hold(facts.at + LOOK_AGAIN, "something stands in the way of the meeting")
    found = to_participant(party)
    late = isinstance(found, Hold) and found.why == OUTSIDE_HOURS and found.until > message.useless_after
    return Cancel(TOO_LATE) if late else found


def _still_off(message: Message, facts: Facts) -> Send | Hold | Cancel:
    meetings = MeetingsFacts(facts)
    meeting = meetings.by_id.get(message.thing_id)
    if (
        meeting is None
        or meeting.status != MeetingStatus.CALLED_OFF
        or message.recipient_id not in facts.parties
    ):
        return Cancel("the meeting was not called off")
    return _before_they_set_out(message, meetings)


def _before_they_set_out(message: Message, meetings: MeetingsFacts) -> Send | Hold | Cancel:
    """Where a change goes that keeps a person from setting out. If it cannot reach them before that, it is given up at
    once, so that their worker rings while there is time. A call-off is also given up if nothing can be sent to them.
    """
    found = to_participant(meetings.facts.parties[message.recipient_id])
    if not isinstance(found, Hold):
        return found
    sets_out = _last_told(message, meetings).arrives_at - timedelta(hours=rules().travel_hours)
    never = message.kind == "meeting_not_happening" and found.why in (RING_INSTEAD, CANNOT_BE_USED)
    return Cancel(TOO_LATE) if never or found.until > sets_out else found


def _last_told(message: Message, meetings: MeetingsFacts) -> AttendanceRow:
    """The meeting this person knows of: the earlier one, while nothing about moving it has been sent to them."""
    meeting = meetings.by_id[message.thing_id]
    known = meetings.attendance(meeting.id, message.recipient_id)
    while meeting.supersedes_id is not None:
        earlier = meetings.attendance(meeting.supersedes_id, message.recipient_id)
        moved = Message.objects.filter(
            kind="meeting_moved", thing_id=meeting.id, recipient_id=message.recipient_id
        )
        if earlier is None or moved.exclude(state__in=[*WAITING, State.CANCELLED]).exists():
            break
        meeting, known = meetings.by_id[meeting.supersedes_id], earlier
    assert known is not None  # noqa: S101 - it was planned for a person who is expected
    return known


def _text(template: str) -> Render:
    def render(message: Message, facts: Facts) -> Content:
        meetings = MeetingsFacts(facts)
        known = meetings.attendance(message.thing_id, message.recipient_id)
        if template == NOT_HAPPENING or known is None:
            known = _last_told(message, meetings)
        text = template.replace("{when}", clock.show_when(known.arrives_at))
        return say_to(facts.parties[message.recipient_id], text)

    return render


PLANS = (booked, not_happening)


def kinds(plan: Plan) -> Iterator[Kind]:
    """The kinds of message to participants; `plan` plans every message about meetings."""
    for kind, text in WORDS.items():
        yield Kind(kind, plan, _still_booked, _text(text), plan_again)
    yield Kind("meeting_not_happening", plan, _still_off, _text(NOT_HAPPENING), plan_again)
