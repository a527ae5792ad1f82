"""Messages sent and planned for each person, as one worker may know them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from meetings.enums import MeetingStatus
from meetings.facts import MeetingsFacts
from referrals.presenters.reach import ways_shown_to
from referrals.presenters.shown_person import ShownPerson
from referrals.presenters.shown_referral import ShownReferral
from referrals.reminders.reach import can_be_written_to
from restorative.common import clock
from restorative.common.heartbeat import last_beats
from restorative.notify.models import Message, State
from restorative.notify.spacing import TOO_LATE

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


Page = ShownReferral | ShownPerson


def _messages(page: Page, recipients: Iterable[UUID]) -> QuerySet[Message]:
    """Every message to these people, whose compartments the user opens."""
    return Message.objects.filter(
        group=page.referral.pk, recipient_id__in=list(recipients), to_worker=False
    ).order_by("planned_for", "pk")


def _as_planned(rows: Iterable[Message], page: Page) -> list[Message]:
    """Those that wait to be sent, as this user may know them.

    Messages cancelled with a call-off that is hidden from this user still appear as planned. A message about a
    meeting disappears from the list once a sweep would have sent it, because whether and why it was held can be
    another person's information.
    """
    meetings = MeetingsFacts(page.facts)
    hidden = {
        row.id
        for row in meetings.those(MeetingStatus.CALLED_OFF)
        if meetings.booked_for(row, page.within.opened)
    }
    waiting = [row for row in rows if row.useless_after > page.at and _waits_to_be_sent(row, hidden)]
    if not any(row.kind.startswith("meeting_") for row in waiting):
        return waiting
    sweep = last_beats().get("sweep")
    return [
        row for row in waiting if not row.kind.startswith("meeting_") or sweep is None or sweep < _may_go(row)
    ]


def _waits_to_be_sent(row: Message, hidden: set[UUID]) -> bool:
    cancelled = row.state == State.CANCELLED and row.kind.startswith("meeting_")
    return row.state in (State.DUE, State.HELD) or (cancelled and row.thing_id in hidden)


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
    messages = _as_planned(_messages(page, opened).filter(useless_after__gt=page.at), page)
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
MOST = 40
TONES = {State.SENT: "ok", State.FAILED: "stop", State.UNCERTAIN: "due"}


def message_rows(page: ShownPerson) -> list[list[Any]]:
    """This person's sent and planned messages. While another party's call-off waits for release, shown as before
    it."""
    rows = list(_messages(page, [page.party.pk]).order_by("-planned_for", "pk")[:MOST])
    waits = {row.pk for row in _as_planned(rows, page)}
    # If the user does not open every party, the state of meeting messages is hidden until they know that it is off.
    sealed = any(not party.opened for party in page.people)
    meetings = MeetingsFacts(page.facts)
    on = {
        row.id
        for row in meetings.by_id.values()
        if sealed and meetings.shown_status(row, page.within.opened) != MeetingStatus.CALLED_OFF
    }
    ways = ways_shown_to(page.user, page.referral, [page.party]) if waits else {}
    writable = not waits or can_be_written_to(ways[page.party.pk], page.at)
    return [_message_row(row, row.pk in waits, writable, row.thing_id in on) for row in rows]


def _message_row(row: Message, waits: bool, writable: bool, on: bool) -> list[Any]:
    """A message about a meeting may be held because of a party they do not open; then its delivery is not shown."""
    state = State(row.state)
    if waits:
        words, tone = ("Waits to be sent", "") if writable else (CANNOT_BE_WRITTEN_TO, "due")
    elif on and row.kind in AHEAD_OF_IT and state not in (State.UNCERTAIN, State.FAILED):
        return [MESSAGE_WORDS[row.kind], clock.show_when(row.planned_for), {"text": "Planned", "tone": ""}]
    else:
        words, tone = STATE_WORDS.get(state, "Not sent"), TONES.get(state, "")
        if row.why_held == TOO_LATE:
            words = "Not sent"  # whether it waited or was cancelled depends on the cause
    when = row.sent_at if state == State.SENT and row.sent_at else row.planned_for
    return [MESSAGE_WORDS.get(row.kind, "A message"), clock.show_when(when), {"text": words, "tone": tone}]
