"""The page of what was opened under a grant: only for those who oversee access, only for the time of the grant."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from meetings.demo import story as play
from meetings.tests.pages import client_of
from referrals.actions.grants import Wanted, ask_for_access, bar, end_access
from referrals.enums import GrantKind
from referrals.models import Grant
from restorative.audit.models import AuditEntry
from tests.stories import staff_now, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(morning, db) -> play.Played:
    return tell("ready", staff_now(), timezone.now())


def let_in(made):
    """Ben, who does not work on the referral, opens Jo's compartment in an emergency."""
    ben = made.staff["ben"]
    return ask_for_access(
        referral=made.referral,
        wanted=Wanted(GrantKind.EMERGENCY, ben, made.other, "Jo rang and is not safe tonight."),
        by=ben,
    )


def page_of(made, who: str, grant) -> str:
    found = client_of(made.staff[who]).get(reverse("reports:grant_seen", args=[grant.pk]))
    assert found.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.content.decode()))


def opens_their_page(made) -> None:
    address = reverse("casework:party", args=[made.referral.reference, made.other.pk])
    assert client_of(made.staff["ben"]).get(address).status_code == 200


@pytest.mark.parametrize("who", ["mo", "sal", "gwen", "ben"])
def test_the_page_shows_what_was_opened_when_and_about_which_person(made, morning, who):
    grant = let_in(made)
    assert "Nothing has been opened" in page_of(made, who, grant)
    morning.shift(timedelta(minutes=7))
    opens_their_page(made)
    shown = page_of(made, who, grant)
    place = made.other.get_place_display().capitalize()
    assert re.search(rf"10\.37am Saw a person’s page {place} ", shown), shown
    assert "Jo" not in re.sub(r"Jo rang", "", shown), "by their place, never by name"


def test_entries_after_the_grant_or_under_another_right_are_not_shown(made, morning):
    grant = let_in(made)
    morning.shift(timedelta(minutes=7))
    opens_their_page(made)
    morning.shift(timedelta(minutes=7))
    end_access(grant=grant, by=made.staff["mo"])
    for party in (made.own, made.other):
        entry = AuditEntry.objects.filter(verb="party_viewed").first()
        after = {"at": timezone.now() + timedelta(minutes=1)} if party == made.other else {}
        facts = {field.name: getattr(entry, field.name) for field in entry._meta.fields if field.name != "id"}
        AuditEntry.objects.create(**facts | {"party_id": party.pk} | after)
    assert page_of(made, "mo", grant).count("Saw a person’s page") == 1


def test_entries_made_for_another_organisation_are_not_shown(made, morning):
    """They moved to that organisation and opened the same person there before the grant ended."""
    grant = let_in(made)
    morning.shift(timedelta(minutes=7))
    opens_their_page(made)
    entry = AuditEntry.objects.filter(verb="party_viewed").get()
    facts = {field.name: getattr(entry, field.name) for field in entry._meta.fields if field.name != "id"}
    AuditEntry.objects.create(**facts | {"organisation_id": made.staff["wes"].organisation_id})
    assert page_of(made, "mo", grant).count("Saw a person’s page") == 1


def test_users_who_only_asked_or_are_barred_do_not_see_it(made):
    grant = let_in(made)
    opens_their_page(made)
    address = reverse("reports:grant_seen", args=[grant.pk])
    assert client_of(made.staff["kit"]).get(address).status_code == 404
    bar(referral=made.referral, user=made.staff["mo"], reason="His sister.", by=made.staff["sal"])
    assert client_of(made.staff["mo"]).get(address).status_code == 404


def test_a_lead_who_asked_and_now_supports_another_person_does_not_see_it(made):
    grant = let_in(made)
    opens_their_page(made)
    asha = made.staff["asha"]
    Grant.objects.unscoped("test").filter(pk=grant.pk).update(created_by=asha)
    type(asha).objects.filter(pk=asha.pk).update(safeguarding_lead=True)
    address = reverse("reports:grant_seen", args=[grant.pk])
    assert client_of(asha).get(address).status_code == 403
    assert address not in client_of(asha).get("/grants/").content.decode()


def test_the_list_of_grants_links_to_the_page(made):
    grant = let_in(made)
    address = reverse("reports:grant_seen", args=[grant.pk])
    for who in ("mo", "gwen", "ben"):
        assert address in client_of(made.staff[who]).get("/grants/").content.decode()


def test_viewing_the_page_is_recorded(made):
    grant = let_in(made)
    page_of(made, "mo", grant)
    entry = AuditEntry.objects.filter(verb="grant_opened_viewed").get()
    assert (entry.actor_id, entry.thing_ids) == (made.staff["mo"].pk, [str(grant.pk)])
