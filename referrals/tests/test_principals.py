"""A user's principals. They follow from the user's own row, so that a change takes effect at the next request."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.models import Attendance, CallOff, Meeting
from referrals.models import (
    Access,
    Concern,
    Consent,
    Duty,
    Handoff,
    Involvement,
    Party,
    Person,
    Referral,
    StageChange,
)
from referrals.principals import grant, leads, managers, mates, principals_of, user
from referrals.querysets_rules import Within, opened
from restorative.accounts.enums import Role
from restorative.accounts.models import Team, User
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def anew(who: User) -> User:
    """The same user as the next request reads them."""
    return User.objects.get(pk=who.pk)


def sees(who: User, referral: Referral) -> bool:
    return Referral.objects.visible_to(anew(who)).filter(pk=referral.pk).exists()


def test_a_keyworker_is_themselves_and_a_mate_of_everyone_in_their_team(staff: Staff) -> None:
    asha = staff["asha"]
    team = User.objects.filter(team=asha.team).values_list("pk", flat=True)
    assert set(principals_of(asha)) == {user(asha.pk), grant(asha.pk), *map(mates, team)}


def test_a_manager_and_a_safeguarding_lead_are_that_for_their_organisation(staff: Staff) -> None:
    house = staff["sal"].organisation_id
    assert {managers(house), leads(house)} <= set(principals_of(staff["sal"]))
    assert leads(house) not in principals_of(staff["mo"])


def test_governance_is_given_access_by_grants_alone(staff: Staff) -> None:
    assert principals_of(staff["gwen"]) == [grant(staff["gwen"].pk)]


def test_administrators_and_inactive_users_have_no_principals(staff: Staff) -> None:
    assert principals_of(staff["adam"]) == []
    staff["asha"].is_active = False
    assert principals_of(staff["asha"]) == []


def test_they_are_computed_once_per_request(staff: Staff, django_assert_num_queries) -> None:
    asha = anew(staff["asha"])
    with django_assert_num_queries(1):
        principals_of(asha)
        principals_of(asha)


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"role": Role.ADMINISTRATOR}, {"role": Role.GOVERNANCE}]
)
def test_lost_rights_end_at_the_next_request(change: dict, staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    assert sees(staff["asha"], made.referral)
    User.objects.filter(pk=staff["asha"].pk).update(**change)
    assert not sees(staff["asha"], made.referral)


def test_a_manager_who_changes_organisation_loses_the_old_ones_referrals(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    assert sees(staff["mo"], made.referral)
    User.objects.filter(pk=staff["mo"].pk).update(organisation=staff["zed"].organisation, team=None)
    assert not sees(staff["mo"], made.referral)


def test_a_team_mate_who_moves_to_another_team_sees_it_no_more_and_the_new_mates_do(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    other = Team.objects.create(name="Another team", organisation=staff["asha"].organisation)
    ola = User.objects.create_user(
        email="ola@demo.example",
        password=None,
        first_name="Ola",
        organisation=staff["asha"].organisation,
        team=staff["asha"].team,
        role=Role.KEYWORKER,
    )
    new = User.objects.create_user(
        email="new@demo.example",
        password=None,
        first_name="New",
        organisation=staff["asha"].organisation,
        team=other,
        role=Role.KEYWORKER,
    )
    assert sees(ola, made.referral)
    assert not sees(new, made.referral)
    User.objects.filter(pk__in=[ola.pk]).update(team=other)
    workers = [
        made.referral.lead_id,
        *made.referral.parties.unscoped("test").values_list("keyworker", flat=True),
    ]
    assert not sees(ola, made.referral)
    User.objects.filter(pk__in=[key for key in workers if key]).update(team=other)
    assert sees(ola, made.referral)
    assert sees(new, made.referral)


def test_a_row_of_an_organisation_counts_only_for_its_own_workers(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    there = {"referral": made.referral, "principal": user(staff["zed"].pk), "level": "shell"}
    row = Access.objects.create(
        **there, starts_at=timezone.now() - timedelta(days=1), organisation=staff["asha"].organisation
    )
    assert not sees(staff["zed"], made.referral)
    Access.objects.unscoped("test").filter(pk=row.pk).update(organisation=staff["zed"].organisation)
    assert sees(staff["zed"], made.referral)


@pytest.mark.parametrize(("starts", "ends", "seen"), [(1, 2, False), (-2, -1, False), (-1, 1, True)])
def test_a_row_counts_from_its_start_until_its_end(starts: int, ends: int, seen: bool, staff: Staff) -> None:
    made, now = tell("ready", staff, timezone.now()), timezone.now()
    there = {"referral": made.referral, "principal": user(staff["zed"].pk), "level": "shell"}
    Access.objects.create(
        **there, starts_at=now + timedelta(hours=starts), ends_at=now + timedelta(hours=ends)
    )
    assert sees(staff["zed"], made.referral) == seen


def test_each_person_is_checked_separately(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    parties = Party.objects.unscoped("test").filter(referral=made.referral)
    for key, who in staff.people.items():
        theirs = set(Party.objects.opened_by(who).filter(referral=made.referral))
        assert {row for row in parties.with_opened(who) if row.opened} == theirs, key
        here = Within.of(who, pk=made.referral.pk).opened
        assert set(parties.filter(pk__in=here)) == theirs, key
    assert set(parties.filter(opened(staff["asha"], "pk"))) == {made.own}
    assert set(parties.filter(opened(staff["kit"], "pk"))) == {made.other}


def test_a_reference_finds_one_referral_only_for_users_who_may_see_it(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    other = tell("logged", staff, timezone.now())
    for who in staff.people.values():
        for each in (made.referral, other.referral):
            alone = Referral.objects.visible_to(Within.of(who, reference=each.reference))
            assert set(alone) == set(Referral.objects.visible_to(who).filter(pk=each.pk)), who


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (Party, "referral"),
        (StageChange, "referral"),
        (Involvement, "referral"),
        (Consent, "party__referral"),
        (Concern, "party__referral"),
        (Person, "parties__referral"),
        (Meeting, "referral"),
        (CallOff, "meeting__referral"),
        (Attendance, "meeting__referral"),
    ],
)
def test_what_is_read_within_one_referral_is_what_is_read_without(model, path: str, staff: Staff) -> None:
    every = [
        tell(key, staff, timezone.now()).referral for key in ("withdrawn", "blocked_stop", "handoff_waiting")
    ]
    some = 0
    for who in staff.people.values():
        for referral in every:
            here = set(model.objects.visible_to(Within.of(who, pk=referral.pk)))
            assert here == set(model.objects.visible_to(who).filter(**{path: referral.pk})), who
            some += len(here)
    assert some


@pytest.mark.parametrize("model", [Handoff, Duty])
def test_what_is_known_without_the_referral_is_the_same_within_it(model, staff: Staff) -> None:
    referral = tell("handoff_waiting", staff, timezone.now()).referral
    some = 0
    for who in staff.people.values():
        known = set(model.objects.visible_to(who).filter(referral=referral))
        here = model.objects.visible_to(Within.of(who, pk=referral.pk))
        assert set(here.filter(referral=referral)) == known, who
        some += len(known)
    assert some
