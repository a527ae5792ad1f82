"""What the receiving organisation will see, put together from what the sender typed and picked before it is sent.
It is never computed again, so the receiver gets exactly what was previewed."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from referrals.blockers.handing_over import HandingOver, fresh_contact
from referrals.enums import Days, HandoffKind, Hours, Place, RouteKind, Voicemail
from referrals.facts import PartyFacts
from referrals.models import ContactRoute, Party, Referral
from restorative.accounts.models import Organisation, User
from restorative.common import clock
from restorative.common.formfields import show_phone


@dataclass(frozen=True)
class Asking:
    """A request to another organisation, as the sender typed it. `party` is None if the receiver is to lead."""

    to_org: Organisation
    kind: HandoffKind
    party: Party | None
    situation: str
    asked: str
    told: str
    reply_by: date
    background: str = ""
    needs: str = ""
    flags: str = ""
    with_contact: bool = True


def packet_for(
    referral: Referral, asking: Asking, by: User, handing: HandingOver, opened: frozenset[UUID]
) -> dict[str, Any]:
    """The packet: a heading, the people it names, and rows of words. It contains only people whom the sender opens."""
    people = [each for each in handing.named if each.id in opened and not each.is_supporter]
    moved = [each for each in handing.moved if each.id in opened]
    routes = _routes_of(moved) if asking.with_contact else []
    rows = [
        ("From", ", ".join(filter(None, [by.first_name, by.organisation.name, by.work_phone]))),
        ("About", "\n".join(f"{each.name}, {Place(each.row.place).label}" for each in people)),
        ("The situation", asking.situation),
        ("Background", asking.background),
        ("What was found, and what is needed", asking.needs),
        ("What is asked of you", asking.asked),
        ("To act safely", asking.flags),
        ("How to reach them safely", "\n".join(_way(route, people) for route in routes)),
        ("What they were told", asking.told),
        ("Reply by", clock.show_day(asking.reply_by)),
    ]
    return {
        "heading": _heading(asking, by),
        "reference": referral.reference,
        "people": [{"id": str(each.id), "name": each.name} for each in people],
        "rows": [{"key": key, "value": value} for key, value in rows if value],
    }


def digest_of(packet: dict[str, Any]) -> str:
    """The SHA-256 of the exact bytes of a packet."""
    exact = json.dumps(packet, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(exact.encode()).hexdigest()


def _heading(asking: Asking, by: User) -> str:
    what = "to lead" if asking.kind == HandoffKind.LEAD else "to help"
    name = f" {asking.party.known_as}" if asking.party else ""
    return f"{by.organisation.name} asks {asking.to_org.name} {what}{name}"


def _routes_of(parties: list[PartyFacts]) -> list[ContactRoute]:
    fresh = [row.id for party in parties for row in fresh_contact(party)]
    return list(ContactRoute.objects.unscoped("packet").filter(pk__in=fresh).order_by("created_at", "pk"))


def _way(route: ContactRoute, people: list[PartyFacts]) -> str:
    """'Jo: text to 07700 900123, any time in the day. Cover words: …'"""
    name = next((each.name for each in people if each.id == route.party_id), "Beside them")
    written = route.kind in (RouteKind.TEXT, RouteKind.PHONE)
    value = show_phone(route.value) if written else route.value
    way = str(RouteKind(route.kind).label).split(",")[0].lower()
    when = str(Hours(route.hours).label).lower()
    if route.days != Days.ANY:
        when = f"{Days(route.days).label}, {when}"
    parts = [f"{name}: {way} {value}".strip() + f", {when}"]
    if route.kind == RouteKind.PHONE and route.read_by_others:
        parts.append("Somebody else may answer")
    if route.kind == RouteKind.PHONE:
        parts.append(f"Voicemail: {str(Voicemail(route.voicemail).label).lower()}")
    if route.cover:
        parts.append(f"Cover words: {route.cover}")
    return ". ".join(parts)
