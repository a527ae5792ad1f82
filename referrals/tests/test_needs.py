"""A person's needs appear on the planner and the run sheet, for users who open them and for no others."""

import pytest
import time_machine
from django.utils import timezone

from meetings.demo import story as play
from meetings.tests.pages import client_of
from referrals.actions.consent import Asked, record_consent, record_link_answer, withdraw
from referrals.actions.personal import record_needs
from referrals.actions.readiness import check_on_the_day
from referrals.actions.talk import QUESTIONS, Talk, check_in, save_talk
from referrals.enums import Answer, How, Purpose
from referrals.models import Party
from referrals.presenters import parties_for
from referrals.presenters.needs import needs_of
from restorative.common.decisions import NotPossible, Refused
from tests.stories import staff_now, tell

pytestmark = pytest.mark.django_db
NEEDS = "Step-free, and childcare on Tuesdays."


@pytest.fixture
def made(db):
    with time_machine.travel("2027-03-02 10:30", tick=False):
        made = tell("ready", staff_now(), timezone.now())
        kit = made.staff["kit"]
        record_needs(party=made.other, language="Urdu", needs=NEEDS, by=kit)
        asked = Asked(how=How.READ_ALOUD, language="Urdu", interpreter=True)
        record_consent(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES, asked=asked, by=kit)
        yield made


def body(made, who: str, path: str) -> str:
    return client_of(made.staff[who]).get(f"/r/{made.referral.reference}/{path}").content.decode()


def test_their_page_the_planner_and_the_run_sheet_show_it(made):
    play.book_meeting(made, play.day_at(3, 14), timezone.now())
    pages = [f"people/{made.other.pk}/", "meetings/new/", f"meetings/{made.meeting.pk}/run-sheet/"]
    for path in pages:
        page = body(made, "fay", path)
        assert NEEDS.rstrip(".") in page, path
        assert "An interpreter, who is not family: Urdu" in page, path
        assert "Things read aloud and explained back" in page, path


def test_the_other_sides_worker_does_not_see_it(made):
    play.book_meeting(made, play.day_at(3, 14), timezone.now())
    for path in (
        "",
        "meetings/new/",
        f"meetings/{made.meeting.pk}/",
        f"meetings/{made.meeting.pk}/run-sheet/",
    ):
        page = body(made, "asha", path)
        assert "childcare" not in page
        assert "Urdu" not in page
    with pytest.raises(Refused):
        record_needs(party=made.other, language="", needs="", by=made.staff["asha"])


def test_it_is_changed_on_its_own_page(made):
    href = f"/r/{made.referral.reference}/people/{made.other.pk}/needs/"
    kit = client_of(made.staff["kit"])
    assert NEEDS in kit.get(href).content.decode()
    assert kit.post(href, {"language": "", "needs": "Large print."}).status_code == 303
    assert "Large print." in body(made, "kit", f"people/{made.other.pk}/")


def test_not_before_they_have_answered(made):
    Party.objects.unscoped("test").filter(pk=made.other.pk).update(answered_at=None)
    with pytest.raises(NotPossible, match="has not answered yet"):
        record_needs(party=made.other, language="", needs="Large print.", by=made.staff["kit"])


def checks_in(made) -> None:
    check_in(party=made.other, answers=dict.fromkeys(QUESTIONS, Answer.YES), by=made.staff["kit"])


def answers_by_link(made) -> None:
    record_link_answer(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES)


def stops_and_comes_back_by_link(made) -> None:
    withdraw(party=made.other, by=made.staff["kit"])
    record_link_answer(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES)


def is_not_sure_today(made) -> None:
    answers = {**play.DAY_FINE, "still_yes": Answer.NOT_SURE}
    check_on_the_day(party=made.other, answers=answers, by=made.staff["kit"])


@pytest.mark.parametrize(
    "then", [checks_in, answers_by_link, stops_and_comes_back_by_link, is_not_sure_today]
)
def test_needs_survive_an_answer_that_did_not_ask_about_them(made, then):
    then(made)
    page = body(made, "kit", f"people/{made.other.pk}/")
    assert "An interpreter, who is not family: Urdu" in page
    assert "Things read aloud and explained back" in page


@pytest.mark.parametrize("name", ["talk", "consent/new"])
def test_the_next_talk_begins_with_the_help_they_had(made, name):
    href = f"/r/{made.referral.reference}/people/{made.other.pk}/{name}/"
    form = client_of(made.staff["kit"]).get(href).context["form"]
    assert form["helped"].value() == "yes"
    assert form["help_kinds"].value() == ["aloud", "interpreter"]
    href = f"/r/{made.referral.reference}/people/{made.own.pk}/{name}/"
    assert client_of(made.staff["asha"]).get(href).context["form"]["helped"].value() == "no"


def test_the_interpreters_language_is_kept(made):
    record_needs(party=made.other, language="", needs="", by=made.staff["kit"])
    assert "An interpreter, who is not family: Urdu" in body(made, "fay", "meetings/new/")


def test_needs_survive_a_talk_without_an_answer_to_taking_part(made):
    kit = made.staff["kit"]
    record_needs(party=made.other, language="", needs="", by=kit)
    record_consent(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.NOT_SURE, by=kit)
    shown = needs_of(parties_for(made.referral, kit), kit)
    assert made.other.pk not in shown

    for _ in range(2):  # repeated, it is kept once
        asked = Asked(how=How.READ_ALOUD, language="Urdu", interpreter=True)
        save_talk(party=made.other, talk=Talk(asked=asked), by=kit)
    del made.referral._parties_for
    shown = needs_of(parties_for(made.referral, kit), kit)
    assert shown[made.other.pk] == ["Speaks Urdu", "An interpreter. Things read aloud"]
