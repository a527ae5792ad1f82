"""Blockers: each code applies alone in its own made-up situation, and disappears when it is fixed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions import (
    concerns,
    consent,
    facilitation,
    lifecycle,
    parties,
    reaching,
    readiness,
    records,
)
from referrals.blockers import BY_KEY, CODES, START, blockers, shown_to, wording_of
from referrals.enums import (
    Answer,
    CapacityResult,
    ConcernKind,
    Format,
    Gate,
    Kind,
    Part,
    Purpose,
    Ready,
    SignOffDecision,
    Suitable,
)
from referrals.models import Concern, InformationSheet, Invited, Party, RecordsCheck, Referral, Task
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def codes(referral: Referral, gate: Gate = Gate.BOOK, days: int = 0) -> set[str]:
    return {row.code for row in blockers(referral, gate, timezone.now() + timedelta(days=days))}


def mend_stop(made: Played) -> None:
    concern = Concern.objects.unscoped("test").get(party=made.other)
    concerns.clear(
        concern=concern, evidence="They moved away.", seen_alone_on=timezone.localdate(), by=made.staff["sal"]
    )


def mend_sign_off(made: Played) -> None:
    concern = Concern.objects.unscoped("test").get(party=made.other)
    concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Steady now.", by=made.staff["mo"])


def mend_consent(made: Played) -> None:
    consent.record_consent(
        party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES, by=made.staff["kit"]
    )


def mend_words(made: Played) -> None:
    consent.record_consent(
        party=made.own,
        purpose=Purpose.WORDS,
        answer=Answer.YES,
        recipient=made.other.pk,
        wording="Hello, it’s Kit.",
        by=made.staff["asha"],
    )


def mend_capacity(made: Played) -> None:
    readiness.assess_capacity(
        party=made.other, help_given="Read aloud twice.", result=CapacityResult.ABLE, by=made.staff["kit"]
    )


def mend_readiness(made: Played) -> None:
    readiness.check_readiness(
        party=made.other, answers=dict(play.ALL_READY), judgement=Ready.READY, by=made.staff["kit"]
    )


def mend_second_worker(made: Played) -> None:
    wes = made.staff["wes"]
    facilitation.appoint(referral=made.referral, user=wes, part=Part.SECOND_WORKER, by=made.staff["asha"])
    consent.record_consent(
        party=made.other,
        purpose=Purpose.SECOND_WORKER,
        answer=Answer.YES,
        recipient=wes.pk,
        by=made.staff["kit"],
    )


def mend_too_few(made: Played) -> None:
    again = parties.add_party(
        referral=made.referral, facts=parties.PersonFacts(given="Ed", place="friend"), by=made.staff["asha"]
    )
    assert again.place == "friend"


MENDS = {
    "stop": mend_stop,
    "sign_off": mend_sign_off,
    "consent_missing": mend_consent,
    "consent_not_heard": mend_consent,
    "wording_not_approved": mend_words,
    "capacity_in_doubt": mend_capacity,
    "safety_not_asked": lambda made: readiness.ask_safety(
        party=made.other, answers=dict(play.SAFE), by=made.staff["kit"]
    ),
    "readiness_missing": mend_readiness,
    "readiness_expired": mend_readiness,
    "not_prepared": lambda made: readiness.prepare(
        party=made.other, answers={"hopes": "Calm."}, format=Format.PHONE, by=made.staff["kit"]
    ),
    "safe_contact_missing": lambda made: reaching.record_route(
        party=made.other,
        facts=reaching.RouteFacts(kind="phone", value="+447700900999", allowed=True),
        by=made.staff["kit"],
    ),
    "too_few_parties": mend_too_few,
    "not_suitable_yet": lambda made: lifecycle.decide(
        referral=made.referral, party=made.own, decision=Suitable.YES, reason="Calm.", by=made.staff["asha"]
    ),
    "records_check": lambda made: records.release_records_check(
        check=RecordsCheck.objects.unscoped("test").get(referral=made.referral), by=made.staff["sal"]
    ),
    "no_facilitator": lambda made: facilitation.appoint(
        referral=made.referral, user=made.staff["fay"], by=made.staff["asha"]
    ),
    "facilitator_not_independent": mend_second_worker,
    "one_facilitator": lambda made: facilitation.appoint(
        referral=made.referral, user=made.staff["wes"], by=made.staff["asha"]
    ),
    "professional_not_agreed": lambda made: facilitation.leave_out(
        invited=Invited.objects.unscoped("test").get(referral=made.referral), by=made.staff["asha"]
    ),
    "day_of_check_missing": lambda made: play.check_the_day(made, timezone.now()),
}


@pytest.mark.parametrize("code", sorted(BY_KEY))
def test_each_code_applies_alone_and_disappears_when_fixed(code: str, staff: Staff) -> None:
    made = tell(f"blocked_{code}", staff, timezone.now())
    gate = Gate.START if BY_KEY[code].gates == START else Gate.BOOK

    assert codes(made.referral, gate) == {code}

    MENDS[code](made)
    assert code not in codes(made.referral, gate)


def test_a_ready_referral_has_no_booking_blockers(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())

    assert codes(made.referral) == set()
    assert codes(made.referral, Gate.START) == {"day_of_check_missing"}


@pytest.mark.parametrize(
    ("days", "appears"),
    [
        (21, None),
        (23, "readiness_expired"),
        (86, "safety_not_asked"),
        (86, "safe_contact_missing"),
        (185, "consent_missing"),
    ],
)
def test_expired_answers_block_again(days: int, appears: str | None, staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())

    later = codes(made.referral, days=days)

    assert later == set() if appears is None else appears in later


def test_past_abuse_or_a_shared_home_makes_contact_expire_after_30_days(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    answers = {**play.SAFE, "shares_home": Answer.YES}
    readiness.ask_safety(party=made.other, answers=answers, by=staff["kit"])

    assert "safe_contact_missing" not in codes(made.referral, days=20)
    assert "safe_contact_missing" in codes(made.referral, days=27)


def test_to_start_readiness_and_safety_must_be_from_the_last_7_days(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())

    assert not {"readiness_expired", "safety_not_asked"} & codes(made.referral, Gate.START)
    assert {"readiness_expired", "safety_not_asked"} <= codes(made.referral, Gate.START, days=3)


def test_a_material_change_of_the_sheet_makes_a_yes_void(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    InformationSheet.objects.update(materially_changed_at=timezone.now() - timedelta(minutes=1))

    # The approval of the words was given on that sheet too.
    assert codes(made.referral) == {"consent_missing", "wording_not_approved"}


def test_a_new_concern_requires_safety_questions_and_sign_off_again(staff: Staff) -> None:
    made = tell("blocked_sign_off", staff, timezone.now())
    mend_sign_off(made)
    concerns.raise_concern(party=made.other, kind=ConcernKind.RECENT_CRISIS, by=staff["kit"])

    assert {"sign_off", "safety_not_asked"} <= codes(made.referral)
    assert (
        len([row for row in blockers(made.referral, Gate.BOOK, timezone.now()) if row.code == "sign_off"])
        == 1
    )


def test_steps_of_a_sign_off_block_until_done(staff: Staff) -> None:
    made = tell("blocked_sign_off", staff, timezone.now())
    concern = Concern.objects.unscoped("test").get(party=made.other)
    concerns.sign_off(
        concern=concern,
        decision=SignOffDecision.GO_WITH_STEPS,
        reason="After a call.",
        steps=["Ring the clinic."],
        by=staff["mo"],
    )
    assert codes(made.referral) == {"sign_off"}

    concerns.finish_step(task=Task.objects.unscoped("test").get(blocks__concern=concern), by=staff["kit"])
    assert codes(made.referral) == set()


def test_a_sign_off_lasts_56_days(staff: Staff) -> None:
    made = tell("blocked_sign_off", staff, timezone.now())
    mend_sign_off(made)

    assert "sign_off" not in codes(made.referral, days=55)
    assert "sign_off" in codes(made.referral, days=57)


def test_do_not_go_still_blocks(staff: Staff) -> None:
    made = tell("blocked_sign_off", staff, timezone.now())
    concern = Concern.objects.unscoped("test").get(party=made.other)
    concerns.sign_off(concern=concern, decision=SignOffDecision.DO_NOT_GO, reason="Too soon.", by=staff["mo"])

    assert codes(made.referral) == {"sign_off"}


def test_a_person_who_joins_needs_a_records_check(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    parties.add_party(
        referral=made.referral, facts=parties.PersonFacts(given="Ed", place="friend"), by=staff["asha"]
    )

    assert "records_check" in codes(made.referral)


def test_an_older_check_counts_once_a_manager_accepts_it(staff: Staff) -> None:
    made = tell("blocked_readiness_expired", staff, timezone.now())
    check = made.other.readiness_checks.model.objects.unscoped("test").get(party=made.other)
    readiness.accept_late(check=check, why="Seen every week.", by=staff["mo"])

    assert codes(made.referral) == set()
    assert "readiness_expired" in codes(made.referral, days=12)


def test_a_supporter_needs_consent_and_preparation_and_nothing_more(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    parties.add_party(
        referral=made.referral,
        facts=parties.PersonFacts(given="Bo", place="supporter"),
        beside=made.own,
        by=staff["asha"],
    )

    assert codes(made.referral) == {"consent_missing", "not_prepared", "records_check"}


def test_past_abuse_asks_for_two_facilitators(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    concerns.raise_concern(party=made.other, kind=ConcernKind.PAST_ABUSE, by=staff["kit"])
    assert "one_facilitator" in codes(made.referral)

    facilitation.appoint(referral=made.referral, user=staff["wes"], by=staff["asha"])
    assert "one_facilitator" not in codes(made.referral)


def shown(made: Played, user: str) -> list[str]:
    rows = (
        Party.objects.visible_to(made.staff[user])
        .filter(referral=made.referral)
        .with_opened(made.staff[user])
    )
    return [row.sentence for row in shown_to(blockers(made.referral, Gate.BOOK, timezone.now()), rows)]


# Codes of one compartment at the gate `book`, in situations caused by the other person.
SEALED_CODES = sorted(
    code.key
    for code in CODES
    if code.party
    and code.gates != START
    and code.key
    not in ("records_check", "wording_not_approved", "one_facilitator", "facilitator_not_independent")
)


@pytest.mark.parametrize("code", SEALED_CODES)
def test_the_other_side_sees_one_sentence_for_every_cause(code: str, staff: Staff) -> None:
    made = tell(f"blocked_{code}", staff, timezone.now())

    assert shown(made, "asha") == ["Something is not settled yet with the other person."]
    assert shown(made, "kit") == [wording_of(code, of_party=True).sentence.format(name=made.other.known_as)]


def test_two_blockers_of_the_other_person_are_still_one_sentence(staff: Staff) -> None:
    made = tell("blocked_consent_missing", staff, timezone.now())
    concerns.raise_concern(party=made.other, kind=ConcernKind.THREATS, by=staff["kit"])

    assert shown(made, "asha") == ["Something is not settled yet with the other person."]


def test_the_person_who_asked_first_is_asked_for_the_words(staff: Staff) -> None:
    made = tell("blocked_wording_not_approved", staff, timezone.now())

    assert shown(made, "asha") == [
        f"{made.own.known_as} has not approved the words used to reach the other person."
    ]


@pytest.mark.parametrize("kind", [Kind.CONVERSATION, Kind.NOT_SURE, Kind.FAMILY])
def test_how_many_take_part_asks_for_two_facilitators_whatever_the_kind(kind: Kind, staff: Staff) -> None:
    made = tell("blocked_one_facilitator", staff, timezone.now())
    Referral.objects.unscoped("test").filter(pk=made.referral.pk).update(kind=kind)
    assert "one_facilitator" in codes(made.referral)
    two = tell("ready", staff, timezone.now())
    Referral.objects.unscoped("test").filter(pk=two.referral.pk).update(kind=kind)
    assert "one_facilitator" not in codes(two.referral)


def test_a_family_meeting_names_its_own_rule(staff: Staff) -> None:
    made = tell("blocked_one_facilitator", staff, timezone.now())

    assert made.referral.kind == Kind.FAMILY
    assert shown(made, "asha") == ["With three or more people taking part, two facilitators are needed."]
