"""How one person can be reached, and what they are sent."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Value

from referrals import access, presenters
from referrals.enums import (
    SENT_ROUTES,
    Days,
    Hours,
    RouteKind,
    Voicemail,
)
from referrals.models import ContactRoute, Party, Referral
from referrals.presenters import parties_for
from referrals.presenters.history import CANNOT_BE_WRITTEN_TO, MESSAGE_WORDS, waiting_messages
from referrals.presenters.shown_person import ShownPerson
from referrals.reminders import Ways, can_be_written_to, shared_routes, ways_to_reach
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.formfields import show_phone
from restorative.notify.models import Message, State
from restorative.notify.spacing import TOO_LATE

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]


def route_kind(row: ContactRoute) -> str:
    """'Text', 'In person'."""
    return str(RouteKind(row.kind).label).split(",")[0]


def route_value(row: ContactRoute) -> str:
    """The number as it is read aloud, or the address."""
    return show_phone(row.value) if row.kind in (RouteKind.TEXT, RouteKind.PHONE) and row.value else row.value


def days_and_hours(days: str, hours: str) -> str:
    """'Monday to Friday, after 5pm'; 'Any time in the day' where every day is good."""
    if days == Days.ANY:
        return str(Hours(hours).label)
    when = str(Hours(hours).label)
    return f"{Days(days).label}, {when[:1].lower()}{when[1:]}"


def knows_what_is_shared(user: User, referral: Referral) -> bool:
    """Whether a number or address that somebody else has too is said to this user to be of no use: who facilitates."""
    return access.facilitates(user, referral)


def ways_shown_to(user: User, referral: Referral, parties: "Iterable[Party]") -> dict[UUID, Ways]:
    """How each of these parties may be written to, as this user may know it."""
    ways = ways_to_reach(parties)
    if any(way.shared for way in ways.values()) and not knows_what_is_shared(user, referral):
        return {key: way.as_they_said() for key, way in ways.items()}
    return ways


def route_boxes(party: Party, routes: "Iterable[ContactRoute]", shares_home: bool, user: User) -> list[Row]:
    """Each way to reach somebody: whether it may be used, when, and with which cover words."""
    shared = shared_routes(party) if knows_what_is_shared(user, party.referral) else frozenset()
    return [_route_box(row, shares_home, row.pk in shared, user) for row in routes]


def _route_box(row: ContactRoute, shares_home: bool, of_no_use: bool, user: User) -> Row:
    lines = []
    if row.allowed and of_no_use:
        lines.append("Cannot be used. Agree another way with them, alone.")
    elif not row.allowed:
        why = "somebody else may read it" if row.read_by_others else "they said no"
        lines.append(f"Not used: {why}.")
    elif not row.confirmed_at:
        lines.append("Not used yet: they have not told us, alone, that it is safe.")
    else:
        lines.append(f"{days_and_hours(row.days, row.hours)}.")
        if row.kind == RouteKind.PHONE and row.read_by_others:
            lines.append("Somebody else may answer.")
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
        "used": bool(row.allowed and row.confirmed_at and not of_no_use),
    }


STATE_WORDS = {
    State.SENDING: "On its way",
    State.SENT: "Sent",
    State.UNCERTAIN: "Not known whether it arrived",
    State.CANCELLED: "Cancelled",
    State.FAILED: "Could not be sent",
}
# What goes only while nothing stands in the way of the meeting, on either side.
AHEAD_OF_IT = ("meeting_booked", "meeting_moved", "meeting_ahead", "meeting_day_before")
TONES = {State.SENT: "ok", State.FAILED: "stop", State.UNCERTAIN: "due"}


def message_rows(page: ShownPerson) -> list[list[Any]]:
    """What this person was or will be sent. While something of another's waits for release it is shown as it stood."""
    # Where they do not open everybody, what is said of a meeting is kept from them until they know that it is off.
    meetings = page.referral.meetings.model.objects.visible_to(page.user).filter(pk=OuterRef("thing_id"))
    sealed = any(not party.opened for party in parties_for(page.referral, page.user))
    hidden = Exists(meetings.exclude(shown_status="called_off")) if sealed else Value(False)
    found = Message.objects.filter(group=page.referral.pk, recipient_id=page.party.pk, to_worker=False)
    rows = list(found.annotate(hidden=hidden).order_by("-planned_for", "pk")[:40])
    waits = {row.pk for row in waiting_messages(page.referral, [page.party.pk], page.user, page.at)}
    ways = ways_shown_to(page.user, page.referral, [page.party]) if waits else {}
    writable = not waits or can_be_written_to(page.party, page.at, ways[page.party.pk])
    return [_message_row(row, row.pk in waits, writable) for row in rows]


def _message_row(row: Any, waits: bool, writable: bool) -> list[Any]:
    """What is said of a meeting may be held by somebody they do not open: then whether it went is not told."""
    state = State(row.state)
    if waits:
        words, tone = ("Waits to be sent", "") if writable else (CANNOT_BE_WRITTEN_TO, "due")
    elif row.hidden and row.kind in AHEAD_OF_IT and state not in (State.UNCERTAIN, State.FAILED):
        return [MESSAGE_WORDS[row.kind], clock.show_when(row.planned_for), {"text": "Planned", "tone": ""}]
    else:
        words, tone = STATE_WORDS.get(state, "Not sent"), TONES.get(state, "")
        if row.why_held == TOO_LATE:
            words = "Not sent"  # whether it waited or was given up hangs on why
    when = row.sent_at if state == State.SENT and row.sent_at else row.planned_for
    return [MESSAGE_WORDS.get(row.kind, "A message"), clock.show_when(when), {"text": words, "tone": tone}]
