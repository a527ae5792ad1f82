"""How a party may be reached in writing at a moment, and the words as they may be sent to them.
The outbox asks; nothing here plans or sends. Reminders to workers are in worker_messages.py."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from referrals.enums import SENT_ROUTES, Days, Hours, RouteKind
from referrals.facts import Facts, PartyFacts
from referrals.facts.referral import RUNS_MEETINGS
from referrals.facts.rows import RouteRow, Worker
from referrals.models import ContactRoute
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.registry import Cancel, Content, Hold, Send

# Hours of the London day in which a person may be reached; quiet hours narrow them further.
HOURS: dict[str, tuple[int, int]] = {
    Hours.ANY: (0, 24),
    Hours.MORNING: (0, 12),
    Hours.AFTERNOON: (12, 17),
    Hours.EVENING: (17, 24),
}
WEEK = tuple(range(7))
# Days on which a person may be reached, from Monday as 0.
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

    route: RouteRow
    cover_only: bool


@dataclass(frozen=True)
class Ways:
    """How a party allowed us to write to them: confirmed routes that only they read, texts before emails.

    `shared` are routes that another person has too: nothing is sent to them. Only facilitators are told.
    """

    routes: list[RouteRow]
    at_risk: bool
    shares_home: bool
    shared: frozenset[UUID] = frozenset()

    def as_they_said(self) -> "Ways":
        """The same for users who must not know that another person has a number or address too."""
        return replace(self, shared=frozenset())


def ways_in(facts: Facts) -> dict[UUID, Ways]:
    """How everyone in a referral may be written to, by their id; one query, the first time that it is asked of these
    facts."""
    if "ways" not in facts.memo:
        facts.memo["ways"] = _ways(facts.parties.values())
    return facts.memo["ways"]


def _ways(parties: Iterable[PartyFacts]) -> dict[UUID, Ways]:
    routes = {party: sorted(_written(party), key=lambda row: row.kind != RouteKind.TEXT) for party in parties}
    asked = [row.id for found in routes.values() for row in found]
    shared = frozenset(
        _shared(ContactRoute.objects.unscoped("shared?").filter(pk__in=asked)) if asked else ()
    )
    return {
        # A person who was never asked counts as sharing their home.
        party.id: Ways(
            found, party.contact_at_risk, party.shares_home is not False, shared & {row.id for row in found}
        )
        for party, found in routes.items()
    }


def _written(party: PartyFacts) -> list[RouteRow]:
    """Routes that they allow for messages, that only they read, and that a worker confirmed; oldest first."""
    return [
        row
        for row in party.rows(RouteRow)
        if row.kind in SENT_ROUTES
        and row.allowed
        and not row.read_by_others
        and row.replaced_at is None
        and row.confirmed_at is not None
        and row.value_key
    ]


def of_another_person() -> QuerySet[ContactRoute]:
    """Current routes of other people with the number or address of a route, however either was written.

    In one referral anyone else's. In another, a person of the same name may be the same person, logged twice.
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


def _shared(routes: QuerySet[ContactRoute]) -> QuerySet:
    """The ids of those that another person has too."""
    return routes.filter(Exists(of_another_person())).exclude(value_key="").values_list("pk", flat=True)


def who_rings(party: PartyFacts) -> list[UUID]:
    """Who is asked to ring a person who cannot be written to: their worker.

    If the only obstacle is that another person has the number too, the facilitators, because only they may know. If
    there is no facilitator yet, the worker, who is not told why.
    """
    facts, ways = party.facts, ways_in(party.facts)[party.id]
    if not can_be_written_to(ways, facts.at) and can_be_written_to(ways.as_they_said(), facts.at):
        parts = [row for row in facts.involvements if row.part in RUNS_MEETINGS and row.runs_at(facts.at)]
        if parts:
            return [row.user_id for row in parts]
    return [party.worker_id]


def reach(ways: Ways, at: datetime) -> Reach | Hold:
    """The way to send to a party at this moment, or until when to wait and why. Never falls back to another kind of
    route than those they allowed; texts go before emails."""
    days = rules().contact_days_at_risk if ways.at_risk else rules().contact_days
    since = at - timedelta(days=days)
    confirmed = [row for row in ways.routes if row.confirmed_at is not None and row.confirmed_at >= since]
    route = next((row for row in confirmed if row.id not in ways.shared), None)
    if route is None:
        return Hold(at + LOOK_AGAIN, CANNOT_BE_USED if confirmed else RING_INSTEAD)
    opens = opens_at(route.days, route.hours, at)
    if opens > at:
        return Hold(opens, OUTSIDE_HOURS)
    return Reach(route=route, cover_only=ways.shares_home and not route.screen_private)


def can_be_written_to(ways: Ways, at: datetime) -> bool:
    """Whether there is any safe written way to a party, at any hour."""
    found = reach(ways, at)
    return isinstance(found, Reach) or found.why not in (RING_INSTEAD, CANNOT_BE_USED)


def opens_at(days: str, hours: str, at: datetime) -> datetime:
    """`at` if it is on the days and in the hours they allowed; else when these begin next."""
    first, last = HOURS[hours]
    local = clock.local(at)
    if local.weekday() in DAYS[days] and first <= local.hour < last:
        return at
    day = local.date() if local.hour < first else local.date() + timedelta(days=1)
    while day.weekday() not in DAYS[days]:
        day += timedelta(days=1)
    return clock.moment(day, first)


def nothing_is_sent(facts: Facts) -> bool:
    """Whether a person in this referral has died: nothing more goes to any participant of it."""
    return any(party.died for party in facts.present)


def to_participant(party: PartyFacts) -> Send | Hold | Cancel:
    """Where a message to a party goes at the moment of the facts."""
    facts = party.facts
    if not party.present:
        return Cancel("no longer part of this referral")
    found = reach(ways_in(facts)[party.id], facts.at)
    if isinstance(found, Hold):
        return found
    worker = facts.worker(party.worker_id)
    if worker is None or not worker.work_phone:
        return Hold(facts.at + LOOK_AGAIN, "the worker has no phone number to give")
    address = ContactRoute.objects.unscoped("messages").values_list("value", flat=True).get(pk=found.route.id)
    return Send(CHANNELS[RouteKind(found.route.kind)], address, other_names=_other_names(party, worker))


def _other_names(party: PartyFacts, worker: Worker) -> tuple[str, ...]:
    """Names of the other people in this referral, which must not appear in a message to this party."""
    others = [each.row for each in party.facts.parties.values() if each.id != party.id]
    names = {name for row in others for name in (row.known_as, row.given, row.family) if name}
    return tuple(sorted(names - {party.name, worker.first_name}))


def say(words: str, name: str, worker: "Worker | User", found: Reach | Hold) -> Content:
    """The words as a party may be sent them: only the cover words if another person might see their screen."""
    if isinstance(found, Reach) and found.cover_only:
        words = "Can you ring me? {worker}"
    body = words.format(first=name, worker=worker.first_name, phone=worker.work_phone)
    # An email shows its subject even on a locked screen: only who it is from. A text has none.
    by_email = isinstance(found, Reach) and found.route.kind == RouteKind.EMAIL
    return Content(subject=f"From {worker.first_name}" if by_email else "", body=body)


def say_to(party: PartyFacts, words: str) -> Content:
    """The same for a message that goes at the moment of the facts."""
    found = reach(ways_in(party.facts)[party.id], party.facts.at)
    return say(words, party.name, party.facts.staff[party.worker_id], found)
