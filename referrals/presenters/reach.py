"""One person's contact routes, and what they are sent."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, Q

from referrals import access, presenters
from referrals.enums import (
    SENT_ROUTES,
    Days,
    Hours,
    RouteKind,
    Voicemail,
)
from referrals.models import ContactRoute, Party, Referral
from referrals.reminders.reach import Ways, of_another_person, ways_in
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.formfields import show_phone

Row = dict[str, Any]


def route_kind(row: ContactRoute) -> str:
    """'Text', 'In person'."""
    return str(RouteKind(row.kind).label).split(",")[0]


def route_value(row: ContactRoute) -> str:
    """The number in groups, as read aloud, or the address."""
    return show_phone(row.value) if row.kind in (RouteKind.TEXT, RouteKind.PHONE) and row.value else row.value


def days_and_hours(days: str, hours: str) -> str:
    """'Monday to Friday, after 5pm'; 'Any time in the day' if every day is good."""
    if days == Days.ANY:
        return str(Hours(hours).label)
    when = str(Hours(hours).label)
    return f"{Days(days).label}, {when[:1].lower()}{when[1:]}"


def knows_what_is_shared(user: User, referral: Referral) -> bool:
    """Whether this user, a facilitator, is told that a route is unusable because another person shares it."""
    return access.facilitates(user, referral)


def ways_shown_to(user: User, referral: Referral, parties: Iterable[Party]) -> dict[UUID, Ways]:
    """How each of these parties may be written to, as far as this user may know."""
    known = ways_in(presenters.facts_for(referral, clock.now()))
    ways = {party.pk: known[party.pk] for party in parties}
    if any(way.shared for way in ways.values()) and not knows_what_is_shared(user, referral):
        return {key: way.as_they_said() for key, way in ways.items()}
    return ways


def routes_of(party: Party, user: User) -> list[ContactRoute]:
    """The current contact routes of a party, with `is_shared`: whether one is another person's too. Only facilitators
    are told."""
    rows = ContactRoute.objects.visible_to(presenters.within(party.referral, user))
    shared = Q(Exists(of_another_person())) & ~Q(value_key="")
    rows = rows.filter(party=party, replaced_at__isnull=True).annotate(is_shared=shared)
    return list(rows.select_related("confirmed_by").order_by("-allowed", "-created_at", "-pk"))


def route_boxes(
    routes: Iterable[ContactRoute], shares_home: bool, user: User, *, facilitates: bool
) -> list[Row]:
    """Each contact route: whether it may be used, when, and with which cover words."""
    return [_route_box(row, shares_home, facilitates and row.is_shared, user) for row in routes]


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
