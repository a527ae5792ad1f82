"""Messages sent and planned for each person, as one worker may know them."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Value

from meetings.enums import MeetingStatus
from meetings.models import Meeting
from referrals.models import Referral
from referrals.presenters import parties_for
from referrals.presenters.reach import ways_shown_to
from referrals.presenters.shown_person import ShownPerson
from referrals.presenters.shown_referral import ShownReferral
from referrals.reminders.reach import can_be_written_to
from restorative.common import clock
from restorative.common.heartbeat import last_beats
from restorative.notify.models import Message, State
from restorative.notify.spacing import TOO_LATE

if TYPE_CHECKING:
    from restorative.accounts.models import User

MESSAGE_WORDS = {
    "meeting_booked": "That the meeting is booked",
    "meeting_moved": "That the meeting is moved",
    "meeting_ahead": "A reminder, 5 working days before",
    "meeting_day_before": "A reminder, the day before",
    "meeting_not_happening": "That the meeting is not happening",
    "afterwards": "Thanks for coming",
    "follow_up_coming": "That a call is coming",
}
CANNOT_BE_WRITTEN_TO = "Nothing can be sent safely: ring instead"


def waiting_messages(
    referral: Referral, recipients: Iterable[UUID], user: "User", at: datetime
) -> list[Message]:
    """Planned messages, as this user may know them.

    Messages cancelled with a call-off that is hidden from this user still appear as planned. A message about a
    meeting disappears from the list once a sweep would have sent it, because whether and why it was held can be
    another person's information.
    """
    unknown = Meeting.objects.visible_to(user).filter(
        referral=referral, status=MeetingStatus.CALLED_OFF, shown_status=MeetingStatus.BOOKED
    )
    waits = Q(state__in=[State.DUE, State.HELD]) | Q(
        state=State.CANCELLED, thing_id__in=unknown.values("pk"), kind__startswith="meeting_"
    )
    rows = Message.objects.filter(
        waits, group=referral.pk, recipient_id__in=list(recipients), to_worker=False, useless_after__gt=at
    )
    waiting = list(rows.order_by("planned_for", "pk"))
    if not any(row.kind.startswith("meeting_") for row in waiting):
        return waiting
    sweep = last_beats().get("sweep")
    return [
        row for row in waiting if not row.kind.startswith("meeting_") or sweep is None or sweep < _may_go(row)
    ]


def _may_go(message: Message) -> datetime:
    """The earliest sending time: not before it is planned, and not in the quiet hours."""
    return clock.next_allowed(message.planned_for, urgent=message.urgent)


def _goes(message: Message, at: datetime) -> str:
    """The sending time, as things stand."""
    return clock.show_when(max(_may_go(message), clock.next_allowed(at, urgent=message.urgent)))


def _waits(message: Message, page: ShownReferral) -> str:
    """Whether the meeting is on hold to this user's knowledge, so that only a change of time is sent."""
    held = page.on_hold and message.thing_id == page.meeting.pk and message.kind != "meeting_moved"
    return "not while the meeting is on hold" if held else ""


def will_be_sent(page: ShownReferral) -> list[dict[str, Any]]:
    """Planned messages for each person the user supports: a box each, or one box if they support several.

    The reason for holding a message is not shown, because it may be another person's. Their own page shows whether
    they can be written to at all.
    """
    opened = {party.pk: party for party in page.parties if party.opened}
    messages = waiting_messages(page.referral, opened, page.user, page.at)
    waits = {
        key: [
            f"{MESSAGE_WORDS.get(message.kind, 'A message')}: {_waits(message, page) or _goes(message, page.at)}"
            for message in messages
            if message.recipient_id == key
        ]
        for key in opened
    }
    if not opened:
        return []
    title = "What will be sent"
    lines = [f"To {opened[key].known_as}. {line}" for key, each in waits.items() for line in each]
    if len(opened) == 1:
        [(key, party)] = opened.items()
        title, lines = f"What {party.known_as} will be sent", waits[key]
    return [{"title": title, "lines": lines or ["Nothing is waiting to be sent."]}]


# --- On a person's page ---

STATE_WORDS = {
    State.SENDING: "On its way",
    State.SENT: "Sent",
    State.UNCERTAIN: "Not known whether it arrived",
    State.CANCELLED: "Cancelled",
    State.FAILED: "Could not be sent",
}
# Messages that are sent only while nothing stands in the way of the meeting, on either side.
AHEAD_OF_IT = ("meeting_booked", "meeting_moved", "meeting_ahead", "meeting_day_before")
TONES = {State.SENT: "ok", State.FAILED: "stop", State.UNCERTAIN: "due"}


def message_rows(page: ShownPerson) -> list[list[Any]]:
    """This person's sent and planned messages. While another party's call-off waits for release, shown as before
    it."""
    # If the user does not open every party, the state of meeting messages is hidden until they know that it is off.
    meetings = Meeting.objects.visible_to(page.user).filter(pk=OuterRef("thing_id"))
    sealed = any(not party.opened for party in parties_for(page.referral, page.user))
    hidden = Exists(meetings.exclude(shown_status=MeetingStatus.CALLED_OFF)) if sealed else Value(False)
    found = Message.objects.filter(group=page.referral.pk, recipient_id=page.party.pk, to_worker=False)
    rows = list(found.annotate(hidden=hidden).order_by("-planned_for", "pk")[:40])
    waits = {row.pk for row in waiting_messages(page.referral, [page.party.pk], page.user, page.at)}
    ways = ways_shown_to(page.user, page.referral, [page.party]) if waits else {}
    writable = not waits or can_be_written_to(ways[page.party.pk], page.at)
    return [_message_row(row, row.pk in waits, writable) for row in rows]


def _message_row(row: Any, waits: bool, writable: bool) -> list[Any]:
    """A message about a meeting may be held because of a party they do not open; then its delivery is not shown."""
    state = State(row.state)
    if waits:
        words, tone = ("Waits to be sent", "") if writable else (CANNOT_BE_WRITTEN_TO, "due")
    elif row.hidden and row.kind in AHEAD_OF_IT and state not in (State.UNCERTAIN, State.FAILED):
        return [MESSAGE_WORDS[row.kind], clock.show_when(row.planned_for), {"text": "Planned", "tone": ""}]
    else:
        words, tone = STATE_WORDS.get(state, "Not sent"), TONES.get(state, "")
        if row.why_held == TOO_LATE:
            words = "Not sent"  # whether it waited or was cancelled depends on the cause
    when = row.sent_at if state == State.SENT and row.sent_at else row.planned_for
    return [MESSAGE_WORDS.get(row.kind, "A message"), clock.show_when(when), {"text": words, "tone": tone}]
