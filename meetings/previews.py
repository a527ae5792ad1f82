"""What one person will be sent about a meeting, computed as the outbox will: text, channel, and time.
Only for pages, about people whose compartment the reader opens; nothing is planned or sent here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from meetings.models import Attendance, Meeting
from meetings.reminders.people import NOT_HAPPENING, URGENT, WORDS, expected_of, times
from referrals.enums import RouteKind
from referrals.models import Party
from referrals.reminders.reach import CHANNELS, OUTSIDE_HOURS, Ways, reach, say
from restorative.common import clock
from restorative.notify.models import WAITING, Message, State
from restorative.notify.registry import Hold

NO_PHONE = "Their worker has no work phone number to give, so nothing is sent."
LEFT = (State.SENDING, State.SENT, State.UNCERTAIN, State.FAILED)
MOST_LOOKS = 4  # the first allowed day can be a bank holiday, and so can the next


@dataclass(frozen=True)
class MessagePreview:
    """One message for display. Without a channel no message can be sent, and `held` says why."""

    kind: str
    when: str
    body: str
    channel: str = ""
    held: str = ""
    goes: datetime | None = None


def planned_messages(
    meeting: Meeting, attendance: Attendance, at: datetime, ways: Ways, *, as_planned: bool = False
) -> list[MessagePreview]:
    """What this person will be sent about a meeting that is, or would be, booked.

    `as_planned` shows planned times and not deliveries, because a message may have been held for another person's
    reason.
    """
    found = []
    for kind, moment in times(meeting, expected_of(meeting, attendance)).items():
        text = WORDS[kind].replace("{when}", clock.show_when(attendance.arrives_at))
        asked = min(moment, at) if as_planned else at
        preview = _preview(kind, attendance.party, text, moment, asked, ways)
        if as_planned and preview.goes and preview.goes <= at:
            preview = replace(preview, when=f"planned for {clock.show_when(preview.goes)}")
        found.append(preview)
    return found


def message_on_release(meeting: Meeting, attendance: Attendance, at: datetime, ways: Ways) -> MessagePreview:
    """What this person would be sent if the call-off were released now."""
    text = NOT_HAPPENING.replace("{when}", clock.show_when(attendance.arrives_at))
    return _preview("meeting_not_happening", attendance.party, text, at, at, ways)


def who_will_hear_it_is_off(meeting: Meeting, parties: Iterable[Party], at: datetime) -> set[UUID]:
    """Ids of those of these people for whom a message waits: that the meeting is not happening."""
    rows = _messages_about(meeting, parties).filter(kind="meeting_not_happening", state__in=WAITING)
    return set(rows.filter(useless_after__gt=at).values_list("recipient_id", flat=True))


def _messages_about(meeting: Meeting, parties: Iterable[Party]) -> QuerySet[Message]:
    """Messages about a meeting for these people, whose compartments the reader opens."""
    return Message.objects.filter(thing_id=meeting.pk, recipient_id__in=[party.pk for party in parties])


def _preview(kind: str, party: Party, text: str, due: datetime, at: datetime, ways: Ways) -> MessagePreview:
    urgent, worker = kind in URGENT, party.keyworker or party.referral.lead
    moment = clock.next_allowed(max(due, at), urgent=urgent)
    found = reach(ways, moment)
    for _ in range(MOST_LOOKS):
        if not (isinstance(found, Hold) and found.why == OUTSIDE_HOURS):
            break
        moment = clock.next_allowed(found.until, urgent=urgent)
        found = reach(ways, moment)
    if isinstance(found, Hold):
        return MessagePreview(kind, "", "", held=f"{found.why[:1].upper()}{found.why[1:]}.")
    if not worker.work_phone:
        return MessagePreview(kind, "", "", held=NO_PHONE)
    when = "at once" if urgent and moment <= at else f"about {clock.show_when(moment)}"
    body = say(text, party.known_as, worker, found).body
    return MessagePreview(kind, when, body, channel=CHANNELS[RouteKind(found.route.kind)], goes=moment)


def messages_sent(
    meeting: Meeting, parties: Iterable[Party], *, as_planned: bool = False
) -> dict[tuple[str, object], MessagePreview]:
    """Sent messages about a meeting for these people, by kind and party. The reader opens their compartments.

    With `as_planned` only messages that a worker must replace by ringing; planned_messages covers the rest.
    """
    states = [State.UNCERTAIN, State.FAILED] if as_planned else [*LEFT]
    rows = _messages_about(meeting, parties).filter(state__in=states).order_by("due_at", "pk")
    return {(row.kind, row.recipient_id): _left(row) for row in rows}


def _left(row: Message) -> MessagePreview:
    words = {
        State.SENDING: "being sent now",
        State.SENT: f"sent {clock.show_when(row.sent_at)}" if row.sent_at else "sent",
        State.UNCERTAIN: "not known whether it arrived: ring them",
        State.FAILED: "could not be sent: ring them",
    }
    return MessagePreview(row.kind, words[State(row.state)], row.body, channel=row.channel)
