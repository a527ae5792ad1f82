"""Made-up worlds for the table of compartments: workers, referrals, and both as rows.
The expected access is in test_querysets.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from django.utils import timezone
from hypothesis import strategies as st

from referrals.enums import (
    MEETING_PARTS,
    Answer,
    ConcernKind,
    GrantKind,
    HandoffKind,
    HandoffState,
    Kind,
    Part,
    Place,
    Purpose,
)
from referrals.facts import facts_of
from referrals.models import (
    Bar,
    Concern,
    Consent,
    Grant,
    Handoff,
    InformationSheet,
    Involvement,
    Party,
    Person,
    RecordsCheck,
    Referral,
)
from referrals.projections import project
from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, User


@dataclass(frozen=True)
class Worker:
    """Role, organisation (0, 1), team in it (0, 1, or None), safeguarding lead, and whether they may still sign in."""

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
    """One answer about sharing with an organisation."""

    house: int
    answer: str
    old: bool = False  # expired
    early: bool = False  # counts from a future day
    heard: bool = True  # heard by a worker from them alone


@dataclass(frozen=True)
class Side:
    """One party: organisation, keyworker, left or not, open and cleared concerns, answers about sharing, whether
    they accept a stand-in, and whether they refused second workers."""

    house: int
    keyworker: int | None
    left: bool
    concerns: tuple[bool, ...]  # open or not
    shares: tuple[Share, ...]
    accepts: bool = False
    declines: bool = False

    def shares_with(self, house: int) -> bool:
        """Whether the newest answer is a yes that counts now."""
        given = [share for share in self.shares if share.house == house]
        return bool(given) and given[-1] == Share(house, Answer.YES)


@dataclass(frozen=True)
class Handed:
    """A handoff to the other organisation: sender, side (none: lead), lead at that time, and result."""

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
class Granted:
    """A grant for one side (or none: only the shell): requested, active, expired, or ended."""

    who: int
    side: int | None
    state: str

    @property
    def runs(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True)
class Made:
    """A referral: lead, parties, workers' parts, records check, handoffs."""

    lead: int
    sides: tuple[Side, ...]
    parts: dict[int, tuple[str, bool]]  # worker: part, and whether it is still active
    check: str  # none, waiting, released
    handed: tuple[Handed, ...] = ()
    granted: tuple[Granted, ...] = ()
    barred: frozenset[int] = frozenset()

    @property
    def lead_house(self) -> int:
        return WORKERS[self.lead].house

    @property
    def present(self) -> list[Side]:
        return [side for side in self.sides if not side.left]

    @property
    def involved(self) -> set[int]:
        """Workers with a part in it, and barred workers."""
        handing = {who for each in self.handed for who in (each.asker, each.led, each.taker)}
        let = {each.who for each in self.granted}
        return {self.lead, *self.parts, *handing, *let, *self.barred} | {
            side.keyworker for side in self.sides if side.keyworker is not None
        }

    def worker_of(self, side: Side) -> int:
        """Their keyworker, or the lead who stands in."""
        return self.lead if side.keyworker is None else side.keyworker

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
    heard=st.sampled_from([True, True, True, False]),
)
sides = st.builds(
    Side,
    house=st.integers(0, 1),
    keyworker=st.none() | ANY,
    left=st.sampled_from([False, False, False, True]),
    concerns=st.lists(st.booleans(), max_size=2).map(tuple),
    shares=st.lists(shares, max_size=3).map(tuple),
    accepts=st.booleans(),
    declines=st.booleans(),
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
    parts=st.dictionaries(ANY, st.tuples(st.sampled_from(MEETING_PARTS), st.booleans()), max_size=3),
    check=st.sampled_from(["none", "waiting", "released"]),
    # Two open requests for the same thing are refused, so at most one.
    handed=st.lists(handed, max_size=1).map(tuple),
    granted=st.lists(
        st.builds(
            Granted,
            who=ANY,
            side=st.none() | st.integers(0, 2),
            state=st.sampled_from(["running", "running", "asked", "over", "ended"]),
        ),
        max_size=2,
    ).map(tuple),
    barred=st.frozensets(ANY, max_size=2),
)


# --- The same, in rows ----------------------------------------------------------------------------------------


@dataclass
class Rows:
    users: list[User]
    houses: list[Organisation]
    sheet: InformationSheet


def _ends(part: str, current: bool, now: datetime) -> datetime | None:
    """A stand-in's part has its end from the beginning."""
    if not current:
        return now
    return now + timedelta(hours=6) if part == Part.STAND_IN else None


def _works(
    user: User,
    part: str,
    referral: Referral,
    now: datetime,
    *,
    party: Party | None = None,
    until: datetime | None = None,
) -> None:
    Involvement.objects.create(
        referral=referral,
        user=user,
        part=part,
        party=party,
        since=now - timedelta(days=1),
        until=until,
        created_at=now,
    )


def build(made: Made, rows: Rows) -> list[Party]:
    """Write a made-up world as rows; parties in the order of its sides."""
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
    _works(rows.users[made.lead], Part.LEAD, referral, now)
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
        if party.keyworker is not None:
            _works(party.keyworker, Part.KEYWORKER, referral, now, party=party)
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
        asked = {Part.STAND_IN: side.accepts and Answer.YES, Part.SECOND_WORKER: side.declines and Answer.NO}
        said = [(who, asked[part]) for who, (part, _) in made.parts.items() if asked.get(part)]
        for who, answer in said:
            Consent.objects.create(
                party=party,
                purpose=Purpose.SECOND_WORKER,
                recipient=rows.users[who].pk,
                seq=1,
                answer=answer,
                heard_alone_at=now,
                heard_alone_by=rows.users[0],
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
                heard_alone_at=now if share.heard else None,
                heard_alone_by=rows.users[0] if share.heard else None,
                sheet=rows.sheet,
                how="phone",
                counts_from=now + timedelta(days=2 if share.early else -1),
                expires_on=timezone.localdate() + timedelta(days=-1 if share.old else 90),
                taken_at=now,
                **at,
            )
    for who, (part, current) in made.parts.items():
        _works(rows.users[who], part, referral, now, until=_ends(part, current, now))
    for each in made.handed:
        hand_over(each, made, parties, rows, now)
    for each in made.granted:
        let_in(each, parties, rows, now)
    for who in made.barred:
        user = rows.users[who]
        Bar.objects.create(referral=referral, user=user, organisation=user.organisation, reason="-", **at)
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
    project(facts_of(referral.pk, now, closures=True))
    return parties


def let_in(each: Granted, parties: list[Party], rows: Rows, now: datetime) -> None:
    """Write the rows of a grant or of a request for one."""
    user, giver = rows.users[each.who], rows.users[0 if each.who else 1]
    given = each.state != "asked"
    Grant.objects.create(
        referral=parties[0].referral,
        party=None if each.side is None else parties[each.side % len(parties)],
        user=user,
        organisation=user.organisation,
        kind=GrantKind.COVER,
        reason="-",
        until=now + timedelta(hours=-1 if each.state == "over" else 1),
        given_at=now - timedelta(hours=2) if given else None,
        given_by=giver if given else None,
        ended_at=now if each.state == "ended" else None,
        ended_by=giver if each.state == "ended" else None,
        created_at=now - timedelta(hours=2),
    )


def hand_over(each: Handed, made: Made, parties: list[Party], rows: Rows, now: datetime) -> None:
    """Write the rows of a handoff to the other organisation."""
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
