"""Grants, and bars that override them: request, approval, notification, audit, end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo import story as play
from meetings.models import Meeting
from meetings.tests.pages import client_of
from referrals import access
from referrals.actions import grants
from referrals.actions.change import changing
from referrals.actions.concerns import raise_concern
from referrals.actions.facilitation import appoint, change_lead, stand_down
from referrals.actions.grants import Wanted, ask_for_access, end_access, give
from referrals.actions.involvement import note_keyworker
from referrals.actions.notes import add_note
from referrals.actions.parties import PersonFacts, add_party, set_keyworker
from referrals.actions.protecting import share_to_protect
from referrals.actions.records import ask_for_records_check
from referrals.enums import ConcernKind, GrantKind, NoteKind, Part, Place, ShareWith
from referrals.models import Bar, Concern, Consent, Grant, Party, Referral
from restorative.accounts.models import User
from restorative.audit.models import AuditEntry
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.models import Message, State
from restorative.notify.outbox import sweep
from tests.stories import staff_now, tell
from tests.written import reproject_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(morning, db) -> play.Played:
    """Asha leads and supports Sam, Kit supports Jo; all of Forward Leeds. Ben, of another team, has no part in it."""
    return tell("ready", staff_now(), timezone.now())


def sees(made, who: str) -> bool:
    return Referral.objects.visible_to(made.staff[who]).filter(pk=made.referral.pk).exists()


def opens(made, who: str, party: Party | None = None) -> bool:
    party = party or made.other
    return Party.objects.opened_by(made.staff[who]).filter(pk=party.pk).exists()


def emergency(made, who: str, party: Party | None = None) -> Grant:
    user = made.staff[who]
    wanted = Wanted(GrantKind.EMERGENCY, user, party or made.other, "Jo rang and is not safe tonight.")
    return ask_for_access(referral=made.referral, wanted=wanted, by=user)


def cover(made, who: str = "ben", by: str = "kit", party: Party | None = None, days: int = 5) -> Grant:
    until = clock.today() + timedelta(days=days)
    wanted = Wanted(GrantKind.COVER, made.staff[who], party or made.other, "Kit is away.", until)
    return ask_for_access(referral=made.referral, wanted=wanted, by=made.staff[by])


def told(kind: str) -> set[str]:
    rows = Message.objects.filter(kind=kind).exclude(state=State.CANCELLED)
    return {str(key) for key in rows.values_list("recipient_id", flat=True)}


def ids(made, *who: str) -> set[str]:
    return {str(made.staff[key].pk) for key in who}


# --- An emergency ----------------------------------------------------------------------------------------------


def test_emergency_access_starts_at_once_and_lasts_four_hours(made, morning):
    assert not opens(made, "ben")
    emergency(made, "ben")
    assert sees(made, "ben")
    assert opens(made, "ben")
    assert not opens(made, "ben", made.own)
    morning.shift(timedelta(hours=3, minutes=59))
    assert opens(made, "ben")
    morning.shift(timedelta(minutes=1))
    assert not opens(made, "ben")
    assert not sees(made, "ben")


def test_governance_and_the_manager_are_told_at_once_without_a_name(made, tmp_path, settings):
    settings.OUTBOX_DIR = tmp_path
    emergency(made, "ben")
    assert told("grant_given") == ids(made, "sal", "gwen")
    sweep(at=timezone.now())
    sent = " ".join(path.read_text() for path in tmp_path.glob("*.json"))
    assert made.referral.reference in sent
    assert "let in" in sent
    assert not any(name in sent for name in ("Sam", "Jo", "Ben"))


def test_a_worker_of_another_side_gets_no_emergency_access(made):
    for who, party in (("asha", made.other), ("kit", made.own)):
        with pytest.raises(NotPossible):
            emergency(made, who, party)
    set_keyworker(party=made.other, keyworker=made.staff["ben"], by=made.staff["kit"])
    with pytest.raises(NotPossible):
        emergency(made, "kit", made.own)  # a former keyworker still belongs to that side


@pytest.mark.parametrize("who", ["carol", "zed", "mina"])
def test_another_organisation_gets_no_emergency_access(made, who):
    with pytest.raises(NotPossible):
        emergency(made, who)
    assert client_of(made.staff[who]).get(f"/grants/new/{made.referral.reference}/").status_code == 404


def test_no_grant_for_a_person_the_worker_already_opens(made):
    with pytest.raises(NotPossible, match="open already"):
        emergency(made, "mo")


def test_what_they_write_is_kept_and_all_they_see_is_recorded(made):
    emergency(made, "ben")
    ben = made.staff["ben"]
    page = f"/r/{made.referral.reference}/people/{made.other.pk}/"
    assert client_of(ben).get(page).status_code == 200
    add_note(
        referral=made.referral,
        party=made.other,
        text="Rang. Safe at her sister’s.",
        kind=NoteKind.CALL,
        by=ben,
    )
    verbs = set(AuditEntry.objects.filter(actor_id=ben.pk).values_list("verb", flat=True))
    assert {"grant_asked", "grant_given", "party_viewed", "note_added"} <= verbs


# --- Covering for a colleague ----------------------------------------------------------------------------------


def test_cover_opens_nothing_until_a_second_person_gives_it(made):
    asked = cover(made)
    assert not opens(made, "ben")
    assert told("grant_asked") == ids(made, "sal")
    for who in ("ben", "kit", "asha", "fay"):
        with pytest.raises(Refused):
            give(grant=asked, by=made.staff[who])
    give(grant=asked, by=made.staff["sal"])
    assert opens(made, "ben")
    with pytest.raises(NotPossible, match="answered already"):
        give(grant=asked, by=made.staff["mo"])


def test_a_manager_gives_it_to_a_colleague_directly_and_never_to_themselves(made):
    assert cover(made, by="mo").given_by == made.staff["mo"]
    Party.objects.unscoped("test").update(organisation=made.staff["carol"].organisation)
    reproject_all()
    with pytest.raises(NotPossible):
        cover(made, who="mo", by="mo")


def test_it_ends_with_its_last_day(made, morning):
    give(grant=cover(made, days=2), by=made.staff["sal"])
    morning.move_to(clock.moment(clock.today() + timedelta(days=2), 23, 59))
    assert opens(made, "ben")
    morning.shift(timedelta(minutes=1))
    assert not opens(made, "ben")


@pytest.mark.parametrize("days", [-1, 29, 4000])
def test_its_length_has_limits(made, days):
    with pytest.raises(NotPossible) as refused:
        cover(made, days=days)
    assert refused.value.field == "until_on"


def test_it_can_be_ended_before_its_time_and_refused(made):
    given = cover(made, by="mo")
    end_access(grant=given, by=made.staff["ben"])
    assert not opens(made, "ben")
    asked = cover(made)
    end_access(grant=asked, by=made.staff["sal"])
    with pytest.raises(NotPossible):
        give(grant=asked, by=made.staff["mo"])


def test_a_worker_who_covered_still_belongs_to_that_side(made):
    """Ben covered for Kit; appointed as facilitator, he does not open Sam as a worker of no side would."""
    end_access(grant=cover(made, by="mo"), by=made.staff["ben"])
    appoint(referral=made.referral, user=made.staff["ben"], by=made.staff["asha"])
    assert not opens(made, "ben", made.own)


def hand_to(made, party: Party, worker: User) -> None:
    """Make somebody the keyworker, as it could be done before other sides were refused."""
    with changing(made.referral, by=made.staff["asha"]) as change:
        change.update(Party.objects.unscoped("test").filter(pk=party.pk), keyworker=worker)
        note_keyworker(change, party, worker)


def test_who_covered_for_one_side_is_not_given_the_other(made):
    cover(made, by="mo")
    with pytest.raises(NotPossible, match="Ben cannot take this one"):
        set_keyworker(party=made.own, keyworker=made.staff["ben"], by=made.staff["asha"])
    assert opens(made, "ben")
    assert not opens(made, "ben", made.own)


def test_it_opens_nothing_once_they_support_the_other_side(made):
    """Ben covers for Kit with Jo, and is then given Sam."""
    cover(made, by="mo")
    hand_to(made, made.own, made.staff["ben"])
    assert opens(made, "ben", made.own)
    assert not opens(made, "ben")
    made.own.refresh_from_db()
    set_keyworker(party=made.own, keyworker=made.staff["asha"], by=made.staff["ben"])
    assert not opens(made, "ben")  # a former keyworker still belongs to that side


def test_it_does_not_show_to_the_other_side(made):
    before = client_of(made.staff["asha"]).get(f"/r/{made.referral.reference}/").context["people"]
    cover(made, by="mo")
    assert client_of(made.staff["asha"]).get(f"/r/{made.referral.reference}/").context["people"] == before
    assert not Grant.objects.visible_to(made.staff["asha"]).exists()
    assert not Grant.objects.visible_to(made.staff["mina"]).exists()


# --- Governance ------------------------------------------------------------------------------------------------


@pytest.fixture
def reading(made) -> Grant:
    gwen = made.staff["gwen"]
    until = clock.today() + timedelta(days=3)
    wanted = Wanted(GrantKind.READING, gwen, made.other, "A complaint is looked into.", until)
    return ask_for_access(referral=made.referral, wanted=wanted, by=gwen)


def test_governance_reads_one_person_once_it_is_given_and_writes_nothing(made, reading):
    gwen, page = made.staff["gwen"], f"/r/{made.referral.reference}/people/{made.other.pk}/"
    assert client_of(gwen).get(page).status_code == 404
    give(grant=reading, by=made.staff["mo"])
    shown = client_of(gwen).get(page)
    assert shown.status_code == 200
    assert "consent/new" not in shown.content.decode()
    assert client_of(gwen).get(f"/r/{made.referral.reference}/").status_code == 200
    assert client_of(gwen).get(f"/r/{made.referral.reference}/history/").status_code == 200
    assert client_of(gwen).get(f"{page}safety/").status_code == 200
    assert client_of(gwen).get(f"/r/{made.referral.reference}/people/{made.own.pk}/").status_code == 404
    for path in ("talk/", "consent/new/", "withdraw/", "routes/", "safety/concern/"):
        assert client_of(gwen).get(f"{page}{path}").status_code == 403
        assert client_of(gwen).post(f"{page}{path}", {}).status_code == 403
    assert client_of(gwen).post(f"/r/{made.referral.reference}/history/", {}).status_code == 403
    assert not access.may_open(gwen, made.other)
    assert not Consent.objects.visible_to(gwen).filter(party=made.own).exists()


def test_governance_knows_of_it_only_while_their_organisation_supports_a_party(made):
    until = clock.today() + timedelta(days=3)
    wanted = Wanted(GrantKind.READING, made.staff["gwen"], None, "A complaint is looked into.", until)
    give(
        grant=ask_for_access(referral=made.referral, wanted=wanted, by=made.staff["gwen"]),
        by=made.staff["mo"],
    )
    assert sees(made, "gwen")
    elsewhere = made.staff["carol"].organisation
    Party.objects.unscoped("test").filter(referral=made.referral).update(organisation=elsewhere)
    reproject_all()
    assert not sees(made, "gwen")


def test_governance_gets_no_emergency_access(made):
    with pytest.raises(NotPossible):
        emergency(made, "gwen")


# --- A conflict of interest ------------------------------------------------------------------------------------


def barred(made, who: str, by: str = "mo") -> Bar:
    return grants.bar(
        referral=made.referral, user=made.staff[who], reason="Jo is their cousin.", by=made.staff[by]
    )


def test_a_bar_overrides_every_other_rule_and_every_grant(made):
    asked, given = cover(made), cover(made, by="mo")
    assert opens(made, "ben")
    barred(made, "ben")
    assert not sees(made, "ben")
    assert not opens(made, "ben")
    assert not Grant.objects.visible_to(made.staff["ben"]).filter(pk=given.pk).exists()
    barred(made, "sal")  # a manager and safeguarding lead of the same organisation
    assert not sees(made, "sal")
    with pytest.raises(NotPossible):
        emergency(made, "ben")
    with pytest.raises(Refused):
        give(grant=asked, by=made.staff["sal"])


def test_a_barred_worker_gets_no_part_and_the_reason_is_not_told(made):
    barred(made, "ben")
    with pytest.raises(NotPossible, match=r"^Ben cannot take this one\. Choose somebody else\.$"):
        appoint(referral=made.referral, user=made.staff["ben"], by=made.staff["asha"])
    with pytest.raises(NotPossible, match=r"^Ben cannot take this one\. Choose somebody else\.$"):
        set_keyworker(party=made.other, keyworker=made.staff["ben"], by=made.staff["kit"])
    with pytest.raises(NotPossible, match=r"^Ben cannot take this one\. Choose somebody else\.$"):
        change_lead(referral=made.referral, lead=made.staff["ben"], by=made.staff["asha"])


def test_a_lead_or_keyworker_must_be_replaced_first(made):
    with pytest.raises(NotPossible, match="leads this referral"):
        barred(made, "asha")
    change_lead(referral=made.referral, lead=made.staff["mo"], by=made.staff["mo"])
    with pytest.raises(NotPossible, match="supports somebody here"):
        barred(made, "asha")
    set_keyworker(party=made.own, keyworker=made.staff["ben"], by=made.staff["mo"])
    barred(made, "asha")
    assert not sees(made, "asha")


def test_barring_a_facilitator_calls_the_meeting_off(made):
    play.book_meeting(made, play.day_at(3, 14), timezone.now())
    barred(made, "fay")
    assert Meeting.objects.unscoped("test").get(pk=made.meeting.pk).status == "called_off"


def test_after_a_bar_is_lifted_they_see_what_they_would_see_without_it(made):
    row = barred(made, "ben")
    grants.lift_bar(bar=row, by=made.staff["mo"])
    assert not sees(made, "ben")
    appoint(referral=made.referral, user=made.staff["ben"], part=Part.SECOND_WORKER, by=made.staff["asha"])
    assert sees(made, "ben")


def test_only_those_who_oversee_access_bar_and_never_themselves(made):
    for who in ("asha", "kit", "fay"):
        with pytest.raises(Refused):
            barred(made, "ben", by=who)
    with pytest.raises(NotPossible):
        barred(made, "mo", by="mo")


# --- Who leads -------------------------------------------------------------------------------------------------


def test_a_new_lead_opens_parties_without_keyworker_and_the_old_lead_keeps_theirs(made):
    change_lead(referral=made.referral, lead=made.staff["ben"], by=made.staff["asha"])
    assert sees(made, "ben")
    assert opens(made, "asha", made.own)
    assert not opens(made, "ben", made.own)
    made.referral.refresh_from_db()
    with pytest.raises(Refused):
        change_lead(referral=made.referral, lead=made.staff["asha"], by=made.staff["asha"])


def test_no_lead_from_the_other_side_while_a_party_has_no_keyworker(made):
    """The same words as for a barred worker: the lead may know neither of the other side's keyworker nor the
    reason."""
    Party.objects.unscoped("test").filter(pk=made.own.pk).update(keyworker=None)
    reproject_all()
    barred(made, "ben")
    told = set()
    for who, name in (("kit", "Kit"), ("ben", "Ben")):
        with pytest.raises(NotPossible, match="keyworker first") as refused:
            change_lead(referral=made.referral, lead=made.staff[who], by=made.staff["asha"])
        told.add(str(refused.value).replace(name, "they"))
    assert len(told) == 1


# --- The pages -------------------------------------------------------------------------------------------------


def test_asked_on_the_page_given_on_the_page(made):
    ben = client_of(made.staff["ben"])
    reference = made.referral.reference
    unknown = ben.post("/grants/new/", {"reference": "RP-2222-22"})
    assert unknown.status_code == 422
    assert "supports nobody in a referral with this reference" in unknown.content.decode()
    assert ben.post("/grants/new/", {"reference": reference.lower()}).url == f"/grants/new/{reference}/"
    page = ben.get(f"/grants/new/{reference}/").content.decode()
    assert "Jo" not in page
    assert "Sam" not in page
    until = clock.show_day(clock.today() + timedelta(days=4))
    facts = {
        "kind": "cover",
        "user": str(made.staff["ben"].pk),
        "party": str(made.other.pk),
        "reason": "Kit is away.",
    }
    missing = ben.post(f"/grants/new/{reference}/", facts)
    assert missing.status_code == 422
    asked = ben.post(f"/grants/new/{reference}/", facts | {"until_on": f"{until} 2027"})
    assert (asked.status_code, asked.url) == (303, "/grants/")
    row = Grant.objects.unscoped("test").get()
    sal = client_of(made.staff["sal"])
    listed = sal.get("/grants/").content.decode()
    assert "Kit is away." in listed
    assert 'class="rp-whole"' in listed  # a reference is not broken at its hyphens
    assert client_of(made.staff["asha"]).get(f"/grants/{row.pk}/give/").status_code == 404
    assert sal.post(f"/grants/{row.pk}/give/", {}).status_code == 303
    assert opens(made, "ben")


@pytest.mark.parametrize(("who", "other_side"), [("kit", "Asha"), ("asha", "Kit")])
def test_a_worker_of_one_side_is_told_nothing_of_the_other(made, who, other_side):
    page = client_of(made.staff[who]).get(f"/grants/new/{made.referral.reference}/").content.decode()
    theirs, own = (made.own, made.other) if other_side == "Asha" else (made.other, made.own)
    assert str(theirs.pk) not in page
    assert str(own.pk) in page


def test_before_a_reason_is_given_people_are_places_alone_and_the_look_is_in_the_ledger(made):
    add_party(
        referral=made.referral,
        facts=PersonFacts(given="Nan", place=Place(made.other.place)),
        by=made.staff["asha"],
    )
    page = client_of(made.staff["ben"]).get(f"/grants/new/{made.referral.reference}/").content.decode()
    assert "supported by" not in page
    for name in ("Sam", "Jo", "Nan", "Asha", "Kit"):
        assert f"{name}<" not in page.partition("What is to be opened?")[2].partition("</fieldset>")[0]
    label = Place(made.other.place).label.capitalize()
    assert f"{label}, number 1" in page
    assert f"{label}, number 2" in page
    look = AuditEntry.objects.get(verb="access_request_viewed")
    assert (look.actor_id, look.referral_id) == (made.staff["ben"].pk, made.referral.pk)


def test_an_emergency_leads_straight_to_the_referral(made):
    reference = made.referral.reference
    facts = {"kind": "emergency", "party": str(made.other.pk), "reason": "Not safe tonight."}
    answer = client_of(made.staff["ben"]).post(f"/grants/new/{reference}/", facts)
    assert (answer.status_code, answer.url) == (303, f"/r/{reference}/")


def test_a_forged_person_of_another_organisation_is_refused(made):
    Party.objects.unscoped("test").filter(pk=made.other.pk).update(
        organisation=made.staff["carol"].organisation
    )
    reproject_all()
    facts = {"kind": "emergency", "party": str(made.other.pk), "reason": "-"}
    answer = client_of(made.staff["ben"]).post(f"/grants/new/{made.referral.reference}/", facts)
    assert answer.status_code == 422
    assert not Grant.objects.unscoped("test").exists()


def test_standing_down_twice_is_reported(made):
    part = made.referral.involvements.unscoped("test").in_meetings().get()
    stand_down(part=part, by=made.staff["asha"])
    with pytest.raises(NotPossible, match="already ended"):
        stand_down(part=part, by=made.staff["asha"])


# --- Safeguarding leads who work for one side ------------------------------------------------------------------


def lead_of(made, who: str):
    User.objects.filter(pk=made.staff[who].pk).update(safeguarding_lead=True)
    return User.objects.get(pk=made.staff[who].pk)


def test_a_safeguarding_lead_on_one_side_does_not_see_grants_of_another(made, tmp_path, settings):
    settings.OUTBOX_DIR = tmp_path
    asha = lead_of(made, "asha")
    asked, given = cover(made), emergency(made, "ben")
    for row in (asked, given):
        for page in ("give/", "end/", "seen/"):
            assert client_of(asha).get(f"/grants/{row.pk}/{page}").status_code == 404
    assert "Kit is away." not in client_of(asha).get("/grants/").content.decode()
    assert str(asha.pk) not in told("grant_asked") | told("grant_given")
    kit = lead_of(made, "kit")  # of the same side
    assert "Kit is away." in client_of(kit).get("/grants/").content.decode()


def test_a_safeguarding_lead_on_one_side_neither_bars_nor_reads_the_reason(made):
    """Trying colleagues' names does not reveal whom they support."""
    barred(made, "ben")
    asha, reference = lead_of(made, "asha"), made.referral.reference
    page = f"/r/{reference}/bars/"
    assert page not in client_of(asha).get(f"/r/{reference}/").content.decode()
    assert client_of(asha).get(page).status_code == 403
    facts = {"user": str(made.staff["kit"].pk), "reason": "-"}
    answer = client_of(asha).post(page, facts)
    assert answer.status_code == 403
    assert "supports" not in answer.content.decode()
    for who in ("mo", "sal"):
        assert "cousin" in client_of(made.staff[who]).get(page).content.decode()


def test_each_list_shows_its_first_and_leads_to_all_page_by_page(made):
    row = cover(made, by="mo")
    facts = {field.name: getattr(row, field.name) for field in row._meta.fields if field.name != "id"}
    over = {"until": timezone.now() - timedelta(hours=1), "reason": "Long ago."}
    Grant.objects.bulk_create(Grant(**facts) for _ in range(12))
    Grant.objects.bulk_create(Grant(**facts | over) for _ in range(30))
    mo = client_of(made.staff["mo"])
    first = mo.get("/grants/").content.decode()
    assert (first.count("Kit is away."), first.count("Long ago.")) == (10, 10)
    assert 'href="?list=open"' in first
    assert 'href="?list=waiting"' not in first
    pages = [mo.get(f"/grants/?list=over&page={number}").content.decode() for number in (1, 2)]
    assert [page.count("Long ago.") for page in pages] == [25, 5]
    assert "Kit is away." not in pages[0]
    assert "Nothing here." in mo.get("/grants/?list=waiting").content.decode()
    assert mo.get("/grants/?list=nonsense").content.decode().count("Kit is away.") == 10


# --- What was typed ------------------------------------------------------------------------------------------


def test_typed_text_is_kept_when_access_ends_or_a_bar_is_added_meanwhile(made, morning):
    emergency(made, "ben")
    ben, page = made.staff["ben"], f"/r/{made.referral.reference}/people/{made.other.pk}/safety/concern/"
    assert client_of(ben).get(page).status_code == 200
    typed = {"kind": "threats", "detail": "He waits outside her house."}
    before = Concern.objects.unscoped("test").count()
    morning.shift(timedelta(hours=4))
    answer = client_of(ben).post(page, typed)
    assert answer.status_code == 404
    assert "He waits outside her house." in answer.content.decode()
    emergency(made, "ben")
    barred(made, "ben")
    answer = client_of(ben).post(page, typed)
    assert answer.status_code == 404
    assert "He waits outside her house." in answer.content.decode()
    assert Concern.objects.unscoped("test").count() == before
    home = client_of(ben).get("/").content.decode()
    assert made.referral.reference not in home
    assert "Jo" not in home


# --- What a worker knows after a grant -------------------------------------------------------------------------


def test_a_lead_who_stands_in_for_one_person_gets_no_grant_for_another(made):
    change_lead(referral=made.referral, lead=made.staff["ben"], by=made.staff["asha"])
    assert made.own in Party.objects.could_be_asked_for(made.staff["ben"])
    Party.objects.unscoped("test").filter(pk=made.other.pk).update(keyworker=None)
    reproject_all()
    assert opens(made, "ben")  # without a keyworker, the lead supports them
    assert made.own not in Party.objects.could_be_asked_for(made.staff["ben"])
    with pytest.raises(NotPossible):
        emergency(made, "ben", made.own)
    with pytest.raises(NotPossible):
        cover(made, "ben", by="mo", party=made.own)


def test_a_worker_who_covered_does_not_stand_in_for_another_as_the_lead(made):
    end_access(grant=cover(made, by="mo"), by=made.staff["ben"])
    Party.objects.unscoped("test").filter(pk=made.own.pk).update(keyworker=None)
    reproject_all()
    with pytest.raises(NotPossible, match="keyworker first"):
        change_lead(referral=made.referral, lead=made.staff["ben"], by=made.staff["mo"])
    set_keyworker(
        party=Party.objects.unscoped("test").get(pk=made.own.pk),
        keyworker=made.staff["asha"],
        by=made.staff["asha"],
    )
    change_lead(referral=made.referral, lead=made.staff["ben"], by=made.staff["mo"])
    with pytest.raises(NotPossible, match="cannot stand in"):
        set_keyworker(
            party=Party.objects.unscoped("test").get(pk=made.own.pk), keyworker=None, by=made.staff["asha"]
        )


def test_a_grant_for_a_supporter_makes_the_worker_know_that_side(made):
    facts = PersonFacts(given="Bo", place=Place.SUPPORTER)
    bo = add_party(referral=made.referral, facts=facts, beside=made.other, by=made.staff["kit"])
    end_access(grant=cover(made, by="mo", party=bo), by=made.staff["ben"])
    with pytest.raises(NotPossible):
        emergency(made, "ben", made.own)
    cover(made, by="mo")  # of the same side


def test_a_worker_who_changes_organisation_loses_the_grant(made):
    cover(made, by="mo")
    ben = made.staff["ben"]
    User.objects.filter(pk=ben.pk).update(organisation=made.staff["carol"].organisation, team=None)
    ben.refresh_from_db()
    assert not opens(made, "ben")
    assert not sees(made, "ben")


def test_governance_with_a_grant_changes_nothing_even_as_a_safeguarding_lead(made, reading):
    give(grant=reading, by=made.staff["mo"])
    gwen = lead_of(made, "gwen")
    stop = raise_concern(party=made.other, kind=ConcernKind.THREATS, by=made.staff["kit"])
    check = ask_for_records_check(referral=made.referral, by=made.staff["asha"])
    share = share_to_protect(
        party=made.other, to=ShareWith.POLICE, reason="Afraid.", content="-", by=made.staff["kit"]
    )
    assert not access.may_clear(gwen, stop)
    assert not access.may_release_records(gwen, check)
    assert not access.may_look_at_share(gwen, share)
    assert client_of(gwen).get("/records-checks/").status_code in (403, 404)


def test_a_request_for_access_says_all_that_a_decision_needs(made):
    row = cover(made)
    page = client_of(made.staff["sal"]).get(f"/grants/{row.pk}/give/")
    keys = ["Who", "Referral", "What is opened", "Why", "Until", "Asked by"]
    assert [fact["key"] for fact in page.context["facts"]] == keys
