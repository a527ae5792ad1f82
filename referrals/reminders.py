"""How a party or a worker may be reached at a moment, for every kind of message; kinds about a referral itself.
The outbox asks; nothing here sends. What is planned about meetings is in meetings/reminders.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef

from referrals.blockers import contact_at_risk
from referrals.enums import SENT_ROUTES, Hours, RouteKind
from referrals.models import ContactRoute, Party, SafetyAnswers
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.registry import Cancel, Content, Hold, Send

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Hours of the London day in which somebody may be reached; quiet hours narrow them further.
HOURS: dict[str, tuple[int, int]] = {
    Hours.ANY: (0, 24),
    Hours.MORNING: (0, 12),
    Hours.AFTERNOON: (12, 17),
    Hours.EVENING: (17, 24),
}
CHANNELS = {RouteKind.TEXT: "text", RouteKind.EMAIL: "email"}
LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Reach:
    """A safe way to send something to a party now, and whether only cover words may go."""

    route: ContactRoute
    cover_only: bool


def _usable(party: Party, at: datetime) -> "QuerySet":
    """Written routes of a party that are allowed, private, confirmed recently enough and nobody else's."""
    at_risk = Party.objects.unscoped("reaching").filter(contact_at_risk(), pk=party.pk).exists()
    days = rules().contact_days_at_risk if at_risk else rules().contact_days
    shared = ContactRoute.objects.filter(
        value_key=OuterRef("value_key"), replaced_at__isnull=True, party__left_at__isnull=True
    ).exclude(party__person=party.person_id)
    return (
        ContactRoute.objects.unscoped("reaching")
        .filter(
            ~Exists(shared),
            party=party,
            kind__in=SENT_ROUTES,
            allowed=True,
            read_by_others=False,
            replaced_at__isnull=True,
            confirmed_at__gte=at - timedelta(days=days),
        )
        .exclude(value_key="")
        .order_by("kind", "created_at")
    )


def reach(party: Party, at: datetime) -> Reach | Hold:
    """The way to send to a party at this moment, or until when to wait and why. Never falls back to another route kind
    than those they allowed; text goes before email.
    """
    routes = sorted(_usable(party, at), key=lambda route: route.kind != RouteKind.TEXT)
    if not routes:
        return Hold(at + LOOK_AGAIN, "no safe way to write to them is confirmed: ring instead")
    route = routes[0]
    opens = _within_hours(route.hours, at)
    if opens > at:
        return Hold(opens, "outside the hours they allowed")
    newest = SafetyAnswers.objects.unscoped("reaching").filter(party=party).order_by("-asked_at").first()
    shares_home = newest is None or newest.shares_home
    return Reach(route=route, cover_only=shares_home and not route.screen_private)


def _within_hours(hours: str, at: datetime) -> datetime:
    first, last = HOURS[hours]
    local = clock.local(at)
    if first <= local.hour < last:
        return at
    day = local.date() if local.hour < first else local.date() + timedelta(days=1)
    return clock.moment(day, first)


def worker_of(party: Party) -> User:
    """Who signs to a party: their keyworker, or the lead standing in."""
    return party.keyworker or party.referral.lead


def to_participant(party: Party, at: datetime) -> Send | Hold | Cancel:
    """Where a message to a party goes at this moment."""
    if party.left_at:
        return Cancel("no longer part of this referral")
    found = reach(party, at)
    if isinstance(found, Hold):
        return found
    if not worker_of(party).work_phone:
        return Hold(at + LOOK_AGAIN, "the worker has no phone number to give")
    return Send(CHANNELS[found.route.kind], found.route.value, other_names=other_names(party))


def other_names(party: Party) -> tuple[str, ...]:
    """Names of the other people in this referral, which must not stand in a message to this party."""
    others = Party.objects.unscoped("lint").filter(referral=party.referral_id).exclude(pk=party.pk)
    own = {party.known_as, worker_of(party).first_name}
    names = {
        name
        for row in others.select_related("person")
        for name in (row.known_as, row.person.given, row.person.family)
    }
    return tuple(sorted(name for name in names if name and name not in own))


def say(party: Party, words: str, at: datetime) -> Content:
    """The words as this party may be sent them: only the cover words where others might see their screen."""
    worker = worker_of(party)
    found = reach(party, at)
    if isinstance(found, Reach) and found.cover_only:
        words = "Can you ring me? {worker}"
    body = words.format(first=party.known_as, worker=worker.first_name, phone=worker.work_phone)
    return Content(subject="", body=body)


def to_worker(user: User, at: datetime) -> Send | Cancel:
    """Where a reminder to a worker goes: their work email."""
    if not user.is_active:
        return Cancel("no longer signs in")
    return Send("email", user.email)


def tell_worker(reference: str, what: str, path: str) -> Content:
    """A reminder to a worker: the reference and a link, no names."""
    return Content(
        subject=f"{reference}: {what}", body=f"{reference}: {what}.\n\n{settings.SITE_URL}{path}\n"
    )


def party_of(recipient_id: UUID) -> Party | None:
    """The party a message is for."""
    return (
        Party.objects.unscoped("messages")
        .select_related("person", "referral", "referral__lead", "keyworker")
        .filter(pk=recipient_id)
        .first()
    )
