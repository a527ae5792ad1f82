"""The talk page: saved in part, never half a part; no typed text is lost; alone or not at all; submitted once."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.demo.staff import Staff
from referrals.actions.readiness import prepare
from referrals.enums import NOBODY, Answer, ConcernKind, How, Purpose, Ready
from referrals.forms import words
from referrals.models import (
    Approach,
    Concern,
    Consent,
    ContactRoute,
    Preparation,
    Rating,
    ReadinessCheck,
    Referral,
    SafetyAnswers,
)
from referrals.tests.talking import (
    READY,
    ROUTE,
    SAFE,
    START,
    client_of,
    errors_of,
    path,
    play,
    rows,
    send,
    whole_talk,
    words_key,
)
from restorative.common.models import Draft
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
SAID = (SafetyAnswers, ContactRoute, Consent, Preparation, ReadinessCheck, Rating)


def test_every_question_has_its_script() -> None:
    from referrals.enums import READINESS_QUESTIONS, SAFETY_QUESTIONS

    assert list(words.SAFETY) == list(SAFETY_QUESTIONS)
    assert list(words.READINESS) == list(READINESS_QUESTIONS)


def test_a_whole_talk_becomes_its_separate_rows(staff: Staff) -> None:
    made = play("logged", staff)
    response = send(client_of(staff["asha"]), path(made, made.own, "talk"), whole_talk(made), safe="8")

    assert response.status_code == 303
    assert response.url == path(made, made.own)
    assert [rows(model, made.own).count() for model in SAID] == [1, 1, 2, 1, 1, 1]
    route = rows(ContactRoute, made.own).get()
    assert (route.value, route.allowed, route.confirmed_by) == ("+447700900123", True, staff["asha"])
    rating = rows(Rating, made.own).get()
    assert (rating.relationship, rating.safe, rating.hope) == (None, 8, None)


def test_a_part_that_was_not_reached_stays_as_it_was(staff: Staff) -> None:
    made = play("logged", staff)
    response = send(client_of(staff["asha"]), path(made, made.own, "talk"), {**START, **SAFE})

    assert response.status_code == 303
    assert [rows(model, made.own).count() for model in SAID] == [1, 0, 0, 0, 0, 0]


def test_unchanged_suggested_words_do_not_count_as_reached(staff: Staff) -> None:
    made = play("logged", staff)
    client = client_of(staff["asha"])
    form = client.get(path(made, made.own, "talk")).context["form"]
    offered = form[f"{words_key(made.other)}_note"].value()
    assert made.other.known_as in offered
    assert made.own.known_as in offered

    typed = {**START, **SAFE, f"{words_key(made.other)}_note": offered, "hours": "any", "voicemail": "no"}
    assert send(client, path(made, made.own, "talk"), typed).status_code == 303
    assert not rows(Consent, made.own).exists()


@pytest.mark.parametrize(
    ("typed", "missing"),
    [
        ({**SAFE, "order": ""}, "order"),
        ({"afraid_said": "Sometimes."}, "afraid"),
        ({**ROUTE, "read_by_others": ""}, "read_by_others"),
        ({**ROUTE, "value": ""}, "value"),
        ({**READY, "steady": ""}, "steady"),
        ({"sight": "yes"}, "take_part"),
    ],
)
def test_half_a_part_is_an_error_where_it_is_missing_and_keeps_typed_text(
    typed: dict, missing: str, staff: Staff
) -> None:
    made = play("logged", staff)
    before = Referral.objects.unscoped("test").get(pk=made.referral.pk).version
    response = send(
        client_of(staff["asha"]), path(made, made.own, "talk"), {**START, **typed}, hopes="Peace."
    )

    assert response.status_code == 422
    assert missing in errors_of(response)
    assert "Peace." in response.content.decode()
    assert Referral.objects.unscoped("test").get(pk=made.referral.pk).version == before


def test_no_to_taking_part_asks_for_nothing_more(staff: Staff) -> None:
    made = play("logged", staff)
    response = send(client_of(staff["asha"]), path(made, made.own, "talk"), {**START, "take_part": "no"})

    assert response.status_code == 303
    assert rows(Consent, made.own).get().answer == Answer.NO


def test_yes_to_taking_part_requires_the_words_to_reach_the_other(staff: Staff) -> None:
    made = play("logged", staff)
    response = send(client_of(staff["asha"]), path(made, made.own, "talk"), {**START, "take_part": "yes"})

    assert set(errors_of(response)) == {words_key(made.other)}


@pytest.mark.parametrize("alone", ["no", "not_sure"])
def test_a_talk_not_alone_is_not_saved_and_can_be_resumed(alone: str, staff: Staff) -> None:
    made = play("logged", staff)
    client, where = client_of(staff["asha"]), path(made, made.own, "talk")
    response = send(client, where, {**START, "alone": alone, "afraid": "yes", "hopes": "To be heard."})

    assert response.status_code == 422
    assert set(errors_of(response)) == {"alone"}
    assert "Come back later" in response.content.decode()
    assert not any(rows(model, made.own).exists() for model in (*SAID, Concern))
    again = client.get(where)
    assert again.context["form"]["hopes"].value() == "To be heard."
    assert not again.context["form"].errors
    assert "Kept from" in again.content.decode()


def test_typed_text_is_saved_while_typing_and_can_be_discarded(staff: Staff) -> None:
    made = play("logged", staff)
    client, where = client_of(staff["asha"]), path(made, made.own, "talk")
    response = client.post(where, {"fears": "Shouting."}, headers={"X-Draft": "1"})

    assert response.status_code == 204
    assert client.get(where).context["form"]["fears"].value() == "Shouting."
    assert client_of(staff["fay"]).get(where).status_code == 404
    client.post(where, {"discard": "1"})
    assert "Shouting." not in client.get(where).content.decode()
    assert not Draft.objects.exists()


def test_the_draft_is_gone_once_it_is_saved(staff: Staff) -> None:
    made = play("logged", staff)
    client, where = client_of(staff["asha"]), path(made, made.own, "talk")
    client.post(where, {"fears": "Shouting."}, headers={"X-Draft": "1"})
    send(client, where, {**START, "fears": "Shouting."})

    assert not Draft.objects.exists()


def test_twenty_identical_submissions_make_one_set_of_rows(staff: Staff) -> None:
    made = play("logged", staff)
    client, token = client_of(staff["asha"]), str(uuid4())
    answers = {
        send(client, path(made, made.own, "talk"), whole_talk(made), submission=token).url for _ in range(20)
    }

    assert answers == {path(made, made.own)}
    assert [rows(model, made.own).count() for model in SAID[:5]] == [1, 1, 2, 1, 1]
    assert rows(Approach, made.own).count() == 2  # logging, and this talk


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("afraid", ConcernKind.SAYS_NOT_SAFE),
        ("controlled", ConcernKind.COERCIVE_CONTROL),
        ("harmed", ConcernKind.PAST_ABUSE),
        ("has_harmed", ConcernKind.PAST_ABUSE),
        ("order", ConcernKind.ORDER),
    ],
)
@pytest.mark.parametrize("answer", ["yes", "not_sure"])
def test_an_answer_about_safety_records_its_concern_with_their_words(
    question: str, kind: ConcernKind, answer: str, staff: Staff
) -> None:
    made = play("logged", staff)
    typed = {**START, **SAFE, question: answer, f"{question}_said": "In their words."}
    send(client_of(staff["asha"]), path(made, made.own, "talk"), typed)

    concern = rows(Concern, made.own).get()
    assert (concern.kind, concern.detail) == (kind, "In their words.")


@pytest.mark.parametrize("read", ["yes", "not_sure"])
def test_a_route_that_others_may_read_is_recorded_as_not_used(read: str, staff: Staff) -> None:
    made = play("logged", staff)
    typed = {**START, **ROUTE, "read_by_others": read}
    send(client_of(staff["asha"]), path(made, made.own, "talk"), typed)

    assert rows(ContactRoute, made.own).get().allowed is False


def test_at_a_shared_home_the_screen_is_asked_about(staff: Staff) -> None:
    made = play("logged", staff)
    typed = {**START, **SAFE, **ROUTE, "shares_home": "not_sure"}
    response = send(client_of(staff["asha"]), path(made, made.own, "talk"), typed)

    assert set(errors_of(response)) == {"screen_seen"}


def test_a_judgement_against_the_answers_needs_a_reason_and_the_page_shows_both(staff: Staff) -> None:
    made = play("logged", staff)
    client, where = client_of(staff["asha"]), path(made, made.own, "talk")
    typed = {**START, **READY, "judgement": "not_yet"}
    assert set(errors_of(send(client, where, typed))) == {"reason"}

    send(client, where, typed, reason="Detox next week.")
    check = rows(ReadinessCheck, made.own).get()
    assert (check.result, check.judgement) == (Ready.READY, Ready.NOT_YET)
    page = client.get(path(made, made.own)).content.decode()
    assert "By the answers: ready. By your judgement: not yet." in page


def test_an_interpreter_and_the_exact_words_are_kept_with_each_answer(staff: Staff) -> None:
    made = play("logged", staff)
    typed = {
        **whole_talk(made),
        "helped": "yes",
        "help_kinds": ["aloud", "interpreter"],
        "language": "Polish",
    }
    send(client_of(staff["asha"]), path(made, made.own, "talk"), typed)

    part = rows(Consent, made.own).get(purpose=Purpose.TAKE_PART, recipient=NOBODY)
    assert (part.how, part.language, part.interpreter) == (How.READ_ALOUD, "Polish", True)
    exact = rows(Consent, made.own).get(purpose=Purpose.WORDS)
    assert exact.wording == f"Hello {made.other.known_as}, can we talk?"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("afraid", "maybe"),
        ("kind", "pigeon"),
        ("take_part", "withdrawn"),
        ("alone", "perhaps"),
        ("safe", "11"),
    ],
)
def test_an_unlisted_answer_is_an_error_at_its_question(name: str, value: str, staff: Staff) -> None:
    made = play("logged", staff)
    response = send(client_of(staff["asha"]), path(made, made.own, "talk"), {**whole_talk(made), name: value})

    assert response.status_code == 422
    assert errors_of(response)[name] == ["Choose one of the answers shown"]
    assert not rows(SafetyAnswers, made.own).exists()


@pytest.mark.parametrize("typed", ["a\x00b", "\u202eover", "x" * 6000])
def test_invalid_text_is_an_error_and_the_rest_stays(typed: str, staff: Staff) -> None:
    made = play("logged", staff)
    response = send(
        client_of(staff["asha"]), path(made, made.own, "talk"), {**START, "hopes": typed, "fears": "Noise."}
    )

    assert response.status_code == 422
    assert "hopes" in errors_of(response)
    assert "Noise." in response.content.decode()


def test_only_the_person_who_asked_first_is_asked_for_the_words(staff: Staff) -> None:
    made = play("ready", staff)
    asked = client_of(staff["kit"]).get(path(made, made.other, "talk")).context["form"].asks

    assert Purpose.WORDS not in {ask.purpose for ask in asked}


def test_sharing_is_asked_for_each_other_organisation_that_facilitates(staff: Staff) -> None:
    from referrals.actions.facilitation import appoint

    made = play("ready", staff)
    appoint(referral=made.referral, user=staff["wes"], by=staff["asha"])
    asked = client_of(staff["kit"]).get(path(made, made.other, "talk")).context["form"].asks

    assert [ask.recipient for ask in asked if ask.purpose == Purpose.SHARE] == [staff["wes"].organisation_id]


def test_a_second_worker_is_asked_about_by_name(staff: Staff) -> None:
    from meetings.demo.story import appoint_second

    made = play("ready", staff)
    appoint_second(made, "ben")
    client, key = client_of(staff["kit"]), f"second_worker_{staff['ben'].pk.hex}"
    send(client, path(made, made.other, "talk"), {**START, key: "yes"})

    assert rows(Consent, made.other).get(purpose=Purpose.SECOND_WORKER).recipient == staff["ben"].pk


def test_a_stale_talk_after_the_referral_closed_is_refused_and_kept(staff: Staff) -> None:
    made = play("closed", staff)
    client, where = client_of(staff["asha"]), path(made, made.own, "talk")
    response = send(client, where, {**START, "hopes": "One more thing."})

    assert response.status_code == 422
    assert errors_of(response)[""] == ["This referral is closed. Reopen it first."]
    assert client.get(where).context["form"]["hopes"].value() == "One more thing."


def test_words_to_be_carried_are_a_separate_question(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    prepare(party=made.own, answers={"hopes": "Calm."}, may_carry="I am sorry.", by=staff["asha"])
    client = Client()
    client.force_login(staff["asha"])
    address = reverse("referrals:consent", args=[made.referral.reference, made.own.pk])
    key = f"{Purpose.CARRY.value}_{made.other.pk.hex}"
    sent = {"alone": "yes", "helped": "no", "how": "in_person", key: "yes", f"{key}_note": "I am sorry."}

    assert "I am sorry." in client.get(address).content.decode()
    assert client.post(address, sent).status_code == 303
    row = Consent.objects.unscoped("test").get(purpose=Purpose.CARRY)
    assert (row.recipient, row.wording, row.answer) == (made.other.pk, "I am sorry.", "yes")
