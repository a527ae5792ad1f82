"""Information sheets: published by administrators, used at once, and the effect of a material change on answers."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals import blockers
from referrals.actions.consent import record_consent, withdraw
from referrals.actions.sheets import answers_at_stake, publish_sheet
from referrals.enums import Answer, Gate, Purpose
from referrals.models import Consent, InformationSheet
from referrals.tests.talking import client_of, errors_of, play, send
from restorative.audit.models import AuditEntry
from restorative.common.decisions import NotPossible, Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

SHEETS = "/setup/sheets/"
WORDS = "You can say no. Nothing changes for you."


@pytest.fixture
def made(staff: Staff) -> Played:
    return play("ready", staff)


def missing(made: Played, at=None) -> set[UUID]:
    found = blockers.blockers(made.referral, Gate.BOOK, at or timezone.now())
    return {row.party_id for row in found if row.code == "consent_missing"}


def test_a_clearer_text_keeps_every_answer(made, staff):
    sheet = publish_sheet(words=WORDS, material=False, after=1, by=staff["adam"])
    assert (sheet.version, missing(made)) == (2, set())
    record_consent(party=made.own, purpose=Purpose.TAKE_PART, answer=Answer.YES, by=staff["asha"])
    newest = Consent.objects.unscoped("test").filter(party=made.own).latest("created_at")
    assert newest.sheet == sheet
    entry = AuditEntry.objects.get(verb="sheet_published")
    assert (entry.actor_id, entry.why_code) == (staff["adam"].pk, "not_material")


def test_a_material_change_makes_older_answers_void_and_new_ones_count(made, staff):
    at = timezone.now()
    before = answers_at_stake(at)
    publish_sheet(words=WORDS, material=True, after=1, by=staff["adam"], at=at)

    assert before > 0
    assert answers_at_stake(at) == 0
    assert missing(made, at) == {made.own.pk, made.other.pk}
    later = at + timedelta(minutes=1)
    record_consent(party=made.own, purpose=Purpose.TAKE_PART, answer=Answer.YES, by=staff["asha"], at=later)
    assert missing(made, later) == {made.other.pk}


@pytest.mark.parametrize("page", ["talk", "consent/new"])
def test_the_newest_text_is_offered_for_reading_aloud(made, staff, page):
    publish_sheet(words=WORDS, material=False, after=1, by=staff["adam"], at=timezone.now())
    where = f"/r/{made.referral.reference}/people/{made.own.pk}/{page}/"
    sheet = client_of(staff["asha"]).get(where).context["sheet"]
    assert (sheet["words"], sheet["about"].split(",")[0]) == (WORDS, "Version 2")


def test_a_second_material_change_leaves_the_first_ones_day(made, staff):
    at = timezone.now()
    publish_sheet(words=WORDS, material=True, after=1, by=staff["adam"], at=at)
    publish_sheet(words="Other.", material=True, after=2, by=staff["adam"], at=at + timedelta(days=1))
    days = [sheet.materially_changed_at for sheet in InformationSheet.objects.order_by("version")]
    assert days == [at, at + timedelta(days=1), None]


def test_only_yes_answers_that_count_are_counted(made, staff):
    at = timezone.now()
    before = answers_at_stake(at)
    withdraw(party=made.own, purpose=Purpose.EVALUATION, by=staff["asha"], at=at)
    assert answers_at_stake(at) == before - 1


def test_the_number_is_shown_before_the_button_without_names(made, staff):
    page = client_of(staff["adam"]).get(SHEETS)
    stake = answers_at_stake(timezone.now())
    text = page.content.decode()

    assert text.index(f"{stake} current answers become void at once") < text.index("Publish</button>")
    for hidden in (made.own.known_as, made.referral.reference, "Asha"):
        assert hidden not in text.split("<main")[1]


@pytest.mark.parametrize("who", ["asha", "mo", "gwen", "carol"])
def test_only_administrators_publish(made, staff, who):
    assert client_of(staff[who]).get(SHEETS).status_code == 403
    with pytest.raises(Refused):
        publish_sheet(words=WORDS, material=False, after=1, by=staff[who])


def test_published_on_the_page_and_listed(made, staff):
    client = client_of(staff["adam"])
    first = client.get(SHEETS).context["form"]
    assert first["words"].value() == InformationSheet.objects.get().words
    typed = {"words": WORDS, "change": "material", "after": first["after"].value()}
    assert send(client, SHEETS, typed).status_code == 303

    versions = client.get(SHEETS).context["versions"]
    assert [version["title"] for version in versions] == ["Version 2", "Version 1"]
    assert "Used now" in versions[0]["about"]
    assert "stopped counting" in versions[1]["about"]


def test_two_concurrent_publications_do_not_overwrite_each_other(made, staff):
    client = client_of(staff["adam"])
    publish_sheet(words=WORDS, material=False, after=1, by=staff["adam"])
    late = send(client, SHEETS, {"words": "Mine.", "change": "same", "after": "1"})

    assert "Somebody else published" in errors_of(late)[""][0]
    assert late.context["form"]["words"].value() == "Mine."
    with pytest.raises(NotPossible):
        publish_sheet(words=WORDS, material=False, after=2, by=staff["adam"])
