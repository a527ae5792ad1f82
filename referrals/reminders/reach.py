"""How a party or a worker may be reached at a moment, and the words as they may be sent them.
The outbox asks; nothing here plans or sends."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from referrals.enums import SENT_ROUTES, Days, Hours, Part, RouteKind
from referrals.facts import read_facts
from referrals.models import Bar, ContactRoute, Involvement, Party, Referral
from restorative.accounts.enums import Role
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.registry import Cancel, Content, Hold, Send

# Hours of the London day in which somebody may be reached; quiet hours narrow them further.
HOURS: dict[str, tuple[int, int]] = {
    Hours.ANY: (0, 24),
    Hours.MORNING: (0, 12),
    Hours.AFTERNOON: (12, 17),
    Hours.EVENING: (17, 24),
}
WEEK = tuple(range(7))
# Days on which somebody may be reached, from Monday as 0.
DAYS: dict[str, tuple[int, ...]] = {
    Days.ANY: WEEK,
    Days.WEEKDAYS: WEEK[:5],
    Days.WEEKEND: WEEK[5:],
    **{day: (number,) for number, day in enumerate(list(Days)[-7:])},
}
CHANNELS = {RouteKind.TEXT: "text", RouteKind.EMAIL: "email"}
LOOK_AGAIN = timedelta(hours=1)
OUTSIDE_HOURS = "outside the hours they allowed"
RING_INSTEAD = "no safe way to write to them is confirmed: ring instead"
CANNOT_BE_USED = "the way they gave cannot be used: ring instead"


@dataclass(frozen=True)
class Reach:
    """A safe way to send something to a party now, and whether only cover words may go."""

    route: ContactRoute
    cover_only: bool


@dataclass
class Ways:
    """What a party said about being written to: private, allowed routes, text before email.

    `shared` are those that are somebody else's too: nothing is sent to them. Only a facilitator is told.
    """

    routes: list[ContactRoute]
    at_risk: bool
    shares_home: bool
    shared: frozenset[UUID] = frozenset()

    def as_they_said(self) -> "Ways":
        """The same as it looks to whoever must not know that somebody else has a number or address too."""
        return replace(self, shared=frozenset())


def ways_to_reach(parties: Iterable[Party]) -> dict[UUID, Ways]:
    """What each of these parties said about being written to, by their id, in a fixed number of queries."""
    parties = list(parties)
    facts = read_facts({party.referral_id for party in parties}, clock.now())
    known = [facts[party.referral_id].parties[party.pk] for party in parties]
    # Never asked counts as shared.
    ways = {each.id: Ways([], each.contact_at_risk, each.shares_home is not False) for each in known}
    routes = (
        ContactRoute.objects.unscoped("reaching")
        .annotate(is_shared=Exists(of_somebody_else()))
        .filter(
            party__in=list(ways),
            kind__in=SENT_ROUTES,
            allowed=True,
            read_by_others=False,
            replaced_at__isnull=True,
            confirmed_at__isnull=False,
        )
        .exclude(value_key="")
        .order_by("created_at", "pk")
    )
    for route in sorted(routes, key=lambda route: route.kind != RouteKind.TEXT):
        ways[route.party_id].routes.append(route)
    for way in ways.values():
        way.shared = frozenset(route.pk for route in way.routes if route.is_shared)
    return ways


def of_somebody_else() -> QuerySet[ContactRoute]:
    """Current routes of others with the number or address of a route, however either was written.

    In one referral anybody else's. In another, whoever has the same name may be the same person, logged twice.
    """
    same_person = Q(party__person=OuterRef("party__person")) | Q(
        party__person__name_key=OuterRef("party__person__name_key")
    )
    same_referral = Q(party__referral=OuterRef("party__referral"))
    return ContactRoute._base_manager.filter(
        ~Q(party=OuterRef("party")),
        same_referral | ~same_person,
        value_key=OuterRef("value_key"),
        replaced_at__isnull=True,
        party__left_at__isnull=True,
    )


def shared_routes(party: Party) -> frozenset[UUID]:
    """Ids of a party's current routes, of every kind, that are somebody else's too. For their facilitators' pages."""
    routes = ContactRoute.objects.unscoped("shared?").filter(party=party, replaced_at__isnull=True)
    return frozenset(
        routes.filter(Exists(of_somebody_else())).exclude(value_key="").values_list("pk", flat=True)
    )


def who_rings(party: Party, at: datetime, ways: Ways | None = None) -> list[UUID]:
    """Who is asked to ring somebody who cannot be written to: their worker.

    Where all that stands against it is that somebody else has the number too, those who facilitate: only they may
    know. Where nobody does yet, the worker, who is not told why. `ways` where they were already read.
    """
    ways = ways or ways_to_reach([party])[party.pk]
    if ways.shared and not can_be_written_to(party, at, ways):
        running = Involvement.objects.unscoped("who rings").filter(
            referral=party.referral_id, part__in=[Part.FACILITATOR, Part.STAND_IN]
        )
        found = list(running.running(at).order_by("pk").values_list("user", flat=True))
        if found and can_be_written_to(party, at, ways.as_they_said()):
            return found
    return [worker_of(party).pk]


def reach(party: Party, at: datetime, ways: Ways | None = None) -> Reach | Hold:
    """The way to send to a party at this moment, or until when to wait and why. Never falls back to another route kind
    than those they allowed; text goes before email. `ways` where they were already read.
    """
    ways = ways or ways_to_reach([party])[party.pk]
    days = rules().contact_days_at_risk if ways.at_risk else rules().contact_days
    confirmed = [row for row in ways.routes if row.confirmed_at >= at - timedelta(days=days)]
    route = next((row for row in confirmed if row.pk not in ways.shared), None)
    if route is None:
        return Hold(at + LOOK_AGAIN, CANNOT_BE_USED if confirmed else RING_INSTEAD)
    opens = opens_at(route.days, route.hours, at)
    if opens > at:
        return Hold(opens, OUTSIDE_HOURS)
    return Reach(route=route, cover_only=ways.shares_home and not route.screen_private)


def can_be_written_to(party: Party, at: datetime, ways: Ways | None = None) -> bool:
    """Whether there is any safe written way to this party, whatever the hour."""
    found = reach(party, at, ways)
    return isinstance(found, Reach) or found.why not in (RING_INSTEAD, CANNOT_BE_USED)


def opens_at(days: str, hours: str, at: datetime) -> datetime:
    """`at` where it lies on the days and in the hours they allowed; else when these begin next."""
    first, last = HOURS[hours]
    local = clock.local(at)
    if local.weekday() in DAYS[days] and first <= local.hour < last:
        return at
    day = local.date() if local.hour < first else local.date() + timedelta(days=1)
    while day.weekday() not in DAYS[days]:
        day += timedelta(days=1)
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


def say(party: Party, words: str, at: datetime, ways: Ways | None = None) -> Content:
    """The words as this party may be sent them: only the cover words where others might see their screen."""
    worker = worker_of(party)
    found = reach(party, at, ways)
    if isinstance(found, Reach) and found.cover_only:
        words = "Can you ring me? {worker}"
    body = words.format(first=party.known_as, worker=worker.first_name, phone=worker.work_phone)
    # An email shows its subject even on a locked screen: only who it is from. A text has none.
    by_email = isinstance(found, Reach) and found.route.kind == RouteKind.EMAIL
    return Content(subject=f"From {worker.first_name}" if by_email else "", body=body)


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


def nobody_is_told(group: UUID) -> bool:
    """Whether somebody in this referral has died: nothing more goes to any participant of it."""
    people = Party.objects.unscoped("messages").filter(referral=group, person__died_on__isnull=False)
    return people.present().exists()


def barred_from(group: UUID) -> frozenset[UUID]:
    """Workers who are told nothing of this referral, for a conflict of interest."""
    bars = Bar.objects.unscoped("messages").filter(referral=group, lifted_at__isnull=True)
    return frozenset(bars.values_list("user", flat=True))


def managers_there(organisation: UUID, barred: Collection[UUID]) -> QuerySet[User]:
    """The managers of an organisation but those: one of them hears what a barred manager of a team would have."""
    there = User.objects.filter(organisation=organisation, role=Role.MANAGER, is_active=True)
    return there.exclude(pk__in=barred).order_by("pk")


def referral_page(group: UUID) -> tuple[str, str]:
    """The reference of a referral and the address of its page, for a worker's reminder."""
    reference = Referral.objects.unscoped("messages").values_list("reference", flat=True).get(pk=group)
    return reference, reverse("casework:show", args=[reference])
