"""The caseload and the search: what finds a referral, at which stage it is shown, and how many queries it takes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from referrals.actions.grants import Wanted, ask_for_access
from referrals.actions.parties import PersonFacts, add_party, leave
from referrals.enums import GrantKind, Place
from referrals.models import Grant, Party
from referrals.selectors import caseload, search, show_stages
from tests.stories import tell as retold

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
NOW = timezone.now
# The two savepoints are the ledger's transaction inside the test's own; in service they are none.
SAVEPOINTS = 2


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def finds(user, words: str) -> list[str]:
    return [row.reference for row in search(user, words)]


def stages(user) -> list[str]:
    """The stages that the rows of a caseload show."""
    rows = list(caseload(user))
    show_stages(rows, user)
    return [row.shown_stage for row in rows]


def in_stage(user, stage: str) -> list[str]:
    return [row.reference for row in caseload(user, stage=stage)]


# --- The stage ----------------------------------------------------------------------------------------------------


def test_a_step_that_waits_for_release_shows_only_to_users_who_open_where_it_came_from(staff: Staff) -> None:
    made = retold("withdrawn", staff, NOW())
    asha, kit, here = staff["asha"], staff["kit"], [made.referral.reference]

    assert (in_stage(asha, "booked"), in_stage(asha, "preparing")) == (here, [])
    assert (in_stage(kit, "booked"), in_stage(kit, "preparing")) == ([], here)
    assert (stages(asha), stages(kit)) == (["booked"], ["preparing"])


@pytest.mark.parametrize("name", ["logged", "ready", "booked_tomorrow", "paused", "follow_up_due", "closed"])
def test_the_stage_filter_finds_a_referral_at_the_stage_it_is_shown_at(name: str, staff: Staff) -> None:
    made = retold(name, staff, NOW())
    made.referral.refresh_from_db()

    assert stages(staff["asha"]) == [made.referral.stage]
    found = [
        stage
        for stage in ("logged", "preparing", "booked", "paused", "follow_up", "closed")
        if in_stage(staff["asha"], stage)
    ]
    assert found == [made.referral.stage]


# --- Names --------------------------------------------------------------------------------------------------------


def named(staff: Staff, given: str, family: str, known_as: str = "") -> Party:
    made = retold("logged", staff, NOW())
    facts = PersonFacts(given=given, family=family, known_as=known_as, place=Place.OTHER_FAMILY)
    return add_party(referral=made.referral, facts=facts, by=staff["asha"])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("zo", True),
        ("ZOE", True),
        ("Zoë O’B", True),
        ("obrien", True),
        ("smi", True),
        ("bunny zoe", True),
        ("rien", False),
        ("oe", False),
        ("zoe quentin", False),
    ],
)
def test_the_beginning_of_each_word_finds_a_name(words: str, found: bool, staff: Staff) -> None:
    named(staff, "Zoë", "O’Brien-Smith", "Bunny")
    assert bool(finds(staff["asha"], words)) is found


def test_words_may_be_of_different_people_of_one_referral(staff: Staff) -> None:
    party = named(staff, "Zoe", "Example")
    other = retold("logged", staff, NOW())
    here = party.referral.reference

    assert finds(staff["asha"], f"zoe {other.own.known_as}") == [here]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("zoe anna maria brien smith", True),
        ("zoe anna maria brien quentin", False),
        ("zoe anna maria brien smith quentin", True),  # only the first five are looked at
        ("00000000-0000-4000-8000-000000000000", False),
    ],
)
def test_a_search_may_have_many_words(words: str, found: bool, staff: Staff) -> None:
    named(staff, "Zoe Anna Maria", "Brien-Smith", "Zoe")

    assert bool(finds(staff["asha"], words)) is found
    assert caseload(staff["asha"], words=words).exists() is found


def test_a_supporter_is_found_only_by_users_who_open_them(staff: Staff) -> None:
    made = retold("ready", staff, NOW())
    facts = PersonFacts(given="Zoe", place=Place.SUPPORTER)
    add_party(referral=made.referral, facts=facts, beside=made.other, by=staff["kit"])

    assert finds(staff["kit"], "zoe") == [made.referral.reference]
    assert finds(staff["asha"], "zoe") == []
    assert finds(staff["asha"], made.other.known_as) == [made.referral.reference]


def test_a_name_finds_nothing_once_that_person_has_left(staff: Staff) -> None:
    party = named(staff, "Zoe", "Example")
    assert finds(staff["asha"], "zoe")
    leave(party=party, by=staff["asha"])
    assert not finds(staff["asha"], "zoe")


def test_a_name_given_in_one_referral_does_not_find_another(staff: Staff) -> None:
    """The same person may be known by another name there, to other workers."""
    party = named(staff, "Zoe", "Example", "Bunny")
    other = retold("ready", staff, NOW(), pair=play.Pair("Al", "Bo"))
    facts = PersonFacts(given="Zoe", place=Place.OTHER_FAMILY)
    again = add_party(referral=other.referral, facts=facts, by=staff["asha"])
    Party.objects.unscoped("test").filter(pk=again.pk).update(person=party.person)

    assert finds(staff["asha"], "bunny") == [party.referral.reference]


@pytest.mark.parametrize("cut", [slice(0, 5), slice(0, 7), slice(0, 9), slice(3, 7)])
def test_the_beginning_of_a_reference_finds_it(cut: slice, staff: Staff) -> None:
    reference = retold("logged", staff, NOW()).referral.reference
    assert finds(staff["asha"], reference[cut].lower()) == [reference]
    assert finds(staff["zed"], reference[cut]) == []


# --- How many queries ---------------------------------------------------------------------------------------------

SEARCH_QUERIES = 6 + SAVEPOINTS
GRANT_QUERIES = 10 + SAVEPOINTS


def log_many(staff: Staff, count: int) -> None:
    for number in range(count):
        at = NOW() - timedelta(days=count - number)
        play.log(staff, play.Pair("Zoe", f"Other{number:02}"), at)


@pytest.mark.parametrize("rows", [1, 30])
def test_a_search_takes_the_same_queries_whatever_it_finds(rows, staff, django_assert_num_queries) -> None:
    log_many(staff, rows)
    client = client_of(staff["asha"])
    with django_assert_num_queries(SEARCH_QUERIES):
        page = client.get("/search/", {"q": "zoe"}).content.decode()
    assert page.count('<th scope="row"') == min(rows, 25)


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_of_access_takes_the_same_queries_whatever_its_length(
    rows, staff, django_assert_num_queries
) -> None:
    made = retold("ready", staff, NOW())
    until = timezone.localdate() + timedelta(days=5)
    wanted = Wanted(GrantKind.COVER, staff["ben"], made.other, "Kit is away.", until)
    grant = ask_for_access(referral=made.referral, wanted=wanted, by=staff["kit"])
    columns = {field.attname: getattr(grant, field.attname) for field in Grant._meta.concrete_fields}
    more = [Grant(**{**columns, "id": None, "reason": str(number)}) for number in range(rows - 1)]
    for each in more:
        each.id = Grant._meta.pk.get_default()
    Grant.objects.bulk_create(more)
    client = client_of(staff["sal"])
    with django_assert_num_queries(GRANT_QUERIES):
        page = client.get("/grants/").content.decode()
    assert page.count(">Answer<") == min(rows, 10)

    Grant.objects.unscoped("test").update(until=NOW())
    with django_assert_num_queries(GRANT_QUERIES):
        first = client.get("/grants/").content.decode()
    second = client.get("/grants/?list=over&page=2").content.decode()
    assert first.count("Nobody answered in time") == min(rows, 10)
    assert second.count("Nobody answered in time") == (rows if rows == 1 else rows - 25)
