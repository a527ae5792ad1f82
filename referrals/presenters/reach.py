"""How one person can be reached, and what they are sent."""

from typing import TYPE_CHECKING, Any

from referrals import presenters
from referrals.enums import (
    SENT_ROUTES,
    Hours,
    RouteKind,
    Voicemail,
)
from referrals.models import ContactRoute
from referrals.presenters.person_facts import Facts
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.formfields import show_phone
from restorative.notify.models import Message, State

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]


def route_kind(row: ContactRoute) -> str:
    """'Text', 'In person'."""
    return str(RouteKind(row.kind).label).split(",")[0]


def route_value(row: ContactRoute) -> str:
    """The number as it is read aloud, or the address."""
    return show_phone(row.value) if row.kind in (RouteKind.TEXT, RouteKind.PHONE) and row.value else row.value


def route_boxes(routes: "Iterable[ContactRoute]", shares_home: bool, user: User) -> list[Row]:
    """Each way to reach somebody: whether it may be used, when, and with which cover words."""
    return [_route_box(row, shares_home, user) for row in routes]


def _route_box(row: ContactRoute, shares_home: bool, user: User) -> Row:
    lines = []
    if not row.allowed:
        why = "somebody else may read it" if row.read_by_others else "they said no"
        lines.append(f"Not used: {why}.")
    elif not row.confirmed_at:
        lines.append("Not used yet: they have not told us, alone, that it is safe.")
    else:
        lines.append(f"{Hours(row.hours).label}.")
        if row.kind in (RouteKind.PHONE, RouteKind.TEXT):
            lines.append(f"Voicemail: {str(Voicemail(row.voicemail).label).lower()}.")
        if row.kind in SENT_ROUTES and shares_home and not row.screen_private:
            lines.append("A message only says “Can you ring me?”")
    who = f" by {presenters.you_or_name(row.confirmed_by, user)}" if row.confirmed_by else ""
    return {
        "kind": route_kind(row),
        "value": route_value(row),
        "lines": lines,
        "cover": row.cover,
        "confirmed": f"Confirmed {clock.show_day(row.confirmed_at)}{who}"
        if row.confirmed_at
        else "Not confirmed",
        "used": bool(row.allowed and row.confirmed_at),
    }


MESSAGE_WORDS = {
    "meeting_booked": "That the meeting is booked",
    "meeting_ahead": "A reminder, 5 working days before",
    "meeting_day_before": "A reminder, the day before",
    "meeting_not_happening": "That the meeting is not happening",
}
STATE_WORDS = {
    State.DUE: "Waits to be sent",
    State.HELD: "Held",
    State.SENDING: "On its way",
    State.SENT: "Sent",
    State.UNCERTAIN: "Not known whether it arrived",
    State.CANCELLED: "Cancelled",
    State.FAILED: "Could not be sent",
}


def message_rows(facts: Facts) -> list[list[Any]]:
    """What this person was or will be sent. While something of another's waits for release it is shown as it stood."""
    found = Message.objects.filter(group=facts.referral.pk, recipient_id=facts.party.pk, to_worker=False)
    rows = list(found.order_by("-planned_for", "pk")[:40])
    changed = any(row.state in (State.CANCELLED, State.HELD) for row in rows)
    as_stood = changed and bool(presenters.stands(facts.referral, facts.user))
    return [_message_row(row, as_stood) for row in rows]


def _message_row(row: Message, as_stood: bool) -> list[Any]:
    state, why = State(row.state), row.why_held
    if as_stood and state in (State.CANCELLED, State.HELD):
        state, why = State.DUE, ""
    tones = {State.SENT: "ok", State.HELD: "due", State.FAILED: "stop", State.UNCERTAIN: "due"}
    words = STATE_WORDS[state]
    if state == State.HELD and why:
        words = f"{words}: {why}"
    when = row.sent_at if state == State.SENT and row.sent_at else row.planned_for
    return [
        MESSAGE_WORDS.get(row.kind, "A message"),
        clock.show_when(when),
        {"text": words, "tone": tones.get(state, "")},
    ]
