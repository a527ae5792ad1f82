"""The record of a person who never answered is deleted when its time is over, and no other. What must be kept is
kept."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from meetings.demo import story
from meetings.demo.staff import Staff, make_staff
from meetings.demo.story import Pair, Played
from meetings.tests.test_races import at_once
from referrals.actions import (
    concerns,
    consent,
    death,
    forgetting,
    lifecycle,
    notes,
    parties,
    reaching,
    readiness,
    records,
    talk,
)
from referrals.actions.forgetting import SOMEBODY, forget_due
from referrals.actions.grants import Wanted, ask_for_access, bar, end_access, give
from referrals.actions.matching import match_names
from referrals.actions.parties import PersonFacts
from referrals.actions.reaching import RouteFacts
from referrals.enums import Answer, ApproachResult, ConcernKind, GrantKind, Place, Purpose, Reason, RouteKind
from referrals.models import (
    Approach,
    Bar,
    ContactRoute,
    Grant,
    NameKey,
    Note,
    Party,
    RecordsCheck,
    RecordsHit,
    Referral,
)
from referrals.tasks import provisional_records
from referrals.tests.forgetting import (
    FAMILY,
    NOW,
    a_concern_was_raised,
    everywhere,
    gone,
    jo,
    later,
    never_answered,
    spoke,
    try_to_reach,
)
from referrals.tests.talking import client_of, path, rows
from restorative.audit.models import AuditEntry
from restorative.common.decisions import NotPossible
from restorative.common.models import Draft
from restorative.notify.models import Message
from tests.stories import tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(staff: Staff) -> Played:
    return never_answered(staff)


# --- When it is deleted ---------------------------------------------------------------------------------------


def test_it_is_deleted_thirty_days_after_the_last_approach(made, clock):
    later(clock, 2)
    try_to_reach(made)
    later(clock, 10)
    try_to_reach(made, ApproachResult.WAITING)

    later(clock, 39.9)
    assert (forget_due(), gone(made)) == (0, False)
    later(clock, 40)
    assert (forget_due(), gone(made)) == (1, True)


def test_it_is_deleted_sixty_days_after_logging_without_an_approach(made, clock):
    later(clock, 59.9)
    assert forget_due() == 0
    later(clock, 60)
    assert forget_due() == 1


def test_the_numbers_are_rules_with_a_ceiling(made, clock, settings):
    settings.RULES = {"provisional_days_never_approached": 14}
    later(clock, 14)
    assert forget_due() == 1
    settings.RULES = {"provisional_days_never_approached": 61}
    with pytest.raises(Exception, match="must be from"):
        forget_due()


def test_it_is_deleted_in_a_closed_referral_too(made, clock, staff):
    lifecycle.close(referral=made.referral, reason=Reason.COULD_NOT_REACH, party=made.other, by=staff["asha"])
    later(clock, 60)
    assert (forget_due(), gone(made)) == (1, True)


def test_it_is_deleted_after_they_were_removed_from_the_referral(made, clock, staff):
    parties.leave(party=made.other, by=staff["kit"])
    later(clock, 60)

    assert forget_due() == 1
    assert (jo(made).left_at, jo(made).left_by, jo(made).known_as) == (NOW, staff["kit"], SOMEBODY)


def test_it_is_not_deleted_while_a_meeting_is_booked(staff, clock):
    made = tell("booked_tomorrow", staff, NOW)
    parties.add_party(
        referral=made.referral,
        facts=PersonFacts(given="Nan", place=Place.SUPPORTER),
        beside=made.other,
        by=staff["kit"],
    )
    later(clock, 61)
    version = Referral.objects.unscoped("test").get(pk=made.referral.pk).version
    assert forget_due() == 0
    assert Referral.objects.unscoped("test").get(pk=made.referral.pk).version == version


def test_it_is_not_deleted_while_a_call_off_waits_for_release(staff, clock):
    """A deleted party would reveal to other users that the meeting is off."""
    made = tell("booked_tomorrow", staff, NOW)
    parties.add_party(
        referral=made.referral,
        facts=PersonFacts(given="Nan", place=Place.SUPPORTER),
        beside=made.other,
        by=staff["kit"],
    )
    consent.withdraw(party=made.own, by=staff["asha"])
    later(clock, 61)
    assert forget_due() == 0


# --- Who is kept ----------------------------------------------------------------------------------------------


def said_not_sure(made: Played, staff: Staff) -> None:
    consent.record_consent(
        party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.NOT_SURE, by=staff["kit"]
    )


def was_asked_about_safety(made: Played, staff: Staff) -> None:
    readiness.ask_safety(party=made.other, answers=dict(story.SAFE), by=staff["kit"])


def said_do_not_approach(made: Played, staff: Staff) -> None:
    try_to_reach(made, ApproachResult.DO_NOT_APPROACH)


def a_concern_was_settled(made: Played, staff: Staff) -> None:
    raised = concerns.raise_concern(party=made.other, kind=ConcernKind.ATTORNEY, by=staff["kit"])
    concerns.clear(concern=raised, evidence="It ended.", seen_alone_on=None, by=staff["mo"])


def somebody_died(made: Played, staff: Staff) -> None:
    death.record_death(party=made.own, died_on=NOW.date(), by=staff["asha"])


STAYS = [
    spoke,
    said_not_sure,
    was_asked_about_safety,
    said_do_not_approach,
    a_concern_was_raised,
    a_concern_was_settled,
    somebody_died,
]


@pytest.mark.parametrize("happens", STAYS, ids=lambda happens: happens.__name__)
def test_which_records_are_kept(made, staff, clock, happens: Callable[[Played, Staff], None]):
    happens(made, staff)
    later(clock, 400)

    assert forget_due() == 0
    assert (jo(made).known_as, jo(made).person.family, jo(made).left_at) == ("Jo", FAMILY, None)


def test_the_person_in_treatment_is_kept(made, clock):
    later(clock, 400)
    forget_due()
    own = Party.objects.unscoped("test").get(pk=made.own.pk)
    assert (own.known_as, own.left_at) == ("Sam", None)


def test_a_person_who_answered_in_the_meantime_is_kept(made, staff, clock):
    """The list of due records was read before they answered."""
    later(clock, 60)
    spoke(made, staff)
    assert forgetting._forget_in(made.referral.pk, timezone.now()) == 0
    assert not gone(made)


# --- What is deleted, and what is left ------------------------------------------------------------------------


def fill(made: Played, staff: Staff) -> None:
    """Everything a worker can record about a person who has not answered."""
    kit = staff["kit"]
    route = RouteFacts(kind=RouteKind.POST, value=f"1 {FAMILY} Street")
    reaching.record_route(party=made.other, facts=route, by=kit, confirmed=False)
    told = {"words": f"I am {FAMILY}", "on": "2027-03-01", "to": str(kit.pk)}
    reaching.record_approach(party=made.other, told_unprompted=True, told_us=told, by=kit)
    note = notes.add_note(referral=made.referral, party=made.other, text=f"Mx {FAMILY} rang", by=kit)
    notes.add_note(
        referral=made.referral, party=made.other, text=f"{FAMILY} did not ring", corrects=note, by=kit
    )
    place = f"referrals:talk:{made.referral.reference}:{made.other.pk}"
    Draft.objects.create(
        owner=kit, place=place, title="", typed={"a": FAMILY}, started_at=NOW, updated_at=NOW
    )
    Message.objects.create(
        created_at=NOW,
        kind="made_up",
        thing_id=uuid4(),
        recipient_id=made.other.pk,
        group=made.referral.pk,
        planned_for=NOW,
        due_at=NOW,
        useless_after=NOW + timedelta(days=400),
        state="held",
        body=f"Hi {FAMILY}",
    )
    records.ask_for_records_check(referral=made.referral, by=staff["asha"])
    elsewhere = story.log(staff, Pair("Jo", "Al", family=FAMILY.replace("K", "C")), NOW, lead="carol")
    check = records.ask_for_records_check(referral=elsewhere.referral, by=staff["carol"])
    for each in RecordsCheck.objects.unscoped("test"):
        match_names(check=each, at=NOW)
    assert RecordsHit.objects.unscoped("test").filter(records_check=check, matched=made.other.person).exists()


def test_nothing_personal_is_left_and_history_stays_complete(made, staff, clock):
    fill(made, staff)
    assert len(everywhere(FAMILY)) > 6
    later(clock, 70)
    before = Approach.objects.unscoped("test").filter(party=made.other).count()

    forget_due()
    assert everywhere(FAMILY) == set()
    place = jo(made)
    assert (place.known_as, place.person.given, place.person.name_key) == (SOMEBODY, "", "|")
    assert (place.left_at, place.left_by, place.forgotten_at) == (timezone.now(), None, timezone.now())
    for model in (ContactRoute, Note, NameKey, RecordsHit):
        about = {"person": place.person_id} if model is NameKey else {"party": place}
        assert not model.objects.unscoped("test").filter(**about).exists(), model
    assert rows(Approach, place).count() == before
    assert Message.objects.get(kind="made_up").state == "cancelled"


def test_their_supporter_is_deleted_with_them(made, staff, clock):
    later(clock, 40)
    nan, bea = (
        parties.add_party(
            referral=made.referral,
            facts=PersonFacts(given=name, place=Place.SUPPORTER),
            beside=made.other,
            by=staff["kit"],
        )
        for name in ("Nan", "Bea")
    )
    consent.record_consent(party=bea, purpose=Purpose.TAKE_PART, answer=Answer.YES, by=staff["kit"])
    later(clock, 60)

    assert forget_due() == 2
    names = Party.objects.unscoped("test").filter(pk__in=[nan.pk, bea.pk]).order_by("created_at", "pk")
    assert {each.pk: each.known_as for each in names} == {nan.pk: SOMEBODY, bea.pk: "Bea"}


def test_a_person_in_another_referral_keeps_their_name_there(made, staff, clock):
    another = story.log(staff, Pair("Bo", "Jo"), NOW)
    Party.objects.unscoped("test").filter(pk=another.other.pk).update(person=made.other.person_id)
    talk.save_talk(party=another.other, talk=talk.Talk(asked=consent.Asked()), by=staff["asha"])
    later(clock, 60)

    assert forget_due() == 1
    kept = Party.objects.unscoped("test").select_related("person").get(pk=another.other.pk)
    assert (kept.person.given, kept.person.family) == ("Jo", FAMILY)
    assert jo(made).person.given == ""


def test_the_ledger_records_it_once_with_ids_only(made, clock):
    later(clock, 60)
    provisional_records()
    provisional_records()

    [entry] = AuditEntry.objects.filter(verb="party_forgotten")
    assert (entry.party_id, entry.actor_id, entry.role) == (made.other.pk, None, "system")
    assert "known_as" in entry.fields
    assert jo(made).left_at == timezone.now()


def test_a_failure_in_one_referral_does_not_stop_the_others(made, staff, clock, monkeypatch):
    another = story.log(staff, Pair("Bo", "Al"), NOW)
    whole = forgetting._forget

    def fails(change, party):
        if party.pk == made.other.pk:
            raise RuntimeError("a made-up failure")
        whole(change, party)

    monkeypatch.setattr(forgetting, "_forget", fails)
    later(clock, 60)
    with pytest.raises(RuntimeError):
        forget_due()
    assert not gone(made)
    assert gone(another)


@pytest.mark.sqlite
def test_afterwards_they_are_on_no_page(made, staff, clock):
    later(clock, 60)
    forget_due()
    assert client_of(staff["kit"]).get(path(made, made.other)).status_code == 404
    for page in ("", "history/"):
        shown = client_of(staff["asha"]).get(f"/r/{made.referral.reference}/{page}")
        assert (shown.status_code, "Jo" in shown.content.decode()) == (200, False)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_concurrent_runs_delete_each_record_once(clock):
    staff = make_staff(NOW)
    story.publish_sheet(NOW)
    for _ in range(5):
        story.log(staff, Pair("Sam", "Jo"), NOW)
    later(clock, 60)
    counts: list[int] = []
    at_once(*[lambda: counts.append(forget_due())] * 3)
    assert sum(counts) == 5
    assert AuditEntry.objects.filter(verb="party_forgotten").count() == 5


def test_grants_open_nothing_once_the_record_is_deleted(made, clock) -> None:
    later(clock, 59)
    until = (timezone.now() + timedelta(days=5)).date()
    staff, asked = made.staff, []
    for who in ("ben", "wes"):
        wanted = Wanted(GrantKind.COVER, staff["ben"], made.other, f"Jo {FAMILY} rang {who}.", until)
        asked.append(ask_for_access(referral=made.referral, wanted=wanted, by=staff["kit"]))
    give(grant=asked[0], by=staff["mo"])
    later(clock, 61)
    assert forget_due() == 1

    assert gone(made)
    assert not {name for name in everywhere(FAMILY) if name.startswith("Grant")}
    with pytest.raises(NotPossible):
        give(grant=asked[1], by=staff["mo"])
    assert client_of(staff["ben"]).get(path(made, made.other)).status_code == 404
    for who in ("ben", "mo", "sal", "gwen"):
        pages = [
            "/grants/",
            f"/grants/{asked[0].pk}/seen/",
            f"/grants/{asked[1].pk}/end/",
            f"/r/{made.referral.reference}/",
        ]
        for page in pages:
            shown = client_of(staff[who]).get(page)
            assert shown.status_code in (200, 403, 404)
            assert FAMILY not in shown.content.decode()
    end_access(grant=asked[0], by=staff["ben"])


def test_only_their_name_is_removed_from_words_about_the_whole_referral(made, clock) -> None:
    later(clock, 59)
    staff, until = made.staff, (timezone.now() + timedelta(days=5)).date()
    words = f"Jo’s cousin {FAMILY}, and Jo {FAMILY.upper()}, met Sam, Joanna and my jo on Tuesday."
    left = "Somebody’s cousin Somebody, and Somebody Somebody, met Sam, Joanna and my jo on Tuesday."
    bar(referral=made.referral, user=staff["fay"], reason=words, by=staff["mo"])
    for party in (None, made.own):
        wanted = Wanted(GrantKind.COVER, staff["ben"], party, words, until)
        ask_for_access(referral=made.referral, wanted=wanted, by=staff["mo"])
    notes.add_note(referral=made.referral, party=None, text=words, by=staff["asha"])
    later(clock, 61)
    assert forget_due() == 1

    assert gone(made)
    assert not everywhere(FAMILY)
    [reason] = [row.reason for row in Bar.objects.unscoped("test")]
    granted = [row.reason for row in Grant.objects.unscoped("test")]
    [note] = [row.text for row in Note.objects.unscoped("test")]
    assert [reason, *granted, note] == [left] * 4
