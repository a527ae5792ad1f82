"""What the actions promise: permissions, refusals and their words, and that no answer is overwritten."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import Meeting
from referrals.actions import (
    concerns,
    consent,
    facilitation,
    lifecycle,
    parties,
    reaching,
    readiness,
    records,
    talk,
)
from referrals.actions.intake import Worry, log_referral
from referrals.enums import (
    Answer,
    ApproachResult,
    ConcernKind,
    Kind,
    Outcome,
    Part,
    Place,
    Purpose,
    Ready,
    Reason,
    SignOffDecision,
    Source,
    Stage,
    Suitable,
)
from referrals.facts import facts_of
from referrals.models import Concern, Consent, ContactRoute, Party, Preparation, RecordsCheck, Referral
from restorative.accounts.models import User
from restorative.audit.models import AuditEntry
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.models import Message
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
NOW = timezone.now


def fresh(referral: Referral) -> Referral:
    return Referral.objects.unscoped("test").get(pk=referral.pk)


def words_missing(party: Party, by: User) -> bool:
    return reaching.words_missing(facts_of(party.referral_id, NOW()).parties[party.pk], by)


# Logging


def test_logging_creates_the_people_and_contacts_no_one(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())

    assert [(party.known_as, party.keyworker) for party in made.parties] == [
        ("Sam", staff["asha"]),
        ("Jo", None),
    ]
    assert fresh(made.referral).stage == Stage.LOGGED
    assert not Message.objects.filter(to_worker=False).exists()


def test_a_worry_named_when_logging_is_a_concern_and_leaves_the_stage(staff: Staff) -> None:
    referral = log_referral(
        person=parties.PersonFacts(given="Sam", place=Place.IN_TREATMENT),
        others=[parties.PersonFacts(given="Jo", place=Place.PARTNER)],
        kind=Kind.NOT_SURE,
        source=Source.KEYWORKER,
        hoped_for="Peace.",
        lead=staff["asha"],
        worry=Worry(ConcernKind.PAST_ABUSE, "Years ago."),
        by=staff["mo"],
    )

    assert Concern.objects.visible_to(staff["asha"]).get().detail == "Years ago."
    assert fresh(referral).stage == Stage.LOGGED


@pytest.mark.parametrize("who", ["gwen", "adam"])
def test_roles_without_casework_log_nothing(who: str, staff: Staff) -> None:
    with pytest.raises(Refused):
        play.log(staff, play.Pair("Sam", "Jo"), NOW(), lead=who)
    assert not Referral.objects.unscoped("test").exists()


def test_a_lead_is_a_colleague(staff: Staff) -> None:
    with pytest.raises(NotPossible) as refusal:
        log_referral(
            person=parties.PersonFacts(given="Sam", place=Place.IN_TREATMENT),
            others=[parties.PersonFacts(given="Jo", place=Place.PARTNER)],
            kind=Kind.CONVERSATION,
            source=Source.PERSON,
            hoped_for="",
            lead=staff["zed"],
            by=staff["asha"],
        )
    assert refusal.value.field == "lead"


def test_when_family_asked_it_is_the_person_who_is_approached(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW(), source=Source.FAMILY)

    assert words_missing(made.own, staff["asha"])
    assert not words_missing(made.other, staff["asha"])


# Approaching


def test_no_approach_before_the_words_are_approved(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())

    with pytest.raises(NotPossible) as refusal:
        reaching.record_approach(party=made.other, result=ApproachResult.WAITING, by=staff["asha"])
    assert refusal.value.field == "result"


def test_what_they_told_us_unprompted_needs_their_words(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())
    with pytest.raises(NotPossible):
        reaching.record_approach(party=made.other, told_unprompted=True, by=staff["asha"])

    told = {"words": "I know he is in treatment.", "on": "2026-03-03", "to": "Asha"}
    reaching.record_approach(
        party=made.other, told_unprompted=True, told_us=told, result=ApproachResult.WAITING, by=staff["asha"]
    )
    assert not words_missing(made.other, staff["asha"])


# Consent


def test_an_answer_is_added_and_none_is_changed(staff: Staff) -> None:
    made = tell("ready", staff, NOW())
    before = list(Consent.objects.unscoped("test").filter(party=made.other).values())

    consent.record_consent(party=made.other, purpose=Purpose.SIGHT, answer=Answer.NO, by=staff["kit"])

    after = list(Consent.objects.unscoped("test").filter(party=made.other).values())
    assert [row for row in after if row in before] == before
    assert [row["seq"] for row in after if row["purpose"] == Purpose.SIGHT] == [1, 2]


def test_only_their_own_side_records_an_answer(staff: Staff) -> None:
    made = tell("ready", staff, NOW())

    with pytest.raises(Refused):
        consent.record_consent(
            party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES, by=staff["asha"]
        )


@pytest.mark.parametrize("answer", [Answer.NO, Answer.NOT_SURE, Answer.WITHDRAWN])
def test_an_answer_that_is_no_longer_yes_calls_the_meeting_off_and_its_messages(
    answer: Answer, staff: Staff
) -> None:
    made = tell("booked_tomorrow", staff, NOW())
    assert Message.objects.filter(state="due", to_worker=False).exists()

    if answer == Answer.WITHDRAWN:
        consent.withdraw(party=made.other, by=staff["kit"])
    else:
        consent.record_consent(party=made.other, purpose=Purpose.TAKE_PART, answer=answer, by=staff["kit"])

    assert Meeting.objects.unscoped("test").get().status == "called_off"
    assert fresh(made.referral).stage == Stage.PREPARING
    assert not Message.objects.filter(state__in=["due", "held"], to_worker=False).exists()


def test_coming_back_needs_their_words_and_counts_after_two_working_days(staff: Staff) -> None:
    made = tell("withdrawn", staff, NOW())
    again = {"party": made.other, "purpose": Purpose.TAKE_PART, "answer": Answer.YES, "by": staff["kit"]}
    with pytest.raises(NotPossible) as refusal:
        consent.record_consent(**again)
    assert refusal.value.field == "why_back"

    row = consent.record_consent(**again, why_back="I have slept on it.")

    assert clock.today(row.counts_from) == clock.add_working_days(clock.today(), 2, frozenset())
    assert not Consent.objects.unscoped("test").current(NOW()).filter(pk=row.pk).exists()


def test_a_no_in_between_does_not_shorten_the_two_days(staff: Staff) -> None:
    made = tell("withdrawn", staff, NOW())
    consent.record_consent(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.NO, by=staff["kit"])

    with pytest.raises(NotPossible):
        consent.record_consent(
            party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES, by=staff["kit"]
        )


def test_a_second_yes_during_the_two_days_does_not_shorten_them(staff: Staff) -> None:
    made = tell("withdrawn", staff, NOW())
    again = {"party": made.other, "purpose": Purpose.TAKE_PART, "answer": Answer.YES, "by": staff["kit"]}
    first = consent.record_consent(**again, why_back="I have slept on it.")

    assert consent.record_consent(**again).counts_from == first.counts_from


def test_a_yes_by_link_is_not_heard_until_a_worker_hears_it(staff: Staff) -> None:
    made = tell("blocked_consent_missing", staff, NOW())
    row = consent.record_link_answer(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES)

    assert row.heard_alone_at is None
    assert row.taken_by is None


def test_withdrawing_what_was_never_agreed_is_said_plainly(staff: Staff) -> None:
    made = tell("logged", staff, NOW())

    with pytest.raises(NotPossible, match="nothing to withdraw"):
        consent.withdraw(party=made.own, by=staff["asha"])


# The talk


def test_a_talk_with_a_person_who_is_not_alone_saves_nothing(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())
    spoken = play.talk_for(made, made.own, asked=consent.Asked(alone=False))

    with pytest.raises(NotPossible) as refusal:
        talk.save_talk(party=made.own, talk=spoken, by=staff["asha"])

    assert refusal.value.field == "alone"
    assert not Consent.objects.unscoped("test").exists()


def test_a_talk_is_saved_whole_or_not_at_all(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())
    wrong = play.talk_for(
        made, made.own, judgement=Ready.NOT_YET
    )  # differs from the answers, without a reason

    with pytest.raises(NotPossible) as refusal:
        talk.save_talk(party=made.own, talk=wrong, by=staff["asha"])

    assert refusal.value.field == "reason"
    assert not Consent.objects.unscoped("test").exists()
    assert not Preparation.objects.unscoped("test").exists()


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("afraid", ConcernKind.SAYS_NOT_SAFE),
        ("controlled", ConcernKind.COERCIVE_CONTROL),
        ("order", ConcernKind.ORDER),
        ("harmed", ConcernKind.PAST_ABUSE),
        ("has_harmed", ConcernKind.PAST_ABUSE),
    ],
)
@pytest.mark.parametrize("answer", [Answer.YES, Answer.NOT_SURE])
def test_a_worrying_safety_answer_records_its_concern(
    question: str, kind: ConcernKind, answer: Answer, staff: Staff
) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())
    readiness.ask_safety(party=made.own, answers={**play.SAFE, question: answer}, by=staff["asha"])

    assert list(Concern.objects.unscoped("test").values_list("kind", flat=True)) == [kind]


def test_the_same_concern_is_not_recorded_twice(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())
    for _ in range(2):
        readiness.ask_safety(party=made.own, answers={**play.SAFE, "harmed": Answer.YES}, by=staff["asha"])

    assert Concern.objects.unscoped("test").count() == 1


def test_not_sure_counts_as_not_ready(staff: Staff) -> None:
    answers = {**play.ALL_READY, "steady": Answer.NOT_SURE}
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())

    row = readiness.check_readiness(
        party=made.own, answers=answers, judgement=Ready.NOT_YET, by=staff["asha"]
    )

    assert row.result == Ready.NOT_YET


# Routes


def test_a_written_route_that_others_read_is_refused(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())
    facts = reaching.RouteFacts(kind="text", value="+447700900123", allowed=True, read_by_others=True)

    with pytest.raises(NotPossible) as refusal:
        reaching.record_route(party=made.own, facts=facts, by=staff["asha"])
    assert refusal.value.field == "read_by_others"


def test_a_newer_route_replaces_the_older_and_keeps_it(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())
    for number in ("+447700900123", "+447700900124"):
        reaching.record_route(
            party=made.own,
            facts=reaching.RouteFacts(kind="phone", value=number, allowed=True),
            by=staff["asha"],
        )

    rows = ContactRoute.objects.unscoped("test").order_by("created_at")
    assert [(row.value, row.replaced_at is None) for row in rows] == [
        ("+447700900123", False),
        ("+447700900124", True),
    ]


# Concerns: workers do not approve their own work


def test_a_stop_calls_a_booked_meeting_off_at_once(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, NOW())
    concerns.raise_concern(party=made.own, kind=ConcernKind.THREATS, by=staff["asha"])

    assert Meeting.objects.unscoped("test").get().status == "called_off"


@pytest.mark.parametrize("who", ["asha", "kit", "fay", "ben", "mo", "mina", "zed"])
def test_only_a_safeguarding_lead_clears_a_stop(who: str, staff: Staff) -> None:
    made = tell("blocked_stop", staff, NOW())
    concern = Concern.objects.unscoped("test").get(party=made.other)

    with pytest.raises(Refused):
        concerns.clear(concern=concern, evidence="New.", seen_alone_on=clock.today(), by=staff[who])


def test_a_safeguarding_lead_on_the_referral_does_not_clear_its_stop(staff: Staff) -> None:
    made = tell("blocked_stop", staff, NOW())
    facilitation.appoint(referral=made.referral, user=staff["sal"], by=staff["asha"], part=Part.SECOND_WORKER)
    concern = Concern.objects.unscoped("test").get(party=made.other)

    with pytest.raises(Refused, match="second person"):
        concerns.clear(concern=concern, evidence="New.", seen_alone_on=clock.today(), by=staff["sal"])


def test_a_stop_is_cleared_only_after_they_were_seen_alone_since(staff: Staff) -> None:
    made = tell("blocked_stop", staff, NOW())
    concern = Concern.objects.unscoped("test").get(party=made.other)

    with pytest.raises(NotPossible) as refusal:
        concerns.clear(
            concern=concern,
            evidence="New.",
            seen_alone_on=clock.today() - timedelta(days=60),
            by=staff["sal"],
        )
    assert refusal.value.field == "seen_alone_on"


@pytest.mark.parametrize("who", ["asha", "kit", "fay", "ben", "mina"])
def test_a_sign_off_needs_a_manager_who_is_not_on_the_referral(who: str, staff: Staff) -> None:
    made = tell("blocked_sign_off", staff, NOW())
    concern = Concern.objects.unscoped("test").get(party=made.other)

    with pytest.raises(Refused):
        concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Fine.", by=staff[who])


def test_a_stop_cannot_be_signed_off(staff: Staff) -> None:
    made = tell("blocked_stop", staff, NOW())
    concern = Concern.objects.unscoped("test").get(party=made.other)

    with pytest.raises(Refused, match="cannot be signed off"):
        concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Fine.", by=staff["sal"])


def test_a_manager_who_raised_a_concern_does_not_sign_it_off(staff: Staff) -> None:
    made = tell("ready", staff, NOW())
    concern = concerns.raise_concern(party=made.other, kind=ConcernKind.LAPSE, by=staff["mo"])

    with pytest.raises(Refused, match="second person"):
        concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Fine.", by=staff["mo"])


@pytest.mark.parametrize("who", ["asha", "mo", "mina"])
def test_only_a_safeguarding_lead_releases_a_records_check(who: str, staff: Staff) -> None:
    made = tell("blocked_records_check", staff, NOW())
    check = RecordsCheck.objects.unscoped("test").get(referral=made.referral)

    with pytest.raises(Refused):
        records.release_records_check(check=check, by=staff[who])


# Deciding and closing


def test_not_now_pauses_until_a_future_review_date(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, NOW())
    not_now = {
        "referral": made.referral,
        "party": made.own,
        "decision": Suitable.NOT_NOW,
        "reason": "A hard week.",
        "by": staff["asha"],
    }
    with pytest.raises(NotPossible) as refusal:
        lifecycle.decide(**not_now, review_on=clock.today())
    assert refusal.value.field == "review_on"

    lifecycle.decide(**not_now, review_on=clock.today() + timedelta(days=30))

    row = fresh(made.referral)
    assert (row.stage, row.review_on) == (Stage.PAUSED, clock.today() + timedelta(days=30))
    assert Meeting.objects.unscoped("test").get().status == "called_off"


def test_suitable_now_takes_a_paused_referral_up_again_as_preparing(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, NOW())
    decide = {"referral": made.referral, "party": made.own, "reason": "Because.", "by": staff["asha"]}
    lifecycle.decide(**decide, decision=Suitable.NOT_NOW, review_on=clock.today() + timedelta(days=30))

    lifecycle.decide(**decide, decision=Suitable.YES)

    assert fresh(made.referral).stage == Stage.PREPARING


def test_the_outcome_is_derived_from_what_happened(staff: Staff) -> None:
    made = tell("closed", staff, NOW())

    closure = made.referral.closures.model.objects.unscoped("test").get(referral=made.referral)
    assert (closure.outcome, closure.reason) == (Outcome.MET_HELPED, "")


def test_not_going_ahead_needs_a_reason_and_notes_the_stage_it_stopped_at(staff: Staff) -> None:
    made = tell("ready", staff, NOW())
    with pytest.raises(NotPossible) as refusal:
        lifecycle.close(referral=made.referral, by=staff["asha"])
    assert refusal.value.field == "reason"

    closure = lifecycle.close(referral=made.referral, by=staff["asha"], reason=Reason.OTHER_HELP)

    assert (closure.outcome, closure.stopped_at_stage) == (Outcome.NOT_GOING_AHEAD, Stage.PREPARING)


def test_an_open_concern_blocks_closing_unless_a_manager_says_why(staff: Staff) -> None:
    made = tell("blocked_sign_off", staff, NOW())
    with pytest.raises(NotPossible, match="still open"):
        lifecycle.close(referral=made.referral, by=staff["asha"], reason=Reason.NOT_SAFE)

    lifecycle.close(
        referral=made.referral,
        by=staff["mo"],
        reason=Reason.NOT_SAFE,
        why_open_items="Followed up elsewhere.",
    )
    assert fresh(made.referral).stage == Stage.CLOSED


def test_a_closed_referral_takes_no_more_answers(staff: Staff) -> None:
    made = tell("closed", staff, NOW())

    with pytest.raises(NotPossible, match="closed"):
        consent.record_consent(party=made.own, purpose=Purpose.TAKE_PART, answer=Answer.YES, by=staff["asha"])


# People and parts


def test_a_keyworker_comes_from_the_organisation_that_supports_them(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())

    with pytest.raises(NotPossible) as refusal:
        parties.set_keyworker(party=made.other, keyworker=staff["carol"], by=staff["asha"])
    assert refusal.value.field == "keyworker"


def test_nobody_supports_two_sides_not_even_later(staff: Staff) -> None:
    """Pete is supported by Asha. Wendy told Kit that she is frightened of him."""
    made = tell("ready", staff, NOW())
    concerns.raise_concern(
        party=made.other, kind=ConcernKind.THREATS, detail="She is frightened of him.", by=staff["kit"]
    )
    with pytest.raises(NotPossible, match="Asha cannot take this one") as refusal:
        parties.set_keyworker(party=made.other, keyworker=staff["asha"], by=staff["mo"])
    assert refusal.value.field == "keyworker"
    assert not Concern.objects.visible_to(staff["asha"]).exists()

    parties.set_keyworker(party=made.own, keyworker=staff["ben"], by=staff["asha"])
    with pytest.raises(NotPossible, match="Asha cannot take this one"):  # she knows what Pete said
        parties.set_keyworker(party=made.other, keyworker=staff["asha"], by=staff["mo"])


def test_access_moves_with_the_keyworker_at_once(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), NOW())
    parties.set_keyworker(party=made.other, keyworker=staff["kit"], by=staff["asha"])

    assert not Party.objects.opened_by(staff["asha"]).filter(pk=made.other.pk).exists()
    assert Party.objects.opened_by(staff["kit"]).filter(pk=made.other.pk).exists()


def test_without_its_last_facilitator_a_booked_meeting_is_called_off(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, NOW())
    part = made.referral.involvements.model.objects.unscoped("test").in_meetings().get(referral=made.referral)
    facilitation.stand_down(part=part, by=staff["asha"])

    assert Meeting.objects.unscoped("test").get().status == "called_off"


@pytest.mark.parametrize("abused", [False, True])
def test_ending_one_of_two_facilitators_calls_the_meeting_off_in_every_case(
    staff: Staff, morning, abused: bool
) -> None:
    """Whether one would be enough can rest on what one person told their worker, so it must make no difference."""
    made = tell("ready", staff, NOW())
    if abused:
        concerns.raise_concern(
            party=made.other,
            kind=ConcernKind.PAST_ABUSE,
            detail="Said so.",
            by=staff["kit"],
            at=NOW() - timedelta(days=8),
        )
        made_concern = Concern.objects.unscoped("test").get(party=made.other)
        concerns.sign_off(concern=made_concern, decision=SignOffDecision.GO, reason="Calm.", by=staff["mo"])
    second = facilitation.appoint(referral=made.referral, user=staff["ben"], by=staff["asha"])
    play.book_meeting(made, clock.moment(clock.add_working_days(clock.today(), 3, frozenset()), 14), NOW())
    assert Meeting.objects.unscoped("test").get().status == "booked"
    morning.shift(timedelta(minutes=1))
    facilitation.appoint(referral=made.referral, user=staff["mina"], by=staff["asha"])
    facilitation.stand_down(part=second, by=staff["asha"])
    assert Meeting.objects.unscoped("test").get().status == "booked", "somebody came in their place"
    fay = (
        made.referral.involvements.model.objects.unscoped("test")
        .in_meetings()
        .get(referral=made.referral, user=staff["fay"])
    )
    facilitation.stand_down(part=fay, by=staff["asha"])
    assert Meeting.objects.unscoped("test").get().status == "called_off"


def test_each_change_bumps_the_version_and_writes_the_ledger(staff: Staff) -> None:
    made = tell("ready", staff, NOW())
    version, entries = fresh(made.referral).version, AuditEntry.objects.count()
    consent.record_consent(party=made.own, purpose=Purpose.SIGHT, answer=Answer.NO, by=staff["asha"])

    assert fresh(made.referral).version == version + 1
    assert AuditEntry.objects.count() == entries + 1
