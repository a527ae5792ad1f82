"""The records check: which records are found, and how similar they are."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.tests.pages import client_of
from referrals.actions.concerns import raise_concern
from referrals.actions.matching import keep_name_keys, match_names
from referrals.enums import ConcernKind, Likeness, Verdict
from referrals.models import NameKey, Party, Person, RecordsHit

# A Tuesday, half past ten.
from referrals.tests.checking import BORN, MORNING, asked, hits_of, known_at_carers
from tests.stories import tell as retold

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


SWAPPED, OTHER = date(1990, 4, 3), date(1991, 3, 4)
# Sought, known, similarity: given name, family name, date of birth.
FOUND = {
    "the same name and day": ("Kathryn", "Example", BORN, "Kathryn", "Example", BORN, Likeness.STRONG),
    "sounds alike, the same day": ("Kathryn", "Smyth", BORN, "Catherine", "Smith", BORN, Likeness.STRONG),
    "day and month swapped": ("Kathryn", "Smyth", BORN, "Catherine", "Smith", SWAPPED, Likeness.LIKELY),
    "the same name, one day missing": ("Zoë", "Smith", BORN, "ZOE", "SMITH", None, Likeness.LIKELY),
    "sounds alike, one day missing": (
        "Kathryn",
        "Smith",
        None,
        "Catherine",
        "Smyth",
        BORN,
        Likeness.POSSIBLE,
    ),
    "names the other way round": ("Ali", "Hussain", BORN, "Hussein", "Aly", BORN, Likeness.STRONG),
    "another family name, the same day": (
        "Kathryn",
        "Khan",
        BORN,
        "Catherine",
        "Reid",
        BORN,
        Likeness.POSSIBLE,
    ),
    "a first name alone, the same day": ("Kathryn", "", BORN, "Catherine", "Reid", BORN, Likeness.LIKELY),
    "a first name alone": ("Kathryn", "", None, "Catherine", "Reid", None, Likeness.SLIGHT),
    "accents": ("Siobhán", "O’Brien", None, "Siobhan", "OBrien", None, Likeness.LIKELY),
    "born another day": ("Kathryn", "Smith", BORN, "Kathryn", "Smith", OTHER, None),
    "another first name": ("Kathryn", "Smith", None, "Peter", "Smith", None, None),
    "another family name": ("Kathryn", "Khan", None, "Kathryn", "Reid", None, None),
    "nothing alike": ("Kathryn", "Khan", BORN, "Peter", "Reid", BORN, None),
}


@pytest.mark.parametrize("row", FOUND.values(), ids=FOUND)
def test_who_is_found_and_how_alike(row: tuple, staff: Staff) -> None:
    given, family, born, other_given, other_family, other_born, likeness = row
    known = known_at_carers(staff, other_given, other_family, born_on=other_born)
    made, check = asked(staff, play.Pair(given, "Rumpelstilz", family=family))
    Person.objects.unscoped("test").filter(pk=made.own.person_id).update(born_on=born)

    match_names(check=check, at=timezone.now())

    found = {(hit.matched_id, hit.likeness) for hit in hits_of(check) if hit.party_id == made.own.pk}
    assert found == ({(known.own.person_id, likeness)} if likeness else set())


SHORT = (
    ("Kate", "Katherine"),
    ("Danny", "Daniel"),
    ("Liz", "Elizabeth"),
    ("Bill", "William"),
    ("Bob", "Robert"),
    ("Tony", "Anthony"),
    ("Mo", "Muhammad"),
    ("Sam", "Samantha"),
    ("Alex", "Alexandra"),
    ("Kasia", "Katarzyna"),
    ("Gosia", "Małgorzata"),
    ("Wojtek", "Wojciech"),
    ("Nell", "Eleanor"),
    ("Liz", "Beth"),
)


@pytest.mark.parametrize("pair", SHORT)
def test_short_names_are_found_either_way(pair: tuple[str, str], staff: Staff) -> None:
    for given, other in (pair, reversed(pair)):
        known = known_at_carers(staff, other, "Quillfeather", born_on=None)
        made, check = asked(staff, play.Pair(given, "Rumpelstilz", family="Quillfeather"))
        match_names(check=check, at=timezone.now())
        found = {hit.matched_id: hit.likeness for hit in hits_of(check) if hit.party_id == made.own.pk}
        assert found[known.own.person_id] == Likeness.POSSIBLE


def test_a_family_name_alone_is_the_weakest_match_and_only_where_a_concern_is_open(staff: Staff) -> None:
    known = known_at_carers(staff, "Peter", "Quillfeather", born_on=None)
    made, check = asked(staff, play.Pair("Kathryn", "Rumpelstilz", family="Quillfeather"))
    match_names(check=check, at=timezone.now())
    assert not hits_of(check)
    raise_concern(party=known.own, kind=ConcernKind.COERCIVE_CONTROL, detail="-", by=known.own.keyworker)
    match_names(check=check, at=timezone.now())
    found = {(hit.party_id, hit.matched_id, hit.likeness) for hit in hits_of(check)}
    assert (made.own.pk, known.own.person_id, Likeness.FAMILY) in found
    assert {likeness for _, _, likeness in found} == {Likeness.FAMILY}


@pytest.mark.parametrize(("namesakes", "said"), [(23, False), (24, True)])
def test_if_there_are_more_hits_than_listed_it_says_so(staff: Staff, namesakes: int, said: bool) -> None:
    known = Person.objects.unscoped("test").get(pk=known_at_carers(staff).own.person_id)
    for _ in range(namesakes):
        known.pk = uuid4()
        known.save(force_insert=True)
        keep_name_keys(known)
    _, check = asked(staff)
    match_names(check=check, at=timezone.now())

    assert len(hits_of(check)) == namesakes + 1
    page = client_of(staff["sal"]).get(reverse("referrals:records_check_release", args=[check.pk]))
    assert ("only the 25 likeliest are listed" in page.content.decode()) == said


def test_the_name_they_are_known_by_is_matched_too(staff: Staff) -> None:
    known = known_at_carers(staff, "Robert", "Example")
    made, check = asked(staff, play.Pair("Algernon", "Jo"))
    Party.objects.unscoped("test").filter(pk=made.own.pk).update(known_as="Robert")

    match_names(check=check, at=timezone.now())

    assert [hit.matched_id for hit in hits_of(check)] == [known.own.person_id]


def test_people_of_the_same_referral_are_not_found(staff: Staff) -> None:
    _, check = asked(staff, play.Pair("Jo", "Joe"))
    match_names(check=check, at=timezone.now())
    assert hits_of(check) == []


def test_matching_again_adds_new_hits_and_keeps_verdicts(staff: Staff) -> None:
    known_at_carers(staff)
    _, check = asked(staff)
    match_names(check=check, at=timezone.now())
    RecordsHit.objects.unscoped("test").update(
        verdict=Verdict.SAME, looked_at=timezone.now(), looked_by=staff["sal"]
    )
    known_at_carers(staff, "Katherine")

    match_names(check=check, at=timezone.now())

    assert sorted(hit.verdict for hit in hits_of(check)) == ["", "same"]


def test_every_person_has_phonetic_keys(staff: Staff) -> None:
    retold("family_meeting", staff, timezone.now())
    known_at_carers(staff)
    people = set(Person.objects.unscoped("test").values_list("pk", flat=True))
    assert set(NameKey.objects.unscoped("test").values_list("person", flat=True)) == people
