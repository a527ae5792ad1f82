"""Access checks: each decision for each member of the cast, and the sentence of a refusal."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from meetings import access as meeting_access
from meetings.models import CallOff
from referrals import access
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import withdraw
from referrals.enums import ConcernKind
from referrals.models import Party
from restorative.accounts.enums import Role
from restorative.accounts.models import User
from tests.world import PEOPLE, World, at_ten, told_world

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with django_db_blocker.unblock(), at_ten(), transaction.atomic():
        yield told_world()
        transaction.set_rollback(True)


RUNNING = {"asha", "fay", "mo", "sal"}
# The users that each decision allows. All others are refused, with a sentence.
ALLOWS = {
    "log": {
        "asha",
        "kit",
        "lou",
        "ben",
        "fay",
        "mo",
        "sal",
        "ivy",
        "wes2",
        "wes",
        "carol",
        "mina",
        "zed",
        "una",
        "rex",
    },
    "see": {"asha", "kit", "lou", "fay", "mo", "sal", "ivy", "wes2", "una"},
    "open Sam": {"asha", "fay", "mo", "sal"},
    "open Jo": {"kit", "fay", "mo", "sal", "wes2", "una"},
    "open Nan, beside Jo": {"kit", "fay", "mo", "sal", "una"},
    "open Jo's safety": {"kit", "fay", "mo", "sal", "ivy", "wes2", "una"},
    "run": RUNNING,
    "start": {"fay", "wes2"},
    "record": {"asha", "fay", "wes2"},
    "call off": RUNNING,
    "say Jo's keyworker": {"kit", "mo", "sal"},
    "sign off Jo's concern": {"mo", "sal", "ivy"},
    "clear Jo's concern": {"mo", "sal", "ivy"},
    "sign off a stop": set(),
    "clear a stop": {"sal", "ivy"},
    "release the records check": {"sal", "ivy"},
    "accept Jo's older check": {"mo", "sal"},
    "say it is safe for Jo": {"kit", "fay", "mo", "sal", "wes2", "una"},
    "release Jo's call-off": {"fay", "mo", "sal"},
}


def fresh(party: Party) -> Party:
    return Party.objects.unscoped("test").select_related("referral").get(pk=party.pk)


def decide(what: str, user: User, world: World):
    """The code's decision about one user and one thing."""
    referral, other = world.referral, world.other
    if what in ("sign off a stop", "clear a stop"):
        stop = raise_concern(party=other, kind=ConcernKind.THREATS, by=world.staff["kit"])
        return {"sign off a stop": access.may_sign_off, "clear a stop": access.may_clear}[what](user, stop)
    if what in ("say it is safe for Jo", "release Jo's call-off"):
        withdraw(party=other, by=world.staff["kit"])
        call_off = CallOff.objects.unscoped("test").select_related("party", "meeting__referral").get()
        may = meeting_access.may_say_safe if "safe" in what else meeting_access.may_release
        return may(user, call_off)
    return {
        "log": lambda: access.may_log(user),
        "see": lambda: access.may_see(user, referral),
        "open Sam": lambda: access.may_open(user, world.own),
        "open Jo": lambda: access.may_open(user, other),
        "open Nan, beside Jo": lambda: access.may_open(user, world.supporter),
        "open Jo's safety": lambda: access.may_open_safety(user, other),
        "run": lambda: access.may_run(user, referral),
        "start": lambda: access.may_start(user, referral),
        "record": lambda: meeting_access.may_record(user, world.meeting),
        "call off": lambda: meeting_access.may_call_off(user, world.meeting),
        "say Jo's keyworker": lambda: access.may_set_keyworker(
            user, type(other).objects.unscoped("t").get(pk=other.pk)
        ),
        "sign off Jo's concern": lambda: access.may_sign_off(user, world.concern),
        "clear Jo's concern": lambda: access.may_clear(user, world.concern),
        "release the records check": lambda: access.may_release_records(user, world.check),
        "accept Jo's older check": lambda: access.may_accept_late(user, other),
    }[what]()


@pytest.mark.parametrize("what", ALLOWS)
def test_each_decision_allows_the_users_of_the_table(world, what):
    allowed = set()
    for who in PEOPLE:
        if who == "anon":
            continue
        with transaction.atomic():
            if decide(what, world.staff[who], world):
                allowed.add(who)
            transaction.set_rollback(True)
    assert allowed == ALLOWS[what]


@pytest.mark.parametrize("what", [what for what in ALLOWS if what != "see"])
def test_a_refusal_is_a_sentence_that_reveals_nothing_sealed(world, what):
    with transaction.atomic():
        decision = decide(what, world.staff["adam"], world)
        transaction.set_rollback(True)
    assert not decision
    assert decision.why.endswith(".")
    assert not {"Jo", "Sam", "Nan", "Kit"} & set(decision.why.split())


def test_every_role_has_its_capabilities():
    assert access.CAPABILITIES.keys() == set(Role)


def test_capabilities_go_with_the_account():
    gone = User(role=Role.MANAGER, is_active=False)
    assert not access.can(gone, "run")


def test_workers_do_not_approve_their_own_work(world):
    """A safeguarding lead who raised the concern does not clear it, nor does one who was on the referral before."""
    world.concern.raised_by = world.staff["mo"]
    try:
        assert not access.may_sign_off(world.staff["mo"], world.concern)
        assert access.may_sign_off(world.staff["sal"], world.concern)
    finally:
        world.concern.raised_by = world.staff["kit"]


@pytest.mark.parametrize("who", ["mina", "carol"])
def test_a_manager_elsewhere_does_not_sign_off(world, who):
    assert not access.may_sign_off(world.staff[who], world.concern)


def test_colleagues_belong_to_the_same_organisation_and_do_casework(world):
    names = {user.first_name for user in access.colleagues(world.staff["asha"])}
    assert names == {"Asha", "Kit", "Ben", "Fay", "Mo", "Sal", "Lou", "Ivy", "Una", "Rex"}
