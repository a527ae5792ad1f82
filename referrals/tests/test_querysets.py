"""The table of compartments in plain Python, and made-up worlds in which the querysets must agree with it.
Written from docs/domain.md, not from the querysets."""

from collections.abc import Iterator
from itertools import product
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from referrals.enums import (
    MEETING_PARTS,
    Answer,
    HandoffState,
    Part,
)
from referrals.models import (
    Concern,
    Consent,
    InformationSheet,
    Party,
    Person,
    Referral,
    Summary,
)
from referrals.tests.worlds import ANY, WORKERS, Granted, Handed, Made, Rows, Share, Side, build, worlds
from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, Team, User
from tests.depth import DEPTH

pytestmark = pytest.mark.django_db
LISTS = ("mine", "team", "organisation")


# --- The table, in Python -------------------------------------------------------------------------------------


def sees_shell(who: int, made: Made) -> bool:
    """Column 'shell'. For safeguarding leads in the narrow sense: while there is something for them to do."""
    user = WORKERS[who]
    if who in made.barred:
        return False
    if lets_in(who, made):
        return True
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
        or made.runs(who, *MEETING_PARTS)
        or (user.team is not None and (user.house, user.team) in teams)
        or (user.manager and user.house in houses)
        or (user.lead and user.house in with_concern)
        or (user.lead and made.check == "waiting" and user.house == made.lead_house)
        or any(hands_shell(who, each) for each in made.handed)
    )


def on_whose_list(who: int, made: Made) -> set[str]:
    """The lists of a caseload that the referral is on."""
    user = WORKERS[who]
    found = {"organisation"} if sees_shell(who, made) else set()
    if not user.casework or who in made.barred:
        return found
    workers = {made.lead} | {side.keyworker for side in made.present if side.keyworker is not None}
    teams = {(WORKERS[each].house, WORKERS[each].team) for each in workers}
    if who in workers or made.runs(who, *MEETING_PARTS):
        found.add("mine")
    if user.team is not None and (user.house, user.team) in teams:
        found.add("team")
    return found


def lets_in(who: int, made: Made, side: Side | None = None) -> bool:
    """Row of grants: while one is active, for casework staff and governance. It opens nothing for a user who now
    supports another side."""
    user = WORKERS[who]
    reads = user.active and (user.casework or user.role == Role.GOVERNANCE)
    running = [each for each in made.granted if each.who == who and each.runs]
    about = [made.sides[each.side % len(made.sides)] for each in running if each.side is not None]
    theirs = [each for each in about if each.house == user.house]
    if side is not None:
        return reads and any(each is side for each in theirs) and who not in supports_others(side, made)
    supported = any(each.house == user.house for each in made.present)
    return reads and (bool(theirs) or (supported and any(each.side is None for each in running)))


def supports_others(side: Side | None, made: Made) -> set[int]:
    """Whether the user supports another side, or did before they left; a lead who stands in counts."""
    others = [each for each in made.sides if each is not side]
    ever = {each.keyworker for each in others if each.keyworker is not None}
    return ever | {made.worker_of(each) for each in others if not each.left}


def hands_shell(who: int, handed: Handed) -> bool:
    """Rows of handoffs: the receiver, once accepted; the sender, after the lead has moved."""
    user = WORKERS[who]
    if user.house == handed.from_house:
        return handed.lead_moved and (who in (handed.asker, handed.led) or user.manager)
    return handed.taken and (who == handed.taker or user.manager)


def opens(who: int, side: Side, made: Made) -> bool:
    """The whole column 'compartment'."""
    user = WORKERS[who]
    if who in made.barred:
        return False
    if lets_in(who, made, side):
        return True
    if not user.casework:
        return False
    knows = side.house == user.house or side.shares_with(user.house)
    supports_somebody = who in supports_others(None, made)
    kept_by_the_facilitator = made.runs(made.worker_of(side), Part.FACILITATOR)
    return (
        made.worker_of(side) == who
        or (knows and any(helps(who, side, made, each) for each in made.handed))
        or (user.manager and side.house == user.house)
        or (made.runs(who, Part.FACILITATOR) and knows and not supports_somebody)
        or (made.runs(who, Part.STAND_IN) and side.accepts and knows and not supports_somebody)
        or (
            made.runs(who, Part.SECOND_WORKER)
            and knows
            and not side.declines
            and not supports_somebody
            and not kept_by_the_facilitator
        )
    )


def helps(who: int, side: Side, made: Made, handed: Handed) -> bool:
    """Whether the user accepted to help this person; once it has begun they open them as their keyworker."""
    theirs = who == handed.taker and WORKERS[who].house != handed.from_house
    return theirs and not handed.lead and handed.taken and not handed.begun and made.about(handed) is side


def opens_safety(who: int, side: Side, made: Made) -> bool:
    """Concerns and safety answers, for safeguarding leads of the party's organisation, except workers of another
    side (a lead who stands in counts as one)."""
    user = WORKERS[who]
    leads = user.casework and user.lead and user.house == side.house and any(side.concerns)
    leads = leads and who not in made.barred and who not in supports_others(side, made)
    return opens(who, side, made) or leads


# --- Whether the querysets agree ------------------------------------------------------------


@pytest.fixture(scope="module")
def rows(django_db_setup: None, django_db_blocker) -> Iterator[Rows]:
    """The workers, created once for all worlds."""
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


# Worlds that random choice hits too rarely. The first: a facilitator keeps one party, and a second worker takes the
# other.
KEPT_BY_THE_FACILITATOR = Made(
    lead=0,
    sides=(Side(0, 4, False, (), ()), Side(0, 1, False, (True,), ())),
    parts={4: (Part.FACILITATOR, True), 0: (Part.SECOND_WORKER, True)},
    check="none",
)
# The lead stands in for one party, and facilitates, so they do not open the other.
STANDS_IN_AND_FACILITATES = Made(
    lead=4,
    sides=(Side(0, None, False, (), ()), Side(0, 1, False, (True,), ())),
    parts={4: (Part.FACILITATOR, True), 2: (Part.SECOND_WORKER, True)},
    check="none",
)
# Facilitators of the other organisation; one party shares with it and one has withdrawn that.
ACROSS_HOUSES = Made(
    lead=0,
    sides=(
        Side(0, 1, False, (), (Share(1, Answer.YES),)),
        Side(0, 0, False, (), (Share(1, Answer.YES), Share(1, Answer.WITHDRAWN))),
    ),
    parts={5: (Part.FACILITATOR, True), 2: (Part.SECOND_WORKER, True), 3: (Part.STAND_IN, False)},
    check="released",
)
# A worker of the other organisation accepted to help, and the person shares with it; and the lead has changed.
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


# A grant opens one side, but not for a worker of the other; a bar shuts everything, also for holders of grants and
# managers of the organisation.
LET_IN = Made(
    lead=0,
    sides=(Side(0, 1, False, (True,), ()), Side(0, 0, False, (), ())),
    parts={4: (Part.FACILITATOR, True)},
    check="none",
    granted=(
        Granted(7, 0, "running"),
        Granted(12, 1, "running"),
        Granted(2, 0, "over"),
        Granted(8, 0, "running"),
        Granted(1, 1, "running"),
        Granted(0, 1, "running"),
    ),
    barred=frozenset({4, 8, 6}),
)


@pytest.mark.deep
@settings(
    max_examples=DEPTH.worlds,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=worlds, others=st.sets(ANY, min_size=3, max_size=5))
@example(KEPT_BY_THE_FACILITATOR, {8, 9})
@example(STANDS_IN_AND_FACILITATES, {2, 3})
@example(ACROSS_HOUSES, {3, 7})
@example(HELPED, {2, 3, 7})
@example(LED, {0, 1, 6, 7})
@example(LET_IN, {0, 1, 2, 3, 4, 6, 8, 12})
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
            here = parties[0].referral_id
            rows_of_lists = {whose: Summary.objects.visible_to(user, whose=whose) for whose in LISTS}
            on = {whose for whose, listed in rows_of_lists.items() if listed.filter(pk=here).exists()}
            assert on == on_whose_list(who, made), f"{WORKERS[who]} (worker {who})"
        transaction.set_rollback(True)


@pytest.mark.deep
@settings(
    max_examples=DEPTH.worlds,
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


def test_anonymous_users_see_nothing(rows):
    made = Made(0, (Side(0, 0, False, (True,), ()),), {}, "waiting")
    build(made, rows)
    nobody = AnonymousUser()
    assert not Referral.objects.visible_to(nobody).exists()
    assert not Party.objects.visible_to(nobody).exists()
    assert not Party.objects.opened_by(nobody).exists()
    assert not Party.objects.safety_opened_by(nobody).exists()
    assert not Concern.objects.visible_to(nobody).exists()


def test_a_scope_is_the_same_list_with_a_key_added(rows):
    """The object check is the list's queryset; there is no second rule for single objects."""
    party = build(Made(0, (Side(0, 2, False, (), ()),), {}, "none"), rows)[0]
    assert not Party.objects.opened_by(rows.users[0]).filter(pk=party.pk).exists()
    assert Party.objects.opened_by(rows.users[2]).filter(pk=party.pk).exists()
    assert not Party.objects.opened_by(rows.users[2]).filter(pk=uuid4()).exists()
