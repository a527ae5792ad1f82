"""A canary in every sealed place of Jo's side, while the other side's workers look everywhere they can.
Each canary is made from the name of its place; a sealed field without one fails, and so does one that Kit cannot
see."""

import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings as live
from django.urls import reverse

from meetings.actions import agreeing
from meetings.demo import story as play
from meetings.enums import ActionStatus, Agreed
from meetings.models import Action, Meeting, Record
from referrals.actions import consent, handoff
from referrals.enums import (
    DeclineCode,
)
from referrals.models import (
    Bar,
    Grant,
    Handoff,
    HandoffMessage,
    Party,
    Person,
)
from restorative.accounts.models import Organisation
from restorative.audit.models import AuditEntry
from restorative.common.models import Draft
from restorative.notify.models import Message
from restorative.notify.outbox import sweep
from tests.canaries import (
    AGREED,
    APART,
    CODES_ONLY,
    FOR_LEADS,
    FOR_OVERSEERS,
    MARKED,
    NAMES,
    OF_ALL,
    PHONE,
    PLACES,
    everything,
    rows_of,
    told,
    word,
    words_in,
)
from tests.routes import routes
from tests.test_guard_tables import MODELS
from tests.world import NOW, World, marked_talk, undone
from tests.written import reproject_all

pytestmark = [pytest.mark.proof, pytest.mark.django_db]


@pytest.mark.parametrize("place", sorted(MARKED))
def test_every_sealed_place_of_jo_has_its_canary(marked, place):
    field = place.split(".")[1]
    held = json.dumps([getattr(row, field) for row in rows_of(PLACES[place], marked)])
    assert word(place) in held.lower()


def test_no_sealed_place_is_left_out():
    assert PLACES.keys() == MARKED | CODES_ONLY | APART | NAMES | OF_ALL


# --- Looking everywhere ---------------------------------------------------------------------------------------


# The records checks of safeguarding leads contain names, because they match them across organisations.
TO_MATCH = {word(name) for name in ("Party.known_as", "Person.given", "Person.family")}


# What Kit picked for Carers Leeds to see, and their question about it.
PACKET = {
    word(place) for place in ("Handoff.packet", "Handoff.told", "HandoffMessage.words", "ContactRoute.cover")
} | {PHONE}


def allowed_for(who: str) -> set[str]:
    """Canaries that a user who does not open Jo's compartment may see: Carers Leeds only the packet; a safeguarding
    lead concerns and safety answers while a concern is open, and names to match; they and governance the reasons
    of grants and bars."""
    if who in ("carol", "mina"):
        return PACKET
    let_in = {word(place) for place in FOR_OVERSEERS}
    if who != "ivy":
        return let_in if who == "gwen" else set()
    safety = {
        word(place)
        for place in PLACES
        if place.split(".")[0] in ("ChildDecision", "Concern", "ProtectiveShare", "SafetyAnswers", "SignOff")
    }
    safety |= {word(place) for place in FOR_LEADS}
    return safety | let_in | {word("Supporter.given"), word("Supporter.family")}


# Users who see the shell are tested with every answer; for the others each page is the same 404 (test_matrix.py).
INSIDE = ("asha", "lou", "ivy")
OTHERS = ("asha", "lou", "ben", "ivy", "wes", "carol", "mina", "zed", "gwen", "adam", "anon")


# The users tested on the second database too: the other side's worker, and one of another organisation. What the tests
# below add happens in Python, so most of them are run once.
AGAIN = ("asha", "carol")


@pytest.mark.parametrize(
    "who", [pytest.param(who, marks=() if who in AGAIN else pytest.mark.sqlite) for who in OTHERS]
)
def test_other_users_find_no_canary_of_jos_side(marked, who, caplog):
    caplog.set_level(logging.DEBUG)
    with undone():
        seen = everything(marked, who, press=who in INSIDE)
        logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
        ledger = str(list(AuditEntry.objects.values()))
        drafts = str(list(Draft.objects.exclude(owner=marked.staff["kit"]).values()))
    assert words_in(seen) - allowed_for(who) == set()
    assert words_in(logged.lower() + ledger.lower() + drafts.lower()) == set()


# Sealed texts that no page shows yet. One that is shown may be removed from this list.
SHOWN_NOWHERE = {
    "Approach.wording",
    "CapacityAssessment.help_given",
    "Closure.why_open_items",
    "Consent.language",
    "Consent.wording",
    "KeptLonger.reason",  # only while they have not answered: referrals/tests/test_forgetting.py
    "Party.hoped_for",
    "Person.pronouns",
    "Preparation.answers",
    "Preparation.may_carry",
    "ReadinessCheck.accepted_why",
    "ReadinessCheck.notes",
    "ReadinessCheck.reason",
}


def test_jos_own_side_finds_the_canaries(marked):
    """Otherwise the test above could not fail."""
    kit = words_in(everything(marked, "kit"))
    decide = reverse("referrals:decide", args=[marked.referral.reference])
    fay = words_in(told(marked.client("fay").get(decide)).lower())
    missed = {place for place in MARKED if word(place) not in kit | fay}
    assert missed <= SHOWN_NOWHERE | FOR_LEADS | FOR_OVERSEERS
    assert {PHONE, word("Draft.typed"), word("Supporter.given")} <= kit


def test_a_safeguarding_lead_finds_a_leads_note_on_a_hit(marked):
    release = reverse("referrals:records_check_release", args=[marked.check.pk])
    seen = {who: words_in(told(marked.client(who).get(release)).lower()) for who in ("ivy", "sal", "fay")}
    assert word("RecordsHit.note") in seen["ivy"] & seen["sal"]
    assert word("RecordsHit.note") not in seen["fay"]


@pytest.mark.parametrize("who", ["mo", "gwen", "ivy"])
def test_users_who_oversee_access_find_the_reason_of_a_grant(marked, who):
    assert word("Grant.reason") in words_in(told(marked.client(who).get(reverse("referrals:grants"))).lower())


def test_the_holder_of_a_grant_does_not_read_its_reason(marked):
    """A colleague wrote it for the user who gives access."""
    assert words_in(told(marked.client("una").get(reverse("referrals:grants"))).lower()) == set()


def test_a_draft_is_visible_only_to_its_owner(marked):
    """Fay may open the same form; what Kit typed into it is not for her."""
    talk = reverse("referrals:talk", args=[marked.referral.reference, marked.other.pk])
    seen = {who: words_in(told(marked.client(who).get(talk)).lower()) for who in ("kit", "fay")}
    assert word("Draft.typed") in seen["kit"] - seen["fay"]
    assert word("ContactRoute.cover") in seen["fay"]


# --- Another organisation -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["carol", pytest.param("mina", marks=pytest.mark.sqlite)])
@pytest.mark.parametrize("end", ["declined", pytest.param("withdrawn", marks=pytest.mark.sqlite)])
def test_after_a_no_or_a_withdrawal_carers_leeds_finds_nothing(marked, who, end):
    asked = Handoff.objects.unscoped("test").get(pk=marked.handoff.pk)
    mina, kit = marked.staff["mina"], marked.staff["kit"]
    if end == "declined":
        handoff.decline(handoff=asked, code=DeclineCode.NOT_SAFE, version=asked.version, by=mina)
    else:
        handoff.take_back(handoff=asked, version=asked.version, by=kit)
    assert words_in(everything(marked, who, press=True)) == set()


@pytest.fixture
def other_house(marked) -> World:
    """Jo is with Carers Leeds, Carol supports them, and they share with no one: not even a name is passed on."""
    house = Organisation.objects.get(key="carers-leeds")
    sides = [marked.other.pk, marked.supporter.pk]
    # No user of Forward Leeds ever had a grant for Jo.
    Grant.objects.unscoped("test").delete()
    Bar.objects.unscoped("test").delete()
    # No request was ever sent to Carers Leeds: it would have contained what Forward Leeds knows.
    HandoffMessage.objects.unscoped("test").delete()
    Handoff.objects.unscoped("test").delete()
    Party.objects.unscoped("test").filter(pk__in=sides).update(
        organisation=house,
        named_by=house,
        keyworker=marked.staff["carol"],
        known_as=word("Party.known_as"),
    )
    Person.objects.unscoped("test").filter(parties__in=sides).update(
        organisation=house, given=word("Person.given"), family=word("Person.family")
    )
    reproject_all()
    return marked


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "who",
    [
        "asha",
        pytest.param("fay", marks=pytest.mark.sqlite),
        *(pytest.param(who, marks=[SLOW, pytest.mark.sqlite]) for who in ("kit", "lou", "mo")),
    ],
)
def test_no_name_is_shown_to_another_organisation(other_house, who):
    assert words_in(everything(other_house, who)) == set()


@pytest.mark.parametrize("who", [pytest.param("sal", marks=[SLOW, pytest.mark.sqlite]), "ivy"])
def test_safeguarding_leads_of_another_organisation_see_only_names_to_match(other_house, who):
    assert words_in(everything(other_house, who)) == TO_MATCH | {word("RecordsHit.note")}


@pytest.mark.parametrize(("who", "finds"), [("kit", True), ("asha", False), ("lou", False), ("carol", False)])
def test_a_number_finds_only_people_the_user_opens(marked, who, finds):
    answer = marked.client(who).get(reverse("casework:search"), {"q": f"0{PHONE}"})
    assert (marked.referral.reference in answer.content.decode()) == finds


@pytest.mark.parametrize("who", ["carol", "mina"])
def test_their_own_organisation_finds_the_name(other_house, who):
    address = [other_house.referral.reference, other_house.other.pk]
    names = ("casework:party", "referrals:safety", "referrals:routes")
    pages = [reverse(name, args=address) for name in names]
    seen = "".join(told(other_house.client(who).get(page)).lower() for page in pages)
    assert {word("Party.known_as"), word("Concern.detail"), PHONE} <= words_in(seen)


# --- Later on -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sqlite  # on the second database test_secrecy.py compares every page
def test_nothing_more_is_found_while_a_withdrawal_waits(marked):
    consent.withdraw(party=marked.other, by=marked.staff["kit"])
    assert words_in(everything(marked, "asha", press=True)) == set()


def test_a_record_is_shown_to_sides_that_were_there_and_nothing_else_is(marked):
    Meeting.objects.unscoped("test").filter(pk=marked.meeting.pk).update(
        status="took_place", started_at=NOW, started_by=marked.staff["fay"]
    )
    marked.meeting.attendances.unscoped("test").update(status="came")
    Record.objects.create(
        meeting=marked.meeting,
        answers={"happened": word("Record.answers")},
        helped="yes",
        stopped_why=word("Record.stopped_why"),
        created_at=NOW,
        created_by=marked.staff["fay"],
    )
    assert words_in(everything(marked, "asha")) == {word("Record.answers"), word("Record.stopped_why")}
    show = reverse("meetings:show", args=[marked.referral.reference, marked.meeting.pk])
    assert words_in(told(marked.client("lou").get(show)).lower()) == set()


def of_the_agreement(world: World, who: str) -> str:
    """The pages of the agreement, and of Jo's action."""
    names = ("meetings:agreement", "meetings:action_status")
    needs = {route.name: route.needs for route in routes()}
    arguments = world.arguments()
    hrefs = [reverse(name, kwargs={key: arguments[key] for key in needs[name]}) for name in names]
    return "\n".join(told(world.client(who).get(href)) for href in hrefs).lower()


@pytest.mark.sqlite
def test_an_agreement_shows_to_a_side_that_said_yes_and_its_results_to_no_one_else(marked):
    """Sam's side reads Jo's action as it was agreed, without its status or what it was changed to."""
    fay, kit = marked.staff["fay"], marked.staff["kit"]
    Meeting.objects.unscoped("test").filter(pk=marked.meeting.pk).update(
        status="took_place", started_at=NOW, started_by=fay
    )
    marked.meeting.attendances.unscoped("test").filter(party__in=[marked.own, marked.other]).update(
        status="came"
    )
    said = {name: word(f"Action.{name}") for name in ("what", "sign", "helper")}
    theirs = agreeing.ActionFacts(owner=marked.other, due_on=NOW.date(), **said)
    agreement = agreeing.write_agreement(
        meeting=marked.meeting,
        words=word("Agreement.words"),
        if_difficult=word("Agreement.if_difficult"),
        actions=[theirs],
        by=fay,
    )
    seen_before = words_in(everything(marked, "asha"))
    marked.extra["action"] = Action.objects.unscoped("test").get().pk
    for party in (marked.own, marked.other):
        by = marked.staff["asha"] if party == marked.own else kit
        agreeing.answer_agreement(agreement=agreement, party=party, answer=Agreed.YES, by=by)
    agreeing.set_status(
        action=Action.objects.unscoped("test").select_related("owner").get(),
        status=ActionStatus.RENEGOTIATED,
        note=word("ActionUpdate.note"),
        becomes=replace(theirs, what=word("Anew")),
        by=kit,
    )
    shared = {word(place) for place in AGREED - {"ActionUpdate.note"}}
    try:
        assert seen_before == set()
        assert words_in(everything(marked, "asha")) == shared
        assert {word("Anew"), word("ActionUpdate.note")} <= words_in(of_the_agreement(marked, "kit"))
        assert words_in(everything(marked, "lou")) == set()
    finally:
        marked.extra.pop("action")


def test_no_message_contains_a_canary(marked, settings):
    """Messages go to the recipient's own number, and contain none of it."""
    played = play.log(marked.staff, play.Pair("Una", "Vic"), NOW - timedelta(days=12))
    talk = marked_talk(played, word)
    talk = replace(talk, route=replace(talk.route, value="+447700900778"))
    play.make_ready(played, NOW - timedelta(days=6), other=talk)
    play.book_meeting(played, NOW + timedelta(days=1, hours=2), NOW - timedelta(days=2), room=1)
    for hours in range(-48, 24, 2):
        sweep(at=NOW + timedelta(hours=hours))
    sent = [json.loads(path.read_text()) for path in Path(settings.OUTBOX_DIR).glob("*.json")]
    own = {message.pk for message in Message.objects.filter(recipient_id=played.other.pk)}
    assert {file["to"] for file in sent if UUID(file["id"]) in own} == {"+447700900778"}
    assert [file for file in sent if words_in(json.dumps(file).lower())] == []
    assert "Vic" not in json.dumps([file for file in sent if UUID(file["id"]) not in own])


def test_the_database_holds_no_canary_in_clear_text(marked, django_db_blocker):
    """Sealed text is encrypted in the database: only names, kinds, codes and dates are plain."""
    from django.db import connection

    plain = set()
    with connection.cursor() as cursor:
        for label, model in MODELS.items():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            heads = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                plain |= {
                    f"{label}.{head}"
                    for head, value in zip(heads, row, strict=True)
                    if "kanari" in str(value)
                }
    assert plain == {
        "referrals.Consent.language",
        "referrals.Invited.organisation",
        "referrals.Invited.role",
        "referrals.NameWord.word",
        "referrals.Party.known_as",
        "referrals.Person.family",
        "referrals.Person.given",
        "referrals.Person.language",
        "referrals.Person.name_key",
        "referrals.Person.pronouns",
    }
    assert live.FIELD_KEYS
