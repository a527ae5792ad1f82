"""A no to feeling safe, being free of pressure or a free choice is a stop, and not sure is not ready, whatever the
worker judges: on its own page, in a talk and in the action."""

import pytest
from django.utils import timezone

from meetings.demo import story as play
from meetings.tests.pages import errors_of
from referrals.actions.readiness import check_readiness
from referrals.enums import READINESS_STOPS, STOPS, Answer, ConcernKind, Ready
from referrals.models import Concern, ReadinessCheck
from referrals.tests.talking import READY, START, client_of, path, send
from restorative.common.decisions import NotPossible
from tests.stories import tell

pytestmark = pytest.mark.django_db

THREE = list(READINESS_STOPS)


@pytest.fixture
def made(morning, staff):
    return tell("ready", staff, timezone.now())


def stops(made) -> list[tuple[str, str]]:
    rows = Concern.objects.unscoped("test").filter(party=made.own, kind__in=STOPS)
    return [(row.kind, row.detail) for row in rows]


def answered(question: str, answer: str, judgement: str) -> dict[str, str]:
    return {
        **READY,
        question: answer,
        f"{question}_said": "He tells me to.",
        "judgement": judgement,
        "reason": "-",
    }


@pytest.mark.parametrize("question", THREE)
def test_a_no_is_a_stop_in_their_words_and_the_page_says_so(question, made, staff):
    asha = client_of(staff["asha"])
    answer = send(asha, path(made, made.own, "readiness"), answered(question, "no", "not_yet"))
    assert answer.status_code == 303
    assert stops(made) == [(READINESS_STOPS[question], "He tells me to.")]
    assert "A stop was recorded." in asha.get(answer.url).content.decode()


@pytest.mark.parametrize("question", THREE)
@pytest.mark.parametrize("answer", ["no", "not_sure"])
def test_it_cannot_be_judged_ready(question, answer, made, staff):
    before = ReadinessCheck.objects.unscoped("test").count()
    for page in ("readiness", "talk"):
        typed = answered(question, answer, "ready") | (START if page == "talk" else {})
        refused = send(client_of(staff["asha"]), path(made, made.own, page), typed)
        assert refused.status_code == 422
        assert "It is not the right time while" in errors_of(refused)["judgement"][0]
    answers = {**play.ALL_READY, question: Answer(answer)}
    with pytest.raises(NotPossible) as error:
        check_readiness(
            party=made.own, answers=answers, judgement=Ready.READY, reason="Sure.", by=staff["asha"]
        )
    assert error.value.field == "judgement"
    assert ReadinessCheck.objects.unscoped("test").count() == before
    assert stops(made) == []


def test_not_sure_is_not_yet_without_a_stop_and_other_answers_are_judged(made, staff):
    for question in ("feels_safe", "steady"):
        answers = {**play.ALL_READY, question: Answer.NOT_SURE}
        row = check_readiness(party=made.own, answers=answers, judgement=Ready.NOT_YET, by=staff["asha"])
        assert row.result == Ready.NOT_YET
    judged = check_readiness(
        party=made.own,
        answers={**play.ALL_READY, "steady": Answer.NO},
        judgement=Ready.READY,
        reason="It is years ago.",
        by=staff["asha"],
    )
    assert judged.judgement == Ready.READY
    assert stops(made) == []


def test_two_answers_of_one_kind_are_one_stop_and_an_open_one_is_not_doubled(made, staff):
    answers = {**play.ALL_READY, **dict.fromkeys(THREE, Answer.NO)}
    notes = {"no_pressure": "His mother rings daily."}
    for _ in range(2):
        check_readiness(
            party=made.own, answers=answers, notes=notes, judgement=Ready.NOT_YET, by=staff["asha"]
        )
    assert sorted(kind for kind, _ in stops(made)) == sorted([ConcernKind.THREATS, ConcernKind.SAYS_NOT_SAFE])


def test_a_stop_calls_off_the_meeting(staff, morning):
    made = tell("booked_tomorrow", staff, timezone.now())
    answers = {**play.ALL_READY, "feels_safe": Answer.NO}
    check_readiness(party=made.own, answers=answers, judgement=Ready.NOT_YET, by=staff["asha"])
    made.meeting.refresh_from_db()
    assert made.meeting.status == "called_off"
