"""The check-in: five answers that renew a talk, each with the same effect as on its own page."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from meetings.models import Meeting
from referrals import blockers
from referrals.actions.change import changing
from referrals.actions.concerns import raise_concern, sign_off
from referrals.actions.consent import withdraw
from referrals.actions.parties import PersonFacts, add_party
from referrals.actions.reaching import RouteFacts, record_route
from referrals.actions.sheets import publish_sheet
from referrals.actions.talk import QUESTIONS, check_in
from referrals.actions.tasks import give_task
from referrals.enums import (
    Answer,
    ConcernKind,
    Gate,
    Place,
    Purpose,
    ReadinessKind,
    Ready,
    RouteKind,
    SignOffDecision,
    TaskKind,
)
from referrals.models import Concern, Consent, ContactRoute, Party, ReadinessCheck, SafetyAnswers, Task
from referrals.tests.talking import client_of, path, play, rows, send
from restorative.common.decisions import NotPossible, Refused
from restorative.common.models import Draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

YES = dict.fromkeys(QUESTIONS, "yes")


@pytest.fixture
def made(staff: Staff) -> Played:
    return play("ready", staff)


def codes(made: Played, party: Party, at=None) -> set[str]:
    made.referral.refresh_from_db()
    found = blockers.blockers(made.referral, Gate.BOOK, at or timezone.now())
    return {row.code for row in found if row.party_id == party.pk}


def count(party: Party) -> list[int]:
    models = (Consent, SafetyAnswers, ReadinessCheck, ContactRoute, Concern)
    return [rows(model, party).count() for model in models]


def text(client, where: str) -> str:
    return " ".join(client.get(where).content.decode().split())


def test_a_check_in_that_was_to_be_made_is_made(made, staff):
    today = timezone.localdate()
    with changing(made.referral, by=staff["asha"]) as change:
        give_task(change, made.own, TaskKind.CHECK_IN, "Check in.", due_on=today)
        other = give_task(change, made.own, TaskKind.WORRY, "Check in.", due_on=today)
    check_in(party=made.own, answers=YES, by=staff["asha"])
    assert list(rows(Task, made.own).filter(done_at=None)) == [other]


def test_a_changed_information_sheet_needs_the_full_questions(made, staff):
    publish_sheet(words="Something else.", material=True, after=1, by=staff["adam"])
    with pytest.raises(NotPossible, match="has changed since they said yes"):
        check_in(party=made.own, answers=YES, by=staff["asha"])
    assert "consent_missing" in codes(made, made.own)


def test_five_yeses_renew_all_four_together(made, staff):
    later = timezone.now() + timedelta(days=100)
    assert {"safety_not_asked", "readiness_expired", "safe_contact_missing"} <= codes(made, made.own, later)
    check_in(party=made.own, answers=YES, by=staff["asha"], at=later)

    assert codes(made, made.own, later) == set()
    taken = rows(Consent, made.own).filter(purpose=Purpose.TAKE_PART).order_by("seq").last()
    assert (taken.answer, taken.heard_alone_by, taken.taken_at) == (Answer.YES, staff["asha"], later)
    check = rows(ReadinessCheck, made.own).order_by("completed_at").last()
    assert (check.kind, check.judgement) == (ReadinessKind.CHECK_IN, Ready.READY)
    route = rows(ContactRoute, made.own).get(replaced_at=None)
    assert (route.confirmed_at, route.confirmed_by, route.allowed) == (later, staff["asha"], True)
    asked = rows(SafetyAnswers, made.own).order_by("asked_at")
    assert asked.last().answers["answers"] == asked.first().answers["answers"]
    assert not rows(Concern, made.own).exists()


def test_a_signed_off_concern_is_not_raised_again(made, staff):
    concern = raise_concern(
        party=made.own,
        kind=ConcernKind.PAST_ABUSE,
        by=staff["asha"],
        at=timezone.now() - timedelta(days=30),
    )
    sign_off(concern=concern, decision=SignOffDecision.GO, reason="Long ago.", by=staff["sal"])
    answers = {"answers": {**rows(SafetyAnswers, made.own).get().answers["answers"], "harmed": "yes"}}
    rows(SafetyAnswers, made.own).update(answers=answers)
    check_in(party=made.own, answers=YES, by=staff["asha"])

    assert rows(Concern, made.own).count() == 1
    assert "sign_off" not in codes(made, made.own)


@pytest.mark.parametrize("answer", ["no", "not_sure"])
def test_anything_but_yes_to_taking_part_calls_the_meeting_off(staff, answer):
    made = play("booked_tomorrow", staff)
    check_in(party=made.own, answers=YES | {"still_yes": answer}, by=staff["asha"])

    assert Meeting.objects.unscoped("test").get().status == "called_off"
    assert "consent_missing" in codes(made, made.own)
    shown = client_of(staff["kit"]).get(f"/r/{made.referral.reference}/")
    assert b"Meeting called off" not in shown.content


@pytest.mark.parametrize("answer", ["no", "not_sure"])
def test_anything_but_yes_to_safe_is_a_stop(staff, answer):
    made = play("booked_tomorrow", staff)
    check_in(party=made.own, answers=YES | {"safe": answer}, note="He waits outside.", by=staff["asha"])

    concern = rows(Concern, made.own).get()
    assert (concern.kind, concern.detail) == (ConcernKind.SAYS_NOT_SAFE, "He waits outside.")
    assert Meeting.objects.unscoped("test").get().status == "called_off"
    assert {"stop", "safety_not_asked", "readiness_missing"} <= codes(made, made.own)


@pytest.mark.parametrize(("answer", "confirmed"), [("no", True), ("not_sure", False)])
def test_anything_but_yes_to_the_number_stops_messages_that_way(made, staff, answer, confirmed):
    check_in(party=made.own, answers=YES | {"same_way": answer}, by=staff["asha"])
    route = rows(ContactRoute, made.own).get(replaced_at=None)

    assert (route.allowed, route.confirmed_at is not None) == (False, confirmed)
    assert "safe_contact_missing" in codes(made, made.own)


@pytest.mark.parametrize("key", ["well", "right_time"])
def test_anything_but_yes_to_the_rest_is_not_yet(made, staff, key):
    check = check_in(party=made.own, answers=YES | {key: "not_sure"}, by=staff["asha"])
    assert (check.result, check.judgement) == (Ready.NOT_YET, Ready.NOT_YET)
    assert codes(made, made.own) == {"readiness_missing"}


def test_it_is_all_or_nothing(made, staff):
    before = count(made.own)
    for wrong in ({"safe": ""}, {"well": "perhaps"}):
        with pytest.raises(NotPossible):
            check_in(party=made.own, answers=YES | wrong, by=staff["asha"])
    with pytest.raises(NotPossible):
        check_in(party=made.own, answers=YES, alone=False, by=staff["asha"])
    with pytest.raises(Refused):
        check_in(party=made.own, answers=YES, by=staff["kit"])
    assert count(made.own) == before


# Situations in which it is not possible


def refused(made: Played, party: Party, staff: Staff, who: str) -> str:
    with pytest.raises(NotPossible) as refusal:
        check_in(party=party, answers=YES, by=staff[who])
    shown = text(client_of(staff[who]), path(made, party, "check-in"))
    assert refusal.value.sentences[0] in shown
    assert path(made, party, "talk") in shown
    return refusal.value.sentences[0]


def test_no_check_in_before_a_whole_talk(staff):
    made = play("logged", staff)
    assert "not a yes" in refused(made, made.own, staff, "asha")


def test_not_after_withdrawing(made, staff):
    withdraw(party=made.own, by=staff["asha"])
    assert "not a yes" in refused(made, made.own, staff, "asha")


def test_not_after_a_new_concern(made, staff):
    raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["asha"])
    assert "A concern was recorded" in refused(made, made.own, staff, "asha")


def test_not_if_the_newest_answer_was_not_yet(made, staff):
    check_in(party=made.own, answers=YES | {"well": "no"}, by=staff["asha"])
    assert "right time yet" in refused(made, made.own, staff, "asha")


# The page


def test_the_page_takes_five_answers_and_one_submission(made, staff):
    client, where = client_of(staff["asha"]), path(made, made.own, "check-in")
    shown = client.get(where)
    asked = [name for name, field in shown.context["form"].fields.items() if field.required]
    assert asked == list(QUESTIONS)
    assert "by text on 07700 900" in shown.content.decode()

    assert send(client, where, YES | asked_about(shown)).status_code == 303
    assert rows(ReadinessCheck, made.own).filter(kind=ReadinessKind.CHECK_IN).count() == 1


def asked_about(shown) -> dict[str, str]:
    """The contact route in the page's question."""
    return {"route": str(shown.context["form"]["route"].value())}


def test_an_answer_about_the_old_route_does_not_confirm_a_changed_one(made, staff):
    client, where = client_of(staff["asha"]), path(made, made.own, "check-in")
    old = asked_about(client.get(where))
    facts = RouteFacts(kind=RouteKind.PHONE, value="+447700900777", allowed=True, read_by_others=False)
    later = timezone.now() + timedelta(minutes=5)
    record_route(party=made.own, facts=facts, confirmed=True, by=staff["asha"], at=later)

    for stale in (old, {"route": "not one"}, {}):
        shown = send(client, where, YES | {"note": "All is well."} | stale)
        assert shown.status_code == 422
        assert "was changed since you opened the page" in str(shown.context["form"].errors["same_way"])
        assert "07700 900777" in shown.content.decode()
        assert shown.context["form"]["note"].value() == "All is well."
        assert shown.context["form"]["same_way"].value() is None
    assert not rows(ReadinessCheck, made.own).filter(kind=ReadinessKind.CHECK_IN).exists()
    assert send(client, where, YES | asked_about(shown)).status_code == 303


def test_a_supporter_has_no_check_in_and_the_page_leads_to_theirs(made, staff):
    facts = PersonFacts(given="Nan", place=Place.SUPPORTER)
    nan = add_party(referral=made.referral, facts=facts, beside=made.own, by=staff["asha"])
    shown = client_of(staff["asha"]).get(path(made, nan, "check-in"))
    assert shown.context["nothing_href"] == path(made, nan)


def test_not_alone_means_later_with_what_was_filled_in(made, staff):
    client, where = client_of(staff["asha"]), path(made, made.own, "check-in")
    before = count(made.own)
    later = send(client, where, {"still_yes": "yes", "note": "Her mother came in."}, later="1")

    assert (later.status_code, later.url) == (303, path(made, made.own))
    assert count(made.own) == before
    assert client.get(where).context["form"]["note"].value() == "Her mother came in."
    assert Draft.objects.get().owner == staff["asha"]


def test_it_is_offered_when_something_has_expired_or_soon_will(made, staff):
    reference, offer = made.referral.reference, f"Check in with {made.own.known_as}"
    assert f"Next: {offer.lower()}" not in text(client_of(staff["asha"]), path(made, made.own)).lower()
    for days, where in ((18, path(made, made.own)), (40, path(made, made.own)), (40, f"/r/{reference}/")):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            shown = text(client_of(staff["asha"]), where)
        assert offer in shown, (days, where)
        assert path(made, made.own, "check-in") in shown
        assert path(made, made.other, "check-in") not in shown
