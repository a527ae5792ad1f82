"""The table of compartments as plain Python, and made-up worlds in which the querysets must agree with it.
The oracle is written from the design's table, not from the querysets."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from referrals.enums import Answer, ConcernKind, HandoffKind, HandoffState, Kind, Part, Place, Purpose
from referrals.models import (
    Concern,
    Consent,
    Facilitation,
    Handoff,
    InformationSheet,
    Party,
    Person,
    RecordsCheck,
    Referral,
)
from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, Team, User

SLOW = os.environ.get("CI") == "true" or os.environ.get("SLOW") == "1"
pytestmark = pytest.mark.django_db


# --- The made-up world ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Worker:
    """Role, organisation (0, 1), team in it (0, 1, or None), flag, and whether they may still sign in."""

    role: str
    house: int
    team: int | None
    lead: bool = False
    active: bool = True

    @property
    def casework(self) -> bool:
        return self.active and self.role in (Role.KEYWORKER, Role.FACILITATOR, Role.MANAGER)

    @property
    def manager(self) -> bool:
        return self.role == Role.MANAGER


WORKERS = [
    *(Worker(Role.KEYWORKER, house, team) for house, team in product((0, 1), (0, 1))),
    Worker(Role.FACILITATOR, 0, 1),
    Worker(Role.FACILITATOR, 1, None),
    Worker(Role.MANAGER, 0, 0),
    Worker(Role.MANAGER, 1, 0),
    Worker(Role.MANAGER, 0, 1, lead=True),
    Worker(Role.KEYWORKER, 0, None, lead=True),
    Worker(Role.KEYWORKER, 1, 1, lead=True),
    Worker(Role.KEYWORKER, 0, 0, active=False),
    Worker(Role.GOVERNANCE, 0, None),
    Worker(Role.ADMINISTRATOR, 0, 0),
]
ANY = st.integers(0, len(WORKERS) - 1)


@dataclass(frozen=True)
class Share:
    """One answer to sharing with an organisation."""

    house: int
    answer: str
    old: bool = False  # given too long ago
    early: bool = False  # counts from a day to come


@dataclass(frozen=True)
class Side:
    """One party: whose, who supports them, whether they left, open and cleared concerns, their answers to sharing,
    and whether they accept whoever stands in for a day."""

    house: int
    keyworker: int | None
    left: bool
    concerns: tuple[bool, ...]  # open or not
    shares: tuple[Share, ...]
    accepts: bool = False

    def shares_with(self, house: int) -> bool:
        """The newest answer counts, where it is a yes that counts now."""
        given = [share for share in self.shares if share.house == house]
        return bool(given) and given[-1] == Share(house, Answer.YES)


@dataclass(frozen=True)
class Handed:
    """Something asked of the other house: by whom, about which side (lead: none), who led then, what became of it."""

    asker: int
    led: int
    taker: int
    lead: bool
    side: int
    state: str
    begun: bool

    @property
    def from_house(self) -> int:
        return WORKERS[self.asker].house

    @property
    def taken(self) -> bool:
        return self.state == HandoffState.ACCEPTED

    @property
    def lead_moved(self) -> bool:
        return self.lead and self.begun and self.state in (HandoffState.ACCEPTED, HandoffState.COMPLETED)


@dataclass(frozen=True)
class Made:
    """A referral: who leads it, its parties, who has or had which part, its records check, what was handed over."""

    lead: int
    sides: tuple[Side, ...]
    parts: dict[int, tuple[str, bool]]  # worker: part, and whether it still runs
    check: str  # none, waiting, released
    handed: tuple[Handed, ...] = ()

    @property
    def lead_house(self) -> int:
        return WORKERS[self.lead].house

    @property
    def present(self) -> list[Side]:
        return [side for side in self.sides if not side.left]

    @property
    def involved(self) -> set[int]:
        """Those with something to do in it."""
        handing = {who for each in self.handed for who in (each.asker, each.led, each.taker)}
        return {self.lead, *self.parts, *handing} | {
            side.keyworker for side in self.sides if side.keyworker is not None
        }

    def about(self, handed: Handed) -> Side:
        return self.sides[handed.side % len(self.sides)]

    def runs(self, who: int, *parts: str) -> bool:
        part, current = self.parts.get(who, ("", False))
        return current and part in parts


shares = st.builds(
    Share,
    house=st.integers(0, 1),
    answer=st.sampled_from([Answer.YES, Answer.YES, Answer.NO, Answer.WITHDRAWN]),
    old=st.sampled_from([False, False, False, True]),
    early=st.sampled_from([False, False, False, True]),
)
sides = st.builds(
    Side,
    house=st.integers(0, 1),
    keyworker=st.none() | ANY,
    left=st.sampled_from([False, False, False, True]),
    concerns=st.lists(st.booleans(), max_size=2).map(tuple),
    shares=st.lists(shares, max_size=3).map(tuple),
    accepts=st.booleans(),
)
handed = st.builds(
    Handed,
    asker=ANY,
    led=ANY,
    taker=ANY,
    lead=st.booleans(),
    side=st.integers(0, 2),
    state=st.sampled_from([HandoffState.ACCEPTED, HandoffState.ACCEPTED, *HandoffState]),
    begun=st.booleans(),
)
worlds = st.builds(
    Made,
    lead=ANY,
    sides=st.lists(sides, min_size=1, max_size=3).map(tuple),
    parts=st.dictionaries(ANY, st.tuples(st.sampled_from(list(Part)), st.booleans()), max_size=3),
    check=st.sampled_from(["none", "waiting", "released"]),
    # Two that wait at once for the same are refused, so at most one.
    handed=st.lists(handed, max_size=1).map(tuple),
)


# --- The table, in Python -------------------------------------------------------------------------------------


def sees_shell(who: int, made: Made) -> bool:
    """Column 'shell'. For safeguarding leads read narrowly: while there is something for them to do."""
    user = WORKERS[who]
    if not user.casework:
        return False
    lead = WORKERS[made.lead]
    teams = {(lead.house, lead.team)}
    teams |= {
        (WORKERS[side.keyworker].house, WORKERS[side.keyworker].team)
        for side in made.present
        if side.keyworker is not None
    }
    houses = {made.lead_house} | {side.house for side in made.present}
    with_concern = {side.house for side in made.present if any(side.concerns)}
    return (
        made.lead == who
        or who in {side.keyworker for side in made.present}
        or made.runs(who, *Part)
        or (user.team is not None and (user.house, user.team) in teams)
        or (user.manager and user.house in houses)
        or (user.lead and user.house in with_concern)
        or (user.lead and made.check == "waiting" and user.house == made.lead_house)
        or any(hands_shell(who, each) for each in made.handed)
    )


def hands_shell(who: int, handed: Handed) -> bool:
    """Rows of handing over. Who takes it, once it is accepted; who asked, after the lead has moved."""
    user = WORKERS[who]
    if user.house == handed.from_house:
        return handed.lead_moved and (who in (handed.asker, handed.led) or user.manager)
    return handed.taken and (who == handed.taker or user.manager)


def opens(who: int, side: Side, made: Made) -> bool:
    """Column 'compartment', all of it."""
    user = WORKERS[who]
    if not user.casework:
        return False
    knows = side.house == user.house or side.shares_with(user.house)
    supports_somebody = who in {each.keyworker for each in made.present}
    kept_by_the_facilitator = side.keyworker is not None and made.runs(side.keyworker, Part.FACILITATOR)
    return (
        side.keyworker == who
        or (knows and any(helps(who, side, made, each) for each in made.handed))
        or (side.keyworker is None and made.lead == who)
        or (user.manager and side.house == user.house)
        or (made.runs(who, Part.FACILITATOR) and knows and not supports_somebody)
        or (made.runs(who, Part.STAND_IN) and side.accepts and knows and not supports_somebody)
        or (
            made.runs(who, Part.SECOND_WORKER)
            and knows
            and not supports_somebody
            and not kept_by_the_facilitator
        )
    )


def helps(who: int, side: Side, made: Made, handed: Handed) -> bool:
    """Whoever accepted to help this person; once it has begun they support them, and open them as that."""
    theirs = who == handed.taker and WORKERS[who].house != handed.from_house
    return theirs and not handed.lead and handed.taken and not handed.begun and made.about(handed) is side


def opens_safety(who: int, side: Side, made: Made) -> bool:
    """And concerns and safety answers, for safeguarding leads of the party's organisation."""
    user = WORKERS[who]
    leads = user.casework and user.lead and user.house == side.house and any(side.concerns)
    return opens(who, side, made) or leads


# --- The same, in rows ----------------------------------------------------------------------------------------


@dataclass
class Rows:
    users: list[User]
    houses: list[Organisation]
    sheet: InformationSheet


@pytest.fixture(scope="module")
def rows(django_db_setup: None, django_db_blocker) -> Iterator[Rows]:
    """The workers, once for all worlds."""
    with django_db_blocker.unblock(), transaction.atomic():
        houses = [Organisation.objects.create(key=f"house-{n}", name=f"House {n}") for n in (0, 1)]
        teams = {
            (house, team): Team.objects.create(organisation=houses[house], name=f"Team {team}")
            for house, team in product((0, 1), (0, 1))
        }
        users = [
            User.objects.create(
                email=f"worker-{n}@example.org",
                first_name=f"Worker {n}",
                organisation=houses[worker.house],
                team=teams.get((worker.house, worker.team)),
                role=worker.role,
                safeguarding_lead=worker.lead,
                is_active=worker.active,
            )
            for n, worker in enumerate(WORKERS)
        ]
        now = timezone.now()
        sheet = InformationSheet.objects.create(version=900, words="-", published_at=now, created_at=now)
        yield Rows(users, houses, sheet)
        transaction.set_rollback(True)


def _ends(part: str, current: bool, now: datetime) -> datetime | None:
    """A stand-in's part has its end from the beginning."""
    if not current:
        return now
    return now + timedelta(hours=6) if part == Part.STAND_IN else None


def build(made: Made, rows: Rows) -> list[Party]:
    """Write a made-up world down; its parties in the order of its sides."""
    now = timezone.now()
    at = {"created_at": now}
    referral = Referral.objects.create(
        kind=Kind.FAMILY,
        lead=rows.users[made.lead],
        lead_organisation=rows.houses[made.lead_house],
        logged_at=now,
        last_activity_at=now,
        **at,
    )
    parties = []
    for side in made.sides:
        house = rows.houses[side.house]
        party = Party.objects.create(
            referral=referral,
            person=Person.objects.create(organisation=house, given="Sam", **at),
            place=Place.PARTNER,
            known_as="Sam",
            organisation=house,
            named_by=house,
            keyworker=None if side.keyworker is None else rows.users[side.keyworker],
            left_at=now if side.left else None,
            left_by=rows.users[0] if side.left else None,
            **at,
        )
        parties.append(party)
        for is_open in side.concerns:
            Concern.objects.create(
                party=party,
                kind=ConcernKind.LAPSE,
                raised_at=now,
                raised_by=rows.users[0],
                cleared_at=None if is_open else now,
                cleared_by=None if is_open else rows.users[0],
                **at,
            )
        standing_in = [who for who, (part, _) in made.parts.items() if part == Part.STAND_IN]
        for who in standing_in if side.accepts else ():
            Consent.objects.create(
                party=party,
                purpose=Purpose.SECOND_WORKER,
                recipient=rows.users[who].pk,
                seq=1,
                answer=Answer.YES,
                sheet=rows.sheet,
                how="phone",
                counts_from=now,
                expires_on=timezone.localdate() + timedelta(days=90),
                taken_at=now,
                **at,
            )
        for seq, share in enumerate(side.shares):
            Consent.objects.create(
                party=party,
                purpose=Purpose.SHARE,
                recipient=rows.houses[share.house].pk,
                seq=seq + 1,
                answer=share.answer,
                sheet=rows.sheet,
                how="phone",
                counts_from=now + timedelta(days=2 if share.early else -1),
                expires_on=timezone.localdate() + timedelta(days=-1 if share.old else 90),
                taken_at=now,
                **at,
            )
    for who, (part, current) in made.parts.items():
        Facilitation.objects.create(
            referral=referral,
            user=rows.users[who],
            part=part,
            since=now - timedelta(days=1),
            until=_ends(part, current, now),
            **at,
        )
    for each in made.handed:
        hand_over(each, made, parties, rows, now)
    if made.check != "none":
        done = made.check == "released"
        RecordsCheck.objects.create(
            referral=referral,
            asked_at=now,
            asked_by=rows.users[0],
            released_at=now if done else None,
            released_by=rows.users[0] if done else None,
            **at,
        )
    return parties


def hand_over(each: Handed, made: Made, parties: list[Party], rows: Rows, now: datetime) -> None:
    """Write down something asked of the other house."""
    decided = each.state in ("accepted", "declined", "returned", "completed")
    users = rows.users
    Handoff.objects.create(
        referral=parties[0].referral,
        party=None if each.lead else parties[each.side % len(parties)],
        kind=HandoffKind.LEAD if each.lead else HandoffKind.HELP,
        decided_kind=(HandoffKind.LEAD if each.lead else HandoffKind.HELP) if decided else "",
        from_org=rows.houses[each.from_house],
        to_org=rows.houses[1 - each.from_house],
        state=each.state,
        packet={},
        digest="-",
        told="-",
        reply_by=timezone.localdate(),
        sent_at=now,
        sent_by=users[each.asker],
        lead_before=users[each.led],
        decided_at=now if decided else None,
        decided_by=users[each.taker] if decided else None,
        decline_code="duplicate" if each.state == HandoffState.DECLINED else "",
        receiver=users[each.taker],
        starts_on=timezone.localdate(),
        moved_at=now if each.begun else None,
        moved_by=users[each.taker] if each.begun else None,
        created_at=now,
    )


# Worlds too rare to wait for. The first: a facilitator keeps one party, and a second worker takes the other.
KEPT_BY_THE_FACILITATOR = Made(
    lead=0,
    sides=(Side(0, 4, False, (), ()), Side(0, 1, False, (True,), ())),
    parts={4: (Part.FACILITATOR, True), 0: (Part.SECOND_WORKER, True)},
    check="none",
)
# Facilitators from the other house, where one party shares with it and one has taken that back.
ACROSS_HOUSES = Made(
    lead=0,
    sides=(
        Side(0, 1, False, (), (Share(1, Answer.YES),)),
        Side(0, 0, False, (), (Share(1, Answer.YES), Share(1, Answer.WITHDRAWN))),
    ),
    parts={5: (Part.FACILITATOR, True), 2: (Part.SECOND_WORKER, True), 3: (Part.STAND_IN, False)},
    check="released",
)
# Somebody of the other house has accepted to help, and the person shares with it; and another leads since.
HELPED = Made(
    lead=0,
    sides=(Side(0, 1, False, (), (Share(1, Answer.YES),)), Side(0, 0, False, (), ())),
    parts={},
    check="none",
    handed=(Handed(1, 1, 2, False, 0, HandoffState.ACCEPTED, False),),
)
LED = Made(
    lead=2,
    sides=(Side(0, 1, False, (), (Share(1, Answer.YES),)), Side(0, None, False, (), ())),
    parts={},
    check="none",
    handed=(Handed(0, 0, 2, True, 0, HandoffState.COMPLETED, True),),
)


# The deep search is the quicker database's; on the other it is looked at whether its answers are the same there.
WORLDS = (400 if connection.vendor == "sqlite" else 150) if SLOW else 60


@settings(
    max_examples=WORLDS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=worlds, others=st.sets(ANY, min_size=3, max_size=5))
@example(KEPT_BY_THE_FACILITATOR, {8, 9})
@example(ACROSS_HOUSES, {3, 7})
@example(HELPED, {2, 3, 7})
@example(LED, {0, 1, 6, 7})
def test_every_world_agrees_with_the_table(rows, made, others):
    with transaction.atomic():
        parties = build(made, rows)
        ids = [party.pk for party in parties]
        for who in sorted(made.involved | others):
            user = rows.users[who]
            found = {
                row.pk: row for row in Party.objects.unscoped("oracle").filter(pk__in=ids).with_opened(user)
            }
            shell = set(Party.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
            got = [(found[key].opened, found[key].opened_safety, key in shell) for key in ids]
            wanted = [
                (opens(who, side, made), opens_safety(who, side, made), sees_shell(who, made))
                for side in made.sides
            ]
            assert got == wanted, f"{WORKERS[who]} (worker {who})"
        transaction.set_rollback(True)


@settings(
    max_examples=100 if SLOW else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=worlds, who=ANY)
def test_the_querysets_and_the_flags_on_a_page_are_one_rule(rows, made, who):
    user = rows.users[who]
    with transaction.atomic():
        ids = [party.pk for party in build(made, rows)]
        flags = Party.objects.unscoped("oracle").filter(pk__in=ids).with_opened(user)
        opened = set(Party.objects.opened_by(user).filter(pk__in=ids))
        safety = set(Party.objects.safety_opened_by(user).filter(pk__in=ids))
        assert opened == {row for row in flags if row.opened}
        assert safety == {row for row in flags if row.opened_safety}
        assert opened <= safety
        assert set(Consent.objects.visible_to(user).filter(party__in=ids)) == set(
            Consent.objects.unscoped("oracle").filter(party__in=opened)
        )
        assert set(Concern.objects.visible_to(user).filter(party__in=ids)) == set(
            Concern.objects.unscoped("oracle").filter(party__in=safety)
        )
        assert set(Person.objects.visible_to(user).filter(parties__in=ids)) == {row.person for row in opened}
        transaction.set_rollback(True)


def test_nobody_signed_in_sees_nothing(rows):
    made = Made(0, (Side(0, 0, False, (True,), ()),), {}, "waiting")
    build(made, rows)
    nobody = AnonymousUser()
    assert not Referral.objects.visible_to(nobody).exists()
    assert not Party.objects.visible_to(nobody).exists()
    assert not Party.objects.opened_by(nobody).exists()
    assert not Party.objects.safety_opened_by(nobody).exists()
    assert not Concern.objects.visible_to(nobody).exists()


def test_a_scope_is_the_same_list_with_a_key_added(rows):
    """What opens one is what lists many: no second rule for single things."""
    party = build(Made(0, (Side(0, 2, False, (), ()),), {}, "none"), rows)[0]
    assert not Party.objects.opened_by(rows.users[0]).filter(pk=party.pk).exists()
    assert Party.objects.opened_by(rows.users[2]).filter(pk=party.pk).exists()
    assert not Party.objects.opened_by(rows.users[2]).filter(pk=uuid4()).exists()
