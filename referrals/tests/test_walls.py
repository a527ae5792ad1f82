"""Attempts to get round the walls between sides, all closed: each would reveal one side to the other, or pass a
gate."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import Meeting
from referrals.actions import concerns, consent, facilitation, parties, reaching, readiness, records
from referrals.actions.personal import record_age
from referrals.blockers import blockers
from referrals.duties import Section
from referrals.enums import (
    Answer,
    ApproachResult,
    Capacity,
    ConcernKind,
    Gate,
    Part,
    Place,
    Purpose,
    SignOffDecision,
)
from referrals.models import Concern, Consent, Duty, Party, RecordsCheck
from referrals.presenters.decisions import checks_to_match
from referrals.querysets_rules import newest_answers
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.models import Message
from restorative.notify.outbox import sweep
from tests.stories import tell as retold

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
NOW = timezone.now


def codes(made: play.Played) -> set[str]:
    return {row.code for row in blockers(made.referral, Gate.BOOK, NOW())}


def opens(user, party: Party) -> bool:
    return Party.objects.opened_by(user).filter(pk=party.pk).exists()


def to_decide(user) -> set:
    """The concerns that wait for this user to decide on."""
    rows = Duty.objects.visible_to(user).running(NOW())
    return set(rows.filter(section__in=[Section.SIGN_OFFS, Section.STOPS]).values_list("thing", flat=True))


def page(user, made: play.Played, path: str = "") -> str:
    """A page of the referral, without the parts that change on every request."""
    client = Client()
    client.force_login(user)
    body = client.get(f"/r/{made.referral.reference}/{path}").content.decode()
    fresh = ("csrf", 'name="submission"')
    return "\n".join(line for line in body.splitlines() if not any(each in line for each in fresh))


def test_a_supporter_is_sealed_with_their_participant_whoever_supports_them(staff: Staff) -> None:
    made = retold("logged", staff, NOW())
    facts = parties.PersonFacts(given="Bo", place=Place.SUPPORTER)
    beside = parties.add_party(referral=made.referral, facts=facts, beside=made.other, by=staff["asha"])
    parties.set_keyworker(party=made.other, keyworker=staff["kit"], by=staff["asha"])

    assert (opens(staff["kit"], beside), opens(staff["asha"], beside)) == (True, False)


def test_a_former_keyworker_of_one_side_does_not_open_the_other_as_facilitator(staff: Staff) -> None:
    made = retold("blocked_no_facilitator", staff, NOW())
    parties.set_keyworker(party=made.own, keyworker=staff["ben"], by=staff["asha"])
    facilitation.appoint(referral=made.referral, user=staff["asha"], by=staff["asha"])

    assert not opens(staff["asha"], made.other)
    assert not opens(staff["asha"], made.own)  # as the page for changing it says
    assert "unless they manage here" in page(staff["ben"], made, f"people/{made.own.pk}/keyworker/")
    assert "facilitator_not_independent" in codes(made)


def test_a_lead_who_stands_in_for_a_keyworker_counts_as_one(staff: Staff) -> None:
    made = retold("blocked_no_facilitator", staff, NOW())
    parties.set_keyworker(party=made.own, keyworker=None, by=staff["asha"])
    facilitation.appoint(referral=made.referral, user=staff["asha"], by=staff["asha"])

    assert opens(staff["asha"], made.own)
    assert not opens(staff["asha"], made.other)
    assert "facilitator_not_independent" in codes(made)
    facilitation.appoint(referral=made.referral, user=staff["ben"], part=Part.SECOND_WORKER, by=staff["asha"])
    assert opens(staff["ben"], made.other)
    assert not opens(staff["ben"], made.own)
    assert "facilitator_not_independent" in codes(made)
    consent.record_consent(
        party=made.other,
        purpose=Purpose.SECOND_WORKER,
        recipient=staff["ben"].pk,
        answer=Answer.YES,
        by=staff["kit"],
    )
    assert "facilitator_not_independent" not in codes(made)


@pytest.mark.parametrize("answer", [Answer.NO, Answer.NOT_SURE])
def test_a_second_worker_opens_only_parties_who_said_yes(answer, staff: Staff) -> None:
    made = retold("blocked_facilitator_not_independent", staff, NOW())
    facilitation.appoint(referral=made.referral, user=staff["ben"], part=Part.SECOND_WORKER, by=staff["asha"])
    assert opens(staff["ben"], made.other)
    asked = {"party": made.other, "purpose": Purpose.SECOND_WORKER, "recipient": staff["ben"].pk}
    consent.record_consent(**asked, answer=answer, by=staff["kit"])
    assert not opens(staff["ben"], made.other)
    consent.record_consent(**asked, answer=Answer.YES, by=staff["kit"])
    assert opens(staff["ben"], made.other)


@pytest.mark.parametrize(
    ("facilitator", "second", "another"),
    [("city", "city", False), ("city", None, True), (None, "city", True), (None, None, False)],
)
def test_a_second_worker_is_of_another_team(facilitator, second, another, staff: Staff) -> None:
    made = retold("blocked_facilitator_not_independent", staff, NOW())
    city = staff["asha"].team
    for who, team in (("asha", facilitator), ("ben", second)):
        User.objects.filter(pk=staff[who].pk).update(team=team and city)
    facilitation.appoint(referral=made.referral, user=staff["ben"], part=Part.SECOND_WORKER, by=staff["asha"])
    consent.record_consent(
        party=made.other,
        purpose=Purpose.SECOND_WORKER,
        recipient=staff["ben"].pk,
        answer=Answer.YES,
        by=staff["kit"],
    )
    assert ("facilitator_not_independent" in codes(made)) is not another


def test_a_former_keyworker_is_no_second_person(staff: Staff) -> None:
    made = retold("blocked_sign_off", staff, NOW())
    parties.set_keyworker(party=made.other, keyworker=staff["mo"], by=staff["mo"])
    parties.set_keyworker(party=made.other, keyworker=staff["kit"], by=staff["mo"])
    concern = Concern.objects.unscoped("test").get(party=made.other)

    with pytest.raises(Refused, match="second person"):
        concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Fine.", by=staff["mo"])


def test_a_sign_off_by_a_worker_who_then_joins_the_referral_no_longer_counts(staff: Staff) -> None:
    made = retold("blocked_sign_off", staff, NOW())
    concern = Concern.objects.unscoped("test").get(party=made.other)
    concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Fine.", by=staff["mo"])
    assert "sign_off" not in codes(made)

    facilitation.appoint(referral=made.referral, user=staff["mo"], part=Part.SECOND_WORKER, by=staff["asha"])
    assert "sign_off" in codes(made)


def test_a_records_check_is_not_released_by_the_worker_who_asked_for_it(staff: Staff) -> None:
    made = retold("blocked_records_check", staff, NOW())
    check = RecordsCheck.objects.unscoped("test").get(referral=made.referral)
    RecordsCheck.objects.unscoped("test").update(asked_by=staff["sal"])
    check.refresh_from_db()

    with pytest.raises(Refused, match="second person"):
        records.release_records_check(check=check, by=staff["sal"])


def test_a_worker_who_may_know_does_not_use_the_words_of_a_person_who_stopped(staff: Staff) -> None:
    made = retold("ready", staff, NOW())
    consent.withdraw(party=made.own, by=staff["asha"])

    with pytest.raises(NotPossible):
        reaching.record_approach(party=made.other, result=ApproachResult.WAITING, by=staff["fay"])
    # A refusal would tell Kit, and lose the result of a call that was made.
    reaching.record_approach(party=made.other, result=ApproachResult.WAITING, by=staff["kit"])


def test_after_returning_each_other_consent_is_asked_again(staff: Staff) -> None:
    made = retold("ready", staff, NOW())
    consent.withdraw(party=made.own, by=staff["asha"])
    consent.record_consent(
        party=made.own,
        purpose=Purpose.TAKE_PART,
        answer=Answer.YES,
        why_back="I slept on it.",
        by=staff["asha"],
    )

    newest = newest_answers(Consent.objects.unscoped("test")).filter(party=made.own)
    assert list(newest.filter(answer=Answer.YES).values_list("purpose", flat=True)) == [Purpose.TAKE_PART]
    assert "wording_not_approved" in codes(made)


def test_a_second_yes_does_not_remove_a_doubt_about_capacity(staff: Staff) -> None:
    made = retold("blocked_capacity_in_doubt", staff, NOW())
    clear = consent.Asked(capacity=Capacity.CLEAR)
    consent.record_consent(
        party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES, asked=clear, by=staff["kit"]
    )

    assert "capacity_in_doubt" in codes(made)


def test_a_new_disclosure_is_a_new_concern_after_a_sign_off(staff: Staff) -> None:
    made = retold("ready", staff, NOW())
    concern = concerns.raise_concern(party=made.other, kind=ConcernKind.PAST_ABUSE, by=staff["kit"])
    concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Long ago.", by=staff["mo"])
    readiness.ask_safety(party=made.other, answers={**play.SAFE, "harmed": Answer.YES}, by=staff["kit"])

    assert Concern.objects.unscoped("test").filter(party=made.other).count() == 2
    assert "sign_off" in codes(made)


def test_a_person_with_an_open_concern_is_not_removed(staff: Staff) -> None:
    made = retold("blocked_stop", staff, NOW())

    with pytest.raises(NotPossible, match="still open"):
        parties.leave(party=made.other, by=staff["kit"])


def test_a_closed_referral_still_accepts_a_concern_and_a_withdrawal(staff: Staff) -> None:
    made = retold("closed", staff, NOW())
    concerns.raise_concern(party=made.own, kind=ConcernKind.THREATS, by=staff["asha"])
    consent.withdraw(party=made.own, purpose=Purpose.EVALUATION, by=staff["asha"])

    assert Concern.objects.unscoped("test").filter(party=made.own).exists()


def test_losing_one_of_two_required_facilitators_calls_the_meeting_off(staff: Staff, morning) -> None:
    made = retold("blocked_one_facilitator", staff, NOW())
    second = facilitation.appoint(referral=made.referral, user=staff["wes"], by=staff["asha"])
    play.book_meeting(made, play.day_at(2, 14), NOW(), kind="family")
    morning.shift(timedelta(minutes=1))
    facilitation.stand_down(part=second, by=staff["asha"])

    assert Meeting.objects.unscoped("test").get().status == "called_off"


@pytest.mark.parametrize("first_yes", [True, False])
def test_a_no_on_the_day_leaves_the_other_sides_page_unchanged(first_yes: bool, staff: Staff) -> None:
    made = retold("blocked_day_of_check_missing", staff, NOW())
    if first_yes:
        play.check_the_day(made, NOW())
    before = page(staff["asha"], made)
    answers = {**play.DAY_FINE, "still_yes": Answer.NO}
    readiness.check_on_the_day(
        party=made.other, answers=answers, by=staff["kit"], at=NOW() + timedelta(seconds=1)
    )

    assert Meeting.objects.unscoped("test").get().status == "called_off"
    assert page(staff["asha"], made) == before


def test_a_withdrawal_does_not_remove_blockers_from_the_other_sides_page(staff: Staff) -> None:
    made = retold("booked_tomorrow", staff, NOW())
    before = page(staff["asha"], made)
    consent.withdraw(party=made.other, by=staff["kit"])

    assert "Something is not settled yet with the other person." in before
    assert page(staff["asha"], made) == before


def test_a_held_message_reads_the_same_before_and_after_the_others_withdrawal(staff: Staff) -> None:
    made = retold("booked_tomorrow", staff, NOW())
    concerns.raise_concern(party=made.other, kind=ConcernKind.LAPSE, by=staff["kit"])
    sweep(at=NOW() + timedelta(minutes=30))
    before = page(staff["asha"], made)
    consent.withdraw(party=made.other, by=staff["kit"])

    assert page(staff["asha"], made) == before


def test_a_second_cause_of_a_call_off_stays_hidden_from_users_who_knew_the_first(staff: Staff) -> None:
    """Kit knows of the stop on his own side; Asha's side has a blocker already, and then says no as well."""
    made = retold("booked_tomorrow", staff, NOW())
    concerns.raise_concern(party=made.other, kind=ConcernKind.THREATS, by=staff["kit"])
    concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["asha"])

    before = page(staff["kit"], made)
    consent.record_link_answer(party=made.own, purpose=Purpose.TAKE_PART, answer=Answer.NO)

    assert "Something is not settled yet with the other person." in before
    after = page(staff["kit"], made)
    assert "Something is not settled yet with the other person." in after
    assert (
        after.count("Not yet. Nothing for you to do.") == before.count("Not yet. Nothing for you to do.") == 1
    )


def test_every_concern_that_an_age_raises_stays_hidden_with_the_step_it_causes(staff: Staff) -> None:
    """Kit knows that Jo is not sure. Then Sam turns out to be fifteen: a stop and a concern to sign off, at once."""
    made = retold("booked_tomorrow", staff, NOW())
    say = {"party": made.other, "purpose": Purpose.TAKE_PART, "by": staff["kit"]}
    consent.record_consent(answer=Answer.NOT_SURE, **say)
    before = page(staff["kit"], made)
    fifteen = clock.today() - timedelta(days=365 * 15 + 10)
    raised = record_age(party=made.own, born_on=fifteen, by=staff["asha"])

    assert len(raised) > 1
    assert page(staff["kit"], made) == before


def person_page(user, made: play.Played, party: Party, name: str = "") -> str:
    return page(user, made, f"people/{party.pk}/{name}")


def test_unapproved_words_stay_required_when_the_other_stops_in_secret(staff: Staff) -> None:
    """Kit supports a person who joined after the booking. Sam's withdrawal must not remove the row."""
    made = retold("booked_tomorrow", staff, NOW())
    lee = parties.add_party(
        referral=made.referral,
        facts=parties.PersonFacts(given="Lee", place=Place.SIBLING),
        keyworker=staff["kit"],
        by=staff["asha"],
    )
    before = page(staff["kit"], made), person_page(staff["kit"], made, lee)
    assert "words used to reach" in before[0]
    consent.withdraw(party=made.own, by=staff["asha"])

    assert (page(staff["kit"], made), person_page(staff["kit"], made, lee)) == before


def test_a_secret_return_removes_no_words_from_the_other_sides_pages(staff: Staff) -> None:
    made = retold("booked_tomorrow", staff, NOW())
    Party.objects.unscoped("test").filter(pk=made.other.pk).update(answered_at=None)
    asked = "", "approach/", "talk/"
    before = page(staff["kit"], made), [person_page(staff["kit"], made, made.other, name) for name in asked]
    assert "it’s Kit" in before[1][1]
    assert "Say only this first" in before[1][2]
    consent.withdraw(party=made.own, by=staff["asha"])
    consent.record_consent(
        party=made.own,
        purpose=Purpose.TAKE_PART,
        answer=Answer.YES,
        why_back="Thought again, nobody asked.",
        by=staff["asha"],
        at=NOW() + timedelta(seconds=1),
    )
    assert "wording_not_approved" in codes(made)

    after = page(staff["kit"], made), [person_page(staff["kit"], made, made.other, name) for name in asked]
    assert after == before


def test_a_worker_who_signed_off_and_now_leads_is_no_second_person(staff: Staff) -> None:
    made = retold("blocked_sign_off", staff, NOW())
    concern = Concern.objects.unscoped("test").get(party=made.other)
    concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Settled.", by=staff["mo"])
    assert "sign_off" not in codes(made)
    facilitation.change_lead(referral=made.referral, lead=staff["mo"], by=staff["mo"])

    assert "sign_off" in codes(made)
    assert concern.pk in to_decide(staff["sal"])
    told = Message.objects.filter(kind="worker_sign_off_waiting", state="due")
    assert set(told.values_list("recipient_id", flat=True)) == {staff["sal"].pk}


@pytest.mark.parametrize("still", [True, False])
def test_a_safeguarding_lead_on_one_side_reads_no_concern_of_the_other(still: bool, staff: Staff) -> None:
    made = retold("blocked_sign_off", staff, NOW())
    User.objects.filter(pk=staff["asha"].pk).update(safeguarding_lead=True)
    asha = User.objects.get(pk=staff["asha"].pk)
    if not still:
        parties.set_keyworker(party=made.own, keyworker=staff["ben"], by=staff["asha"])

    assert not Concern.objects.visible_to(asha).filter(party=made.other).exists()
    assert not Party.objects.visible_to(asha).with_opened(asha).get(pk=made.other.pk).opened_safety
    client = Client()
    client.force_login(asha)
    where = f"/r/{made.referral.reference}/people/{made.other.pk}/safety/"
    assert client.get(where).status_code == 404
    assert Concern.objects.visible_to(staff["sal"]).filter(party=made.other).exists()


def test_acceptance_of_the_second_worker_is_shown_only_to_their_own_side(staff: Staff, morning) -> None:
    """Asha facilitates and supports Sam, so Jo is asked about Wes. Asha sees it as any sealed blocker."""
    made = retold("blocked_facilitator_not_independent", staff, NOW())
    assert "A second worker from another team is needed" in page(staff["asha"], made)
    facilitation.appoint(referral=made.referral, user=staff["wes"], part=Part.SECOND_WORKER, by=staff["asha"])
    sealed, asked = "Something is not settled yet with the other person.", "yes to a second worker"
    before = page(staff["asha"], made)
    assert (sealed in before, "second worker from another team" in before) == (True, False)
    own = page(staff["kit"], made)
    assert f"{made.other.known_as} has not said {asked}" in own
    assert f"Next: ask {made.other.known_as} about the second worker" in own

    say = {"party": made.other, "purpose": Purpose.SECOND_WORKER, "recipient": staff["wes"].pk}
    consent.record_consent(answer=Answer.YES, by=staff["kit"], **say)
    assert "facilitator_not_independent" not in codes(made)
    morning.shift(timedelta(minutes=1))
    consent.withdraw(
        party=made.other, purpose=Purpose.SECOND_WORKER, recipient=staff["wes"].pk, by=staff["kit"]
    )
    assert "facilitator_not_independent" in codes(made)
    assert page(staff["asha"], made) == before


def test_a_former_lead_is_no_second_person(staff: Staff) -> None:
    """The lead cannot step aside for an hour to approve their own work."""
    made = retold("blocked_sign_off", staff, NOW())
    concern = Concern.objects.unscoped("test").get(party=made.other)
    go = {"concern": concern, "decision": SignOffDecision.GO, "reason": "Settled."}
    concerns.sign_off(by=staff["mo"], **go)
    for lead, by in (("mo", "mo"), ("asha", "mo")):
        facilitation.change_lead(referral=made.referral, lead=staff[lead], by=staff[by])

    assert "sign_off" in codes(made), "what was decided before does not count again"
    with pytest.raises(Refused, match="second person"):
        concerns.sign_off(by=staff["mo"], **go)
    assert concern.pk not in to_decide(staff["mo"])
    told = Message.objects.filter(kind="worker_sign_off_waiting", state="due")
    assert set(told.values_list("recipient_id", flat=True)) == {staff["sal"].pk}
    concerns.sign_off(by=staff["sal"], **go)
    assert "sign_off" not in codes(made)


def test_a_former_lead_releases_no_records_check_of_it(staff: Staff) -> None:
    made = retold("blocked_records_check", staff, NOW())
    for lead in ("sal", "asha"):
        facilitation.change_lead(referral=made.referral, lead=staff[lead], by=staff["mo"])
    check = RecordsCheck.objects.unscoped("test").select_related("referral").get(referral=made.referral)
    with pytest.raises(Refused, match="second person"):
        records.release_records_check(check=check, by=staff["sal"])
    assert check not in checks_to_match(staff["sal"])


def test_a_facilitator_with_an_inactive_account_runs_nothing(staff: Staff) -> None:
    made = retold("ready", staff, NOW())
    assert "no_facilitator" not in codes(made)
    User.objects.filter(pk=staff["fay"].pk).update(is_active=False)
    assert "no_facilitator" in codes(made)
    assert "No facilitator has been appointed." in page(staff["asha"], made)


def test_words_withdrawn_after_the_other_was_reached_stay_hidden_from_their_side(
    staff: Staff, morning
) -> None:
    """Jo answered long ago. That Sam withdraws the words concerns only Sam: Kit sees it as any sealed blocker."""
    made = retold("booked_tomorrow", staff, NOW())

    def kit_sees() -> list[str]:
        about = [person_page(staff["kit"], made, made.other, name) for name in ("", "approach/", "talk/")]
        return [page(staff["kit"], made), *about]

    before = kit_sees()
    morning.shift(timedelta(seconds=1))
    consent.withdraw(party=made.own, purpose=Purpose.WORDS, recipient=made.other.pk, by=staff["asha"])
    assert "wording_not_approved" in codes(made)

    assert kit_sees() == before
    assert f"{made.own.known_as} has not approved the words" in page(staff["asha"], made)

    Party.objects.unscoped("test").filter(pk=made.other.pk).update(answered_at=None)
    assert "Nobody has approved the words used to reach" in page(staff["kit"], made)
