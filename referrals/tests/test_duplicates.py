"""Possible duplicates when logging: found for every spelling of the name, and only among referrals the user sees."""

from datetime import date

import pytest
from django.utils import timezone

from meetings.demo import story
from meetings.demo.staff import Staff
from meetings.demo.story import Pair, Played
from referrals.models import ContactRoute, Person
from referrals.presenters import duplicates
from referrals.tests.talking import client_of, play, rows
from restorative.common.names import fold, name_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

NEW, CHECK = "/referrals/new/", "/referrals/new/check/"
QUERIES = 4


@pytest.fixture
def made(staff: Staff) -> Played:
    return play("ready", staff)


def typed(staff: Staff, **changes: str) -> dict[str, str]:
    return {
        "own_given": "Bo",
        "own_family": "Nobody",
        "own_place": "in_treatment",
        "other_1_given": "Al",
        "other_1_place": "partner",
        "hoped_for": "To talk.",
        "kind": "conversation",
        "worry": "no",
        "route_kind": "text",
        "route_value": "07700 900999",
        "source": "person",
        "lead": str(staff["asha"].pk),
        **changes,
    }


def found(staff: Staff, who: str, **changes: str) -> list[dict]:
    client = client_of(staff[who])
    sent = client.post(NEW, typed(staff, lead=str(staff[who].pk), **changes))
    assert (sent.status_code, sent.url) == (303, CHECK)
    return client.get(CHECK).context["duplicates"]


def number(party) -> str:
    return rows(ContactRoute, party).get().value


@pytest.mark.parametrize(
    ("typed_as", "key"),
    [
        (("Zoë", "O’Brien"), "zoe|obrien"),
        (("ZOE", "o'brien"), "zoe|obrien"),
        (("Anne-Marie", "St. John"), "anne marie|st john"),
        (("Łukasz", ""), "lukasz|"),
        (("  Sam ", "Example"), "sam|example"),
    ],
)
def test_a_name_matches_in_every_spelling(typed_as, key):
    assert name_key(*typed_as) == key
    assert fold("‘’") == ""


def test_the_same_whole_name_is_found_with_a_link(made, staff):
    own = made.own.person
    own.given = "Zoë"
    own.save()
    shown = found(staff, "asha", own_given="ZOE", own_family=own.family.lower())

    assert [(row["why"], row["href"]) for row in shown] == [
        ("The same name", f"/r/{made.referral.reference}/")
    ]
    page = client_of(staff["asha"]).get(CHECK).content.decode()
    assert "Is this somebody who is logged already?" in page
    assert "This is somebody else, log it</button>" in page


def test_two_first_names_together_are_found_without_a_last_name(made, staff):
    own, other = made.own.known_as, made.other.known_as
    assert found(staff, "asha", own_given=own.upper(), own_family="", other_1_given=other)[0]["why"] == (
        "The same first names"
    )
    assert found(staff, "asha", own_given=own, own_family="", other_1_given="Al") == []


def test_the_same_number_is_found_only_with_an_opened_party(made, staff):
    own, other = (number(party) for party in (made.own, made.other))
    assert found(staff, "asha", route_value=own)[0]["why"] == "The same number or address"
    assert found(staff, "asha", route_value=other) == []
    assert found(staff, "kit", route_value=other)[0]["why"] == "The same number or address"
    assert found(staff, "asha", route_kind="email", route_value="bo@example.org") == []


def test_the_same_date_of_birth_is_found_only_with_an_opened_party(made, staff):
    born = date(1984, 5, 6)
    Person.objects.unscoped("test").filter(pk=made.other.person_id).update(born_on=born)
    assert [duplicates.rows(staff[who], given="Bo", born_on=born) == [] for who in ("asha", "kit")] == [
        True,
        False,
    ]


@pytest.mark.parametrize("who", ["ben", "wes", "carol", "zed"])
def test_invisible_referrals_are_not_mentioned(made, staff, who):
    if who not in staff.people:
        pytest.skip("not in this cast")
    shown = found(
        staff,
        who,
        own_given=made.own.known_as,
        own_family=made.own.person.family,
        other_1_given=made.other.known_as,
        route_value=number(made.own),
    )
    assert shown == []
    assert "logged already" not in client_of(staff[who]).get(CHECK).content.decode()


def test_logging_continues_if_it_is_another_person(made, staff):
    client = client_of(staff["asha"])
    client.post(NEW, typed(staff, own_given=made.own.known_as, own_family=made.own.person.family))
    shown = client.get(CHECK).context["shown"]
    sent = client.post(CHECK, {"submission": "7f7b7d4e-0000-4000-8000-000000000001", "shown": shown})
    assert sent.status_code == 303
    assert "/referrals/new/done/" in sent.url


@pytest.mark.parametrize("many", [1, 8])
def test_it_takes_as_many_queries_for_many_as_for_one(staff, many, django_assert_num_queries):
    for _ in range(many):
        story.log(staff, Pair("Sam", "Jo"), timezone.now())
    with django_assert_num_queries(QUERIES):
        shown = duplicates.rows(staff["asha"], given="sam", family="example", others=["Jo"], route="x")
    assert len(shown) == min(many, duplicates.MOST)
