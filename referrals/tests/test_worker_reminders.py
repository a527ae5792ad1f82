"""Reminders to workers about a referral: one rule each, due in working days, checked again before sending, and only
to a worker who may know."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Pair, Played
from referrals.actions import concerns, consent, lifecycle, parties, reaching, records
from referrals.actions.facilitation import appoint
from referrals.actions.grants import bar
from referrals.enums import (
    Answer,
    ApproachResult,
    ConcernKind,
    Part,
    Purpose,
    RouteKind,
    SignOffDecision,
    Suitable,
)
from referrals.facts import facts_of
from referrals.models import Consent, Party, Referral, SafetyAnswers
from restorative.accounts.models import Closure, Team, User
from restorative.common import clock
from restorative.notify.models import Message
from restorative.notify.outbox import reconcile, sweep
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def log(staff: Staff, **kwargs) -> Played:
    return play.log(staff, Pair("Sam", "Jo"), timezone.now(), **kwargs)


def due(kind: str) -> list[tuple[str, str]]:
    """Who is reminded and when, of the reminders that wait."""
    names = dict(User.objects.values_list("pk", "first_name"))
    rows = Message.objects.filter(kind=kind, state__in=["due", "held"])
    found = sorted((row.due_at, names[row.recipient_id]) for row in rows)
    return [(who, clock.show_when(when)) for when, who in found]


def sent(settings, kind: str = "") -> list[dict]:
    files = sorted(Path(settings.OUTBOX_DIR).glob("*.json"))
    found = [json.loads(path.read_text()) for path in files]
    return [row for row in found if not kind or kind in row["body"]]


def at(day: str, hour: int = 9) -> datetime:
    return clock.moment(datetime.fromisoformat(day).date(), hour)


def state(kind: str) -> list[str]:
    return list(Message.objects.filter(kind=kind).order_by("due_at").values_list("state", flat=True))


# --- First contact --------------------------------------------------------------------------------------------


def test_first_contact_is_due_after_five_working_days_and_the_manager_is_told_two_later(staff: Staff) -> None:
    log(staff)

    # Jo may not be spoken to before the words are approved.
    assert due("worker_first_contact") == [("Asha", "Tue 9 March, 9am")]
    assert due("worker_first_contact_late") == [("Mo", "Thu 11 March, 9am")]


def test_a_closure_of_the_organisation_is_no_working_day(staff: Staff) -> None:
    Closure.objects.create(organisation=staff["asha"].organisation, date=at("2027-03-05").date())
    log(staff)
    assert due("worker_first_contact") == [("Asha", "Wed 10 March, 9am")]


def test_first_contact_reminds_the_keyworker_with_only_the_reference(staff: Staff, settings) -> None:
    made = log(staff)
    sweep(at=at("2027-03-09"))

    [mail] = sent(settings)
    reference = Referral.objects.unscoped("test").get(pk=made.referral.pk).reference
    assert mail["to"] == "asha@demo.example"
    assert mail["body"].startswith(f"{reference}: speak with the person you support, nobody has yet.")
    assert "Sam" not in mail["body"]
    assert f"/r/{reference}/" in mail["body"]


def test_a_talk_is_contact_and_approved_words_start_the_other_workers_clock(staff: Staff) -> None:
    made = log(staff)
    play.give_keyworkers(made, timezone.now())
    assert due("worker_first_contact") == [("Asha", "Tue 9 March, 9am")]

    talk = play.talk_for(made, made.own)
    with time_machine.travel("2027-03-04 10:00", tick=False):
        play.save_talk(party=made.own, talk=talk, by=staff["asha"], at=timezone.now())
    assert due("worker_first_contact") == [("Kit", "Thu 11 March, 9am")]


def test_a_worker_who_logs_for_a_colleague_is_not_reminded(staff: Staff) -> None:
    from referrals.actions.intake import log_referral
    from referrals.actions.parties import PersonFacts
    from referrals.enums import Kind, Place, Source

    log_referral(
        person=PersonFacts(given="Sam", place=Place.IN_TREATMENT),
        others=[PersonFacts(given="Jo", place=Place.PARTNER)],
        kind=Kind.CONVERSATION,
        source=Source.KEYWORKER,
        hoped_for="",
        lead=staff["ben"],
        by=staff["asha"],
    )
    assert [who for who, _ in due("worker_first_contact")] == ["Ben"]


def test_a_new_keyworker_has_their_own_five_days_and_a_returning_one_is_reminded_again(
    staff: Staff, morning
) -> None:
    made = log(staff)
    morning.move_to("2027-03-03 10:00")
    parties.set_keyworker(party=made.own, keyworker=staff["ben"], by=staff["asha"])
    assert due("worker_first_contact") == [("Ben", "Wed 10 March, 9am")]
    made.own.refresh_from_db()
    parties.set_keyworker(party=made.own, keyworker=staff["asha"], by=staff["ben"])
    assert due("worker_first_contact") == [("Asha", "Wed 10 March, 9am")]


def test_a_manager_who_does_not_open_the_compartment_is_not_told(staff: Staff, settings) -> None:
    Team.objects.filter(pk=staff["asha"].team_id).update(manager=staff["ben"])
    log(staff)
    sweep(at=at("2027-03-11"))
    assert state("worker_first_contact_late") == ["cancelled"]


# --- Consent outstanding --------------------------------------------------------------------------------------


def asked(staff: Staff) -> Played:
    made = log(staff)
    play.save_talk(party=made.own, talk=play.talk_for(made, made.own), by=staff["asha"], at=timezone.now())
    play.give_keyworkers(made, timezone.now())
    reaching.record_approach(
        party=made.other, how=RouteKind.PHONE, result=ApproachResult.WAITING, by=staff["kit"]
    )
    return made


def test_outstanding_consent_is_due_after_7_and_14_working_days_and_reviewed_at_21(staff: Staff) -> None:
    asked(staff)

    # Only to the worker of the person who was asked: Asha leads and gets no reminder.
    assert due("worker_consent_outstanding") == [("Kit", "Thu 11 March, 9am")]
    assert due("worker_consent_still_outstanding") == [("Kit", "Mon 22 March, 9am")]
    # Good Friday and Easter Monday lie between.
    assert due("worker_consent_review") == [("Kit", "Fri 2 April, 9am")]


def test_an_answer_ends_it_and_not_sure_starts_it_again(staff: Staff, morning) -> None:
    made = asked(staff)
    morning.move_to("2027-03-05 10:00")
    consent.record_consent(
        party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.NOT_SURE, by=staff["kit"]
    )
    assert due("worker_consent_outstanding") == [("Kit", "Tue 16 March, 9am")]
    morning.move_to("2027-03-08 10:00")
    consent.record_consent(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES, by=staff["kit"])
    assert due("worker_consent_outstanding") == []


def test_no_reminder_about_a_person_who_said_do_not_approach(staff: Staff, morning) -> None:
    made = asked(staff)
    morning.shift(60)
    reaching.record_approach(party=made.other, result=ApproachResult.DO_NOT_APPROACH, by=staff["kit"])
    assert due("worker_consent_outstanding") == []


# --- Something expires ----------------------------------------------------------------------------------------


def test_answers_a_meeting_needs_are_renewed_a_week_before_they_expire(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())

    # Readiness lasts 28 days: Sam was talked with on 24 February, Jo the day after.
    found = due("worker_runs_out")
    assert ("Asha", "Wed 17 March, 9am") in found
    assert ("Kit", "Thu 18 March, 9am") in found
    opened = dict(
        Party.objects.unscoped("test").filter(referral=made.referral).values_list("keyworker", "pk")
    )
    rows = Message.objects.filter(kind="worker_runs_out", state="due")
    owners = {pk: party for model in (Consent, SafetyAnswers) for pk, party in _owners(model)}
    assert all(owners.get(row.thing_id, opened[row.recipient_id]) == opened[row.recipient_id] for row in rows)


def _owners(model) -> list[tuple]:
    return list(model.objects.unscoped("test").values_list("pk", "party"))


def test_a_check_in_cancels_the_reminder(staff: Staff, morning) -> None:
    made = tell("ready", staff, timezone.now())
    morning.move_to("2027-03-16 10:00")
    play.save_talk(party=made.own, talk=play.talk_for(made, made.own), by=staff["asha"], at=timezone.now())
    assert next(when for who, when in due("worker_runs_out") if who == "Asha") == "Tue 6 April, 9am"


def test_a_sign_off_that_ends_is_one_of_them(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    concern = concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["asha"])
    concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Well again.", by=staff["sal"])
    assert ("Asha", "Tue 20 April, 9am") in due("worker_runs_out")


def test_an_unreleased_call_off_changes_no_reminder_of_the_other_side(
    staff: Staff,
) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())
    before = list(_of(staff["asha"]))
    consent.withdraw(party=made.other, by=staff["kit"])
    assert list(_of(staff["asha"])) == before


def _of(user):
    rows = Message.objects.filter(recipient_id=user.pk, state__in=["due", "held"]).order_by("kind", "due_at")
    return rows.exclude(kind="worker_ring_instead").values_list("kind", "thing_id", "version", "due_at")


# --- A second person ------------------------------------------------------------------------------------------


def test_a_waiting_sign_off_goes_to_another_manager_or_lead_after_two_working_days(
    staff: Staff,
) -> None:
    made = log(staff)
    concern = concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["asha"])
    assert due("worker_sign_off_waiting") == [("Mo", "Thu 4 March, 9am"), ("Sal", "Thu 4 March, 9am")]

    concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Well.", by=staff["mo"])
    # It expires after 56 days: then it waits again.
    assert {when for _, when in due("worker_sign_off_waiting")} == {"Thu 29 April, 9am"}


def test_a_sign_off_by_a_worker_who_ran_it_since_waits_again_even_after_they_are_barred(
    staff: Staff,
) -> None:
    made = log(staff)
    concern = concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["asha"])
    concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Well.", by=staff["sal"])
    appoint(referral=made.referral, user=staff["sal"], part=Part.FACILITATOR, by=staff["asha"])
    assert due("worker_sign_off_waiting") == [("Mo", "Thu 4 March, 9am")]
    bar(referral=made.referral, user=staff["sal"], reason="Their cousin.", by=staff["mo"])
    assert due("worker_sign_off_waiting") == [("Mo", "Thu 4 March, 9am")]


def test_workers_on_the_referral_are_not_asked_to_sign_off(staff: Staff) -> None:
    made = log(staff, lead="mo")
    concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["sal"])
    assert due("worker_sign_off_waiting") == []


def test_a_stop_is_never_signed_off(staff: Staff) -> None:
    made = log(staff)
    concerns.raise_concern(party=made.own, kind=ConcernKind.THREATS, by=staff["asha"])
    assert due("worker_sign_off_waiting") == []


def test_a_waiting_records_check_goes_to_the_safeguarding_leads(staff: Staff, settings) -> None:
    made = log(staff)
    check = records.ask_for_records_check(referral=made.referral, by=staff["asha"])
    assert due("worker_records_check_waiting") == [("Sal", "Thu 4 March, 9am")]

    records.release_records_check(check=check, by=staff["sal"])
    assert due("worker_records_check_waiting") == []


def test_a_records_check_that_waits_long_goes_to_the_managers_for_every_cause(staff: Staff) -> None:
    made = log(staff)
    check = records.ask_for_records_check(referral=made.referral, by=staff["asha"])
    late = [("Mo", "Mon 8 March, 9am"), ("Sal", "Mon 8 March, 9am")]
    assert due("worker_records_check_late") == late

    User.objects.filter(safeguarding_lead=True).update(safeguarding_lead=False)
    reconcile(made.referral.pk)
    assert due("worker_records_check_waiting") == [], "nobody may look at it"
    assert due("worker_records_check_late") == late

    User.objects.filter(pk=staff["sal"].pk).update(safeguarding_lead=True)
    records.finish_records_check(check=check, said={}, by=staff["sal"])
    reconcile(made.referral.pk)
    assert due("worker_records_check_waiting") == [], "it is done"
    assert due("worker_records_check_late") == late, "and nobody else is told before the fixed time"

    records.release_due(at=clock.now() + timedelta(days=1))
    assert due("worker_records_check_late") == []


# --- Paused, and nothing happened -----------------------------------------------------------------------------


def pause(made: Played, staff: Staff, day: str) -> None:
    lifecycle.decide(
        referral=made.referral,
        party=made.own,
        decision=Suitable.NOT_NOW,
        reason="After the move.",
        review_on=at(day).date(),
        by=staff["asha"],
    )


def test_a_paused_referral_is_due_on_its_review_date_and_for_the_manager_three_working_days_later(
    staff: Staff,
) -> None:
    made = log(staff)
    pause(made, staff, "2027-03-12")
    assert due("worker_paused_review") == [("Asha", "Fri 12 March, 9am")]
    assert due("worker_paused_review_late") == [("Mo", "Wed 17 March, 9am")]
    # No one is reminded of anything else during the pause.
    assert due("worker_first_contact") == due("worker_nothing_happened") == []


def test_twenty_working_days_without_activity_are_reported_to_the_lead_once(staff: Staff, settings) -> None:
    log(staff)
    [(who, when)] = due("worker_nothing_happened")
    assert (who, when) == ("Asha", "Thu 1 April, 9am")
    sweep(at=at("2027-04-01"))
    sweep(at=at("2027-04-02"))
    assert state("worker_nothing_happened") == ["sent"]


def test_events_on_the_other_side_neither_stop_nor_start_it(staff: Staff, morning) -> None:
    made = asked(staff)
    before = list(_of(staff["asha"]))
    morning.move_to("2027-03-15 10:00")
    play.save_talk(party=made.other, talk=play.talk_for(made, made.other), by=staff["kit"], at=timezone.now())
    assert list(_of(staff["asha"])) == before


# --- At the moment of sending ---------------------------------------------------------------------------------


def test_a_reminder_that_was_settled_in_the_meantime_is_cancelled_when_due(staff: Staff, settings) -> None:
    """The row still exists, as after a change without the outbox: the rule is checked again."""
    made = log(staff)
    SafetyAnswers.objects.create(
        party=made.own,
        asked_alone=True,
        shares_home=False,
        asked_at=timezone.now(),
        asked_by=staff["asha"],
        created_at=timezone.now(),
        created_by=staff["asha"],
    )
    sweep(at=at("2027-03-09"))
    assert state("worker_first_contact") == ["cancelled"]
    assert sent(settings) == []


def test_an_inactive_user_gets_no_message(staff: Staff, settings) -> None:
    log(staff)
    staff["asha"].is_active = False
    staff["asha"].save()
    sweep(at=at("2027-03-09"))
    assert sent(settings) == []


def test_closing_ends_all_of_them(staff: Staff) -> None:
    made = asked(staff)
    lifecycle.close(referral=made.referral, reason="not_the_time", by=staff["asha"])
    assert not Message.objects.filter(to_worker=True, state__in=["due", "held"]).exists()


def test_a_dry_run_lists_them_plainly(staff: Staff) -> None:
    log(staff)
    out = StringIO()
    call_command("send_due", "--dry-run", "--at", "2027-03-09T09:00", stdout=out)
    text = out.getvalue()
    assert "would be sent worker_first_contact" in text
    assert "not due    worker_first_contact_late" in text
    assert "Sam" not in text
    assert "demo.example" not in text
    assert state("worker_first_contact") == ["due"]


def test_the_facts_take_the_same_number_of_queries_for_any_number_of_people(
    staff: Staff, django_assert_num_queries
) -> None:
    from referrals.reminders.work import plan

    made = tell("ready", staff, timezone.now())
    for name in ("Ann", "Bob", "Cy", "Di"):
        play.add_somebody(made, name)
    with django_assert_num_queries(3):
        facts = facts_of(made.referral.pk, timezone.now() + timedelta(days=1), closures=True)
    with django_assert_num_queries(0):
        assert plan(facts, [])


def test_planning_again_reads_only_messages_and_numbers_that_others_have_too(
    staff: Staff, django_assert_num_queries
) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())
    facts = facts_of(made.referral.pk, timezone.now(), closures=True)
    with django_assert_num_queries(2):
        planned = reconcile(made.referral.pk, at=facts.at, facts=facts)
    assert [*planned] == [[], [], []]


def test_facts_are_out_of_date_after_any_action(staff: Staff) -> None:
    from referrals.reminders import unchanged

    made = tell("ready", staff, timezone.now())
    facts = facts_of(made.referral.pk, timezone.now())
    assert unchanged(facts)
    play.add_somebody(made, "Ann")
    assert not unchanged(facts)
