"""Governance's ledger: what they read, what they never read, the filters, and the alarm of a broken chain.
Access to the page is in tests/matrix.txt."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from referrals.actions import concerns, consent
from referrals.actions.grants import bar, lift_bar
from referrals.enums import ConcernKind, Purpose
from referrals.models import Party, Referral
from restorative.accounts.models import Organisation
from restorative.audit import triggers, watch
from restorative.audit.ledger import record
from restorative.audit.models import AuditEntry
from restorative.audit.sealer import seal
from tests.world import NOW, World, told_world
from tests.written import reproject_all

pytestmark = pytest.mark.django_db

LEDGER = "/audit/"


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker):
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        yield told_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made: World):
    with time_machine.travel(NOW, tick=False):
        yield made


@pytest.fixture
def two_houses(world: World) -> World:
    """Jo and Nan are with Carers Leeds, and Carol supports them there; Sam is with Forward Leeds."""
    house = Organisation.objects.get(key="carers-leeds")
    Party.objects.unscoped("test").filter(pk__in=[world.other.pk, world.supporter.pk]).update(
        organisation=house, keyworker=world.staff["carol"]
    )
    reproject_all()
    return world


def page(world: World, who: str = "gwen", **asked):
    response = world.client(who).get(LEDGER, asked)
    assert response.status_code == 200
    return response


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def numbers(response) -> list[int]:
    return [row.number for row in response.context["rows"]]


def did(response) -> set[str]:
    return {row.did for row in response.context["rows"]}


def noted(by, verb: str, **about) -> int:
    with transaction.atomic():
        return record(verb, by=by, **about).pk


# --- What governance reads ------------------------------------------------------------------------------------


def test_governance_starts_at_the_ledger(world):
    response = world.client("gwen").get("/")
    assert (response.status_code, response.url) == (302, reverse("reports:ledger"))


def test_it_shows_who_did_what_about_whom_in_plain_words_newest_first(world):
    noted(world.staff["asha"], "signed_in", thing=world.staff["asha"])
    entry = noted(
        world.staff["kit"],
        "consent_recorded",
        thing=uuid4(),
        thing_type="consent",
        referral_id=world.referral.pk,
        party_id=world.other.pk,
        fields=["answer", "expires_on"],
        why_code="no",
    )
    response = page(world)
    first, second = response.context["rows"][:2]
    assert (first.number, first.who, first.team, first.did) == (entry, "Kit", "City team", "Recorded consent")
    assert [link.text for link in first.about] == [
        world.referral.reference,
        f"Person {str(world.other.pk)[:8]}",
    ]
    assert first.fields == "answer, expires on"
    assert (second.who, second.did) == ("Asha", "Signed in")
    assert str(world.other.pk) in response.content.decode()


def test_it_shows_no_name_no_reason_and_no_search_term(world):
    consent.withdraw(party=world.other, by=world.staff["kit"])
    concerns.raise_concern(
        party=world.other, kind=ConcernKind.THREATS, detail="He said so.", by=world.staff["kit"]
    )
    world.client("asha").get("/search/", {"q": "Sam"})
    shown = "".join(text(page(world, page=str(number))) for number in (1, 2, 3, 4))
    assert not re.search(r"\b(Sam|Jo|Nan|Taylor)\b", shown)
    assert "He said so" not in shown
    assert "threats" not in shown.lower()
    assert "Raised a concern" in shown
    assert "Recorded a withdrawal of consent" in shown


def test_why_codes_are_not_shown(world):
    noted(
        world.staff["asha"], "suitability_decided", referral_id=world.referral.pk, why_code="unsuitable_xyz"
    )
    assert "unsuitable_xyz" not in page(world).content.decode()


def test_viewing_the_ledger_is_recorded_in_it(world):
    shown = numbers(page(world, did="changed", about=world.referral.reference))
    entry = AuditEntry.objects.order_by("-pk").first()
    assert (entry.verb, entry.actor_id, entry.thing_type) == (
        "ledger_viewed",
        world.staff["gwen"].pk,
        "audit_entry",
    )
    assert (entry.thing_ids, entry.fields, entry.referral_id) == (shown, ["did", "about"], world.referral.pk)
    assert "Looked at this ledger" in did(page(world))
    page(world, about=str(world.own.pk))
    assert AuditEntry.objects.order_by("-pk").first().party_id == world.own.pk


def test_nothing_is_shown_if_the_view_cannot_be_recorded(world, monkeypatch):
    def refuse(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(AuditEntry, "save", refuse)
    with pytest.raises(ZeroDivisionError):
        world.client("gwen").get(LEDGER)


# --- What they do not read ---------------------------------------------------------------------------------------


def test_staff_of_another_organisation_are_not_in_the_list(two_houses):
    mine = noted(two_houses.staff["asha"], "signed_in")
    theirs = noted(two_houses.staff["carol"], "signed_in")
    assert mine in numbers(page(two_houses))
    assert theirs not in numbers(page(two_houses))


def test_about_a_referral_they_read_only_what_others_did_with_their_own_people(two_houses):
    world, referral = two_houses, two_houses.referral.pk
    carol = world.staff["carol"]
    with_ours = noted(carol, "party_viewed", referral_id=referral, party_id=world.own.pk)
    by_nobody = noted(None, "route_recorded", referral_id=referral, party_id=world.own.pk)
    looked = noted(carol, "referral_viewed", referral_id=referral)
    hidden = [
        noted(carol, "consent_withdrawn", referral_id=referral, party_id=world.other.pk),
        noted(carol, "meeting_called_off", referral_id=referral),
        noted(carol, "meeting_viewed", referral_id=referral),
        noted(None, "referral_call_off", referral_id=referral),
        noted(None, "consent_recorded", referral_id=referral, party_id=world.other.pk),
    ]
    response = page(world, about=world.referral.reference)
    shown = {row.number: row.who for row in response.context["rows"]}
    assert {with_ours, by_nobody, looked} <= shown.keys()
    assert not shown.keys() & set(hidden)
    assert shown[with_ours] == "Carers Leeds"
    assert shown[looked] == "Another organisation"
    assert shown[by_nobody] == "The service itself"
    assert "Carol" not in text(response)


def test_a_withdrawal_on_the_other_side_changes_nothing_they_see(two_houses):
    asked = {"about": two_houses.referral.reference}
    before = numbers(page(two_houses, **asked))
    consent.withdraw(party=two_houses.other, purpose=Purpose.TAKE_PART, by=two_houses.staff["carol"])
    after = numbers(page(two_houses, **asked))
    looks = set(AuditEntry.objects.filter(verb="ledger_viewed").values_list("pk", flat=True))
    assert [each for each in after if each not in looks] == [each for each in before if each not in looks][
        : len([each for each in after if each not in looks])
    ]


def test_about_another_organisations_person_they_read_only_their_own_staff(two_houses):
    world = two_houses
    carol = noted(
        world.staff["carol"], "party_viewed", referral_id=world.referral.pk, party_id=world.other.pk
    )
    fay = noted(world.staff["fay"], "party_viewed", referral_id=world.referral.pk, party_id=world.other.pk)
    shown = numbers(page(world, about=str(world.other.pk)))
    assert fay in shown
    assert carol not in shown


def test_an_unknown_reference_looks_like_one_of_another_organisation(two_houses):
    """The page does not reveal that a referral of other organisations exists."""
    world, elsewhere = two_houses, two_houses.staff["zed"].organisation
    Party.objects.unscoped("test").update(organisation=elsewhere)
    Referral.objects.unscoped("test").update(lead_organisation=elsewhere)
    reproject_all()
    with triggers.lifted(connection):
        AuditEntry.objects.filter(organisation_id=world.staff["gwen"].organisation_id).delete()
    noted(world.staff["zed"], "referral_viewed", referral_id=world.referral.pk)
    there = text(page(world, about=world.referral.reference))
    assert "Nothing in your organisation’s ledger matches." in there
    gone = text(page(world, about="RP-7K3M-9Q"))
    assert gone.replace("RP-7K3M-9Q", "…") == there.replace(world.referral.reference, "…")


# --- Filters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "verb"),
    [
        ("saw", "party_viewed"),
        ("changed", "route_recorded"),
        ("signed", "signed_out"),
        ("exported", "run_sheet_viewed"),
    ],
)
def test_by_what_was_done(world, group, verb):
    verbs = ("party_viewed", "route_recorded", "signed_out", "run_sheet_viewed")
    made = {each: noted(world.staff["asha"], each) for each in verbs}
    shown = numbers(page(world, did=group))
    assert [each for each in verbs if made[each] in shown] == [verb]


def test_by_worker(world):
    noted(world.staff["lou"], "signed_in")
    response = page(world, worker=str(world.staff["lou"].pk))
    assert {row.who for row in response.context["rows"]} == {"Lou"}
    chosen = dict(response.context["worker_choices"])
    assert chosen[str(world.staff["lou"].pk)] == "Lou, City team"
    assert str(world.staff["carol"].pk) not in chosen


def test_by_reference_however_it_is_typed_and_by_person(world):
    ours = numbers(page(world, about=world.referral.reference))
    assert ours
    typed = world.referral.reference.replace("-", "").lower()
    shown = page(world, about=f" {typed} ")
    assert {link.text for row in shown.context["rows"] for link in row.about[:1]} == {
        world.referral.reference
    }
    of_sam = page(world, about=str(world.own.pk))
    assert of_sam.context["rows"]
    by_person = page(world, about=str(world.own.person_id))
    assert set(numbers(of_sam)[:20]) < set(numbers(by_person))  # and the first view of them


def test_by_days_in_london(world):
    late = noted(
        world.staff["asha"], "signed_in", at=NOW.replace(year=2026, month=7, day=1, hour=23, minute=59)
    )
    early = noted(
        world.staff["asha"], "signed_in", at=NOW.replace(year=2026, month=7, day=2, hour=0, minute=0)
    )
    assert numbers(page(world, since="2026-07-01", until="2026-07-01")) == [late]
    assert numbers(page(world, since="2026-07-02", until="2026-07-02")) == [early]
    row = page(world, since="2026-07-02", until="2026-07-02").context["rows"][0]
    assert row.written == "Wed 10 March, 10am"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"did": "robbed"}, "what was done"),
        ({"worker": "abc"}, "worker"),
        ({"worker": "9b2c4f6e-0d7a-4c55-8f0e-0123456789ab"}, "worker"),
        ({"about": "RP-7K3M"}, "referral or person"),
        ({"about": "Sam Taylor"}, "referral or person"),
        ({"about": "x" * 5000}, "referral or person"),
        ({"about": "a\x00b"}, "referral or person"),
        ({"since": "29 Feb 2027"}, "first day"),
        ({"until": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")}, "last day"),
        ({"since": "2027-03-02", "until": "2027-03-01"}, "days, as the last is before the first"),
        ({"page": "-1"}, ""),
        ({"page": "9e99"}, ""),
    ],
)
def test_filters_that_are_not_understood_are_dropped_and_named(world, asked, said):
    response = page(world, **asked)
    assert response.context["dropped"] == ([said] if said else [])
    assert response.context["rows"]


def test_a_barred_referral_has_no_entries_until_the_bar_is_lifted(world):
    """A bar overrides every other rule for governance too: 404 everywhere, and no ledger entries."""
    gwen, other = world.staff["gwen"], uuid4()
    elsewhere = noted(world.staff["asha"], "party_viewed", referral_id=other, party_id=uuid4())
    form = f"/r/{world.referral.reference}/bars/"
    offered = world.client("mo").get(form).content.decode()
    assert str(gwen.pk) in offered
    row = bar(referral=world.referral, user=gwen, reason="A neighbour of Jo.", by=world.staff["mo"])

    typed = [world.referral.reference, str(world.own.pk), str(world.other.person_id), str(world.referral.pk)]
    for about in typed:
        assert not page(world, about=about).context["rows"]
    shown = page(world)
    assert elsewhere in numbers(shown)
    assert world.referral.reference not in shown.content.decode()
    assert world.client("gwen").get(f"/grants/new/{world.referral.reference}/").status_code == 404
    assert world.referral.reference not in world.client("gwen").get("/grants/").content.decode()
    lift_bar(bar=row, by=world.staff["mo"])
    assert page(world, about=world.referral.reference).context["rows"]


# --- Many entries ---------------------------------------------------------------------------------------------


def many(world: World, count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            record(
                "party_viewed",
                by=world.staff["asha"],
                referral_id=uuid4() if number % 2 else world.referral.pk,
                party_id=world.own.pk,
                things=[uuid4()],
                thing_type="party",
            )


def test_25_a_page_and_the_count_is_capped(world, settings):
    settings.RULES = {"count_cap": 60}
    many(world, 80)
    response = page(world)
    assert len(response.context["rows"]) == 25
    assert response.context["count"] == "60+ entries"
    assert response.context["page_obj"].paginator.num_pages == 3


@pytest.mark.parametrize("asked", [{}, {"did": "saw"}, {"about": "reference"}, {"about": "person"}])
def test_one_row_and_many_rows_take_the_same_number_of_queries(world, asked):
    typed = {"reference": world.referral.reference, "person": str(world.own.pk)}
    asked = {key: typed.get(value, value) for key, value in asked.items()}
    with triggers.lifted(connection):
        AuditEntry.objects.all().delete()
    many(world, 1)
    client = world.client("gwen")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LEDGER, asked).status_code == 200
        counts.append(len(captured))
        many(world, 40)
    assert 0 < counts[0] == counts[1] <= 15


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "audit_organisation_at"),
        ({"did": "saw"}, "audit_organisation_at"),
        ({"did": "changed"}, "audit_organisation_at"),
        ({"did": "signed"}, "audit_organisation_verb"),
        ({"did": "exported"}, "audit_organisation_verb"),
        ({"about": "reference"}, "audit_referral_at"),
        ({"about": "person"}, "audit_party_at"),
        ({"about": "9b2c4f6e-0d7a-4c55-8f0e-0123456789ab"}, "audit_party_at"),
    ],
)
@pytest.mark.sqlite
def test_every_list_uses_an_index(world, asked, index):
    typed = {"reference": world.referral.reference, "person": str(world.own.pk)}
    asked = {key: typed.get(value, value) for key, value in asked.items()}
    with CaptureQueriesContext(connection) as captured:
        page(world, **asked)
    lists = [row["sql"] for row in captured if "ORDER BY" in row["sql"] and "audit_auditentry" in row["sql"]]
    with connection.cursor() as cursor:
        for sql in lists:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            assert index in str(cursor.fetchall())


# --- The alarm ------------------------------------------------------------------------------------------------


def sealed_and_checked() -> None:
    seal()
    watch.check()


def test_an_intact_ledger_is_reported_as_intact(world):
    sealed_and_checked()
    response = page(world)
    assert response.context["alarm"] is None
    assert "Checked just now and found whole." in text(response)


def test_a_broken_chain_raises_an_alarm_that_names_the_first_bad_entry(world):
    sealed_and_checked()
    bad = AuditEntry.objects.order_by("pk")[3].pk
    with triggers.lifted(connection):
        AuditEntry.objects.filter(pk=bad).update(verb="referral_viewed", fields=["nothing"])
    with time_machine.travel(NOW + timedelta(hours=16), tick=False):
        watch.check()
    shown = text(page(world))
    assert "The ledger is broken" in shown
    assert f"The first bad place: Edited: entry {bad} (place 4)." in shown
    assert "Found on Thu 11 March, 2am." in shown
    assert "found whole on Wed 10 March, 10am." in shown
    assert "verify_audit --all" in shown
    assert "found whole." not in shown.split("What to do")[1]


def test_a_ledger_that_is_not_checked_is_reported(world):
    assert "has not been checked yet" in text(page(world))
    with time_machine.travel(NOW - timedelta(hours=5), tick=False):
        watch.check()
    assert "was last checked on Wed 10 March, 5am" in text(page(world))
