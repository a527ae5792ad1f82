"""What the people are told of a meeting that is booked, moved or not happening: when, checked again at the moment of
sending, and in which words. Whether somebody can be reached safely is referrals/reminders's."""

from collections.abc import Callable
from datetime import datetime, timedelta

from meetings.blockers import is_held
from meetings.enums import CallOffReason, MeetingStatus
from meetings.models import Attendance, Meeting
from meetings.reminders.facts import Facts, planned
from referrals.models import Party
from referrals.reminders import (
    CANNOT_BE_USED,
    LOOK_AGAIN,
    OUTSIDE_HOURS,
    RING_INSTEAD,
    party_of,
    plan_again,
    say,
    to_participant,
)
from restorative.accounts.working_days import working_day_after
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.models import WAITING, Message, State
from restorative.notify.registry import Cancel, Content, Hold, Plan, Planned, Send, register
from restorative.notify.spacing import TOO_LATE

BOOKED = "Hi {first}, we will meet {when}. Not a good time? Call {phone}. {worker}"
MOVED = "Hi {first}, we now meet {when}. Not a good time? Call {phone}. {worker}"
AHEAD = "Hi {first}, see you on {when}. Any change, call {phone}. {worker}"
DAY_BEFORE = "Hi {first}, see you tomorrow, {when}. Any change, call {phone}. {worker}"
NOT_HAPPENING = "Hi {first}, {when} is not happening. I will ring you. {worker}"


def told_before(meeting: Meeting) -> frozenset[object]:
    """Parties who were expected at the meeting that this one supersedes: they hear that it is moved."""
    if meeting.supersedes_id is None:
        return frozenset()
    if not hasattr(meeting, "_told_before"):
        expected = Attendance.objects.unscoped("planning messages").filter(meeting=meeting.supersedes_id)
        meeting._told_before = frozenset(expected.values_list("party", flat=True))
    return meeting._told_before


def soon(meeting: Meeting) -> datetime:
    """When the first that is said of a meeting may leave."""
    return meeting.created_at + timedelta(minutes=rules().send_delay_minutes)


def _booked_due(meeting: Meeting, attendance: Attendance) -> datetime | None:
    return None if attendance.party_id in told_before(meeting) else soon(meeting)


def _moved_due(meeting: Meeting, attendance: Attendance) -> datetime | None:
    return meeting.created_at if attendance.party_id in told_before(meeting) else None


def _ahead_due(meeting: Meeting, attendance: Attendance) -> datetime | None:
    days = -rules().booked_ahead_working_days
    day = working_day_after(clock.today(meeting.starts_at), days, attendance.party.organisation_id)
    due = clock.moment(day, 10)
    return due if due > meeting.created_at + timedelta(days=1) else None


def _day_before_due(meeting: Meeting, attendance: Attendance) -> datetime | None:
    due = clock.moment(clock.today(meeting.starts_at) - timedelta(days=1), 10)
    return due if due > meeting.created_at + timedelta(hours=4) else None


# What each person expected at a meeting is told: the kind, when it is due, the words, and whether it is a change to
# what was announced before.
PARTY_KINDS = (
    ("meeting_booked", _booked_due, BOOKED, False),
    ("meeting_moved", _moved_due, MOVED, True),
    ("meeting_ahead", _ahead_due, AHEAD, False),
    ("meeting_day_before", _day_before_due, DAY_BEFORE, False),
)


def ahead(facts: Facts) -> list[Planned]:
    """To each person expected at a meeting that is booked."""
    return [
        planned(
            kind,
            meeting.pk,
            row.party_id,
            version=meeting.version,
            due=moment,
            until=row.arrives_at,
            to_worker=False,
            urgent=urgent,
        )
        for meeting in facts.those(MeetingStatus.BOOKED)
        for row in facts.expected(meeting)
        for kind, due, _, urgent in PARTY_KINDS
        if (moment := due(meeting, row)) is not None
    ]


def _still_booked(message: Message, at: datetime) -> Send | Hold | Cancel:
    meeting = (
        Meeting.objects.unscoped("messages").select_related("referral").filter(pk=message.thing_id).first()
    )
    party = party_of(message.recipient_id)
    if meeting is None or party is None or meeting.status != MeetingStatus.BOOKED:
        return Cancel("the meeting is not booked any more")
    if message.version != meeting.version:
        return Cancel("the meeting has changed since")
    # That it is moved goes all the same: whoever does not hear it comes at the old time.
    if message.kind == "meeting_moved":
        return _before_they_set_out(message, party, at)
    if is_held(meeting, at):
        return Hold(at + LOOK_AGAIN, "something stands in the way of the meeting")
    found = to_participant(party, at)
    late = isinstance(found, Hold) and found.why == OUTSIDE_HOURS and found.until > message.useless_after
    return Cancel(TOO_LATE) if late else found


def _before_they_set_out(message: Message, party: Party, at: datetime) -> Send | Hold | Cancel:
    """Where a change goes that keeps somebody from setting out. What cannot reach them before that is given up at once:
    their worker rings, while there is time. To whom nothing can be sent of a meeting, they are told to ring anyway.
    """
    found = to_participant(party, at)
    if not isinstance(found, Hold):
        return found
    sets_out = _last_told(_attendance(message)).arrives_at - timedelta(hours=rules().travel_hours)
    never = message.kind == "meeting_not_happening" and found.why in (RING_INSTEAD, CANNOT_BE_USED)
    return Cancel(TOO_LATE) if never or found.until > sets_out else found


def _attendance(message: Message) -> Attendance:
    rows = Attendance.objects.unscoped("messages").select_related("meeting")
    return rows.get(meeting=message.thing_id, party=message.recipient_id)


def _last_told(attendance: Attendance) -> Attendance:
    """The meeting this person knows of: that of before, while nothing about moving it has left for them."""
    while attendance.meeting.supersedes_id is not None:
        moved = Message.objects.filter(
            kind="meeting_moved", thing_id=attendance.meeting_id, recipient_id=attendance.party_id
        )
        earlier = (
            Attendance.objects.unscoped("messages")
            .select_related("meeting")
            .filter(meeting=attendance.meeting.supersedes_id, party=attendance.party_id)
            .first()
        )
        if earlier is None or moved.exclude(state__in=[*WAITING, State.CANCELLED]).exists():
            break
        attendance = earlier
    return attendance


def _words(template: str) -> Callable[[Message, datetime], Content]:
    def render(message: Message, at: datetime) -> Content:
        attendance = _attendance(message)
        if template == NOT_HAPPENING:
            attendance = _last_told(attendance)
        party = party_of(message.recipient_id)
        return say(party, template.replace("{when}", clock.show_when(attendance.arrives_at)), at)

    return render


def not_happening(facts: Facts) -> list[Planned]:
    """To everybody but whoever withdrew, once a worker has released it, or at once where a worker called it off.

    After a stop or a doubt the person it came from expects the meeting like anybody else: they hear the same words.
    """
    found = []
    for meeting in facts.those(MeetingStatus.CALLED_OFF):
        call_offs = [row for row in facts.call_offs if row.meeting_id == meeting.pk]
        told = [row for row in call_offs if row.party_id is None or row.released_at]
        if not told:
            continue
        withdrew = {row.party_id for row in call_offs if row.reason == CallOffReason.WITHDREW}
        since = min(row.released_at or row.created_at for row in told)
        found += [
            planned(
                "meeting_not_happening",
                meeting.pk,
                row.party_id,
                due=since,
                until=meeting.starts_at,
                to_worker=False,
                urgent=True,
            )
            for row in facts.expected(meeting)
            if row.party_id not in withdrew and since < meeting.starts_at
        ]
    return found


def _still_off(message: Message, at: datetime) -> Send | Hold | Cancel:
    meeting = Meeting.objects.unscoped("messages").filter(pk=message.thing_id).first()
    party = party_of(message.recipient_id)
    if meeting is None or party is None or meeting.status != MeetingStatus.CALLED_OFF:
        return Cancel("the meeting was not called off")
    return _before_they_set_out(message, party, at)


PLANS = (ahead, not_happening)


def register_kinds(plan: Plan) -> None:
    """Tell the outbox of what the people are told; `plan` plans every message about meetings."""
    for kind, _, words, _ in PARTY_KINDS:
        register(kind, plan=plan, recheck=_still_booked, render=_words(words), on_unsent=plan_again)
    register(
        "meeting_not_happening",
        plan=plan,
        recheck=_still_off,
        render=_words(NOT_HAPPENING),
        on_unsent=plan_again,
    )
