"""Words to be carried: visible to facilitators, without anything else of that person."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from meetings.demo import story as play
from meetings.models import Meeting
from meetings.tests.pages import client_of
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import record_consent, withdraw
from referrals.actions.facilitation import appoint, stand_down
from referrals.actions.readiness import prepare
from referrals.disclosure import may_carry, opened_in
from referrals.enums import Answer, ConcernKind, Part, Purpose
from referrals.facts import facts_of
from referrals.models import Consent, Involvement
from tests.stories import staff_now, tell

pytestmark = pytest.mark.django_db

WORDS = "I am sorry about Sunday."


@pytest.fixture
def made(db):
    """Kit supports Jo and also runs the meeting; Sam, whom Asha supports, has words for Jo."""
    with time_machine.travel("2027-03-02 10:30", tick=False) as clock:
        made = tell("booked_tomorrow", staff_now(), timezone.now())
        appoint(referral=made.referral, user=made.staff["kit"], part=Part.FACILITATOR, by=made.staff["asha"])
        prepare(party=made.own, answers={"hopes": "Not to shout."}, may_carry=WORDS, by=made.staff["asha"])
        clock.shift(timedelta(minutes=1))
        yield made


def agrees(made, words: str = WORDS) -> None:
    record_consent(
        party=made.own,
        purpose=Purpose.CARRY,
        answer=Answer.YES,
        recipient=made.other.pk,
        wording=words,
        by=made.staff["asha"],
        at=timezone.now() - timedelta(seconds=30),  # before the next action of the test
    )


def pages(made, who: str) -> str:
    """The preparation page of Jo and the run sheet, as one text."""
    meeting = Meeting.objects.unscoped("test").get()
    reference, client = made.referral.reference, client_of(made.staff[who])
    found = (
        client.get(reverse("referrals:preparation", args=[reference, made.other.pk])),
        client.get(reverse("meetings:run_sheet", args=[reference, meeting.pk])),
    )
    return "".join(page.content.decode() for page in found if page.status_code == 200)


def test_a_facilitator_who_supports_the_other_sees_only_the_agreed_words(made):
    assert WORDS not in pages(made, "kit")
    agrees(made)
    shown = pages(made, "kit")
    assert shown.count(WORDS) == 2, "preparing with Jo, and on the run sheet"
    assert "Not to shout." not in shown


def test_workers_who_do_not_run_the_meeting_see_none_of_it(made):
    agrees(made)
    assert WORDS not in pages(made, "ben")
    part = Involvement.objects.unscoped("test").in_meetings().get(user=made.staff["kit"])
    stand_down(part=part, by=made.staff["asha"])
    assert WORDS not in pages(made, "kit"), "supporting Jo alone opens nothing of Sam's"


def test_withdrawn_words_are_gone(made):
    agrees(made)
    withdraw(party=made.own, purpose=Purpose.CARRY, recipient=made.other.pk, by=made.staff["asha"])
    assert WORDS not in pages(made, "kit")


def test_another_organisation_sees_them_only_with_consent_to_share(made):
    wes, house = made.staff["wes"], made.staff["wes"].organisation_id
    agrees(made)
    appoint(referral=made.referral, user=wes, part=Part.FACILITATOR, by=made.staff["asha"])
    play.share_with(made, made.other, "wes", timezone.now())
    assert carried(made, "wes") == [], "Jo shares with them, and Sam was not asked"
    play.share_with(made, made.own, "wes", timezone.now())
    assert carried(made, "wes") == [WORDS]
    withdraw(party=made.own, purpose=Purpose.SHARE, recipient=house, by=made.staff["asha"])
    assert carried(made, "wes") == []


@pytest.mark.parametrize("answer", [Answer.NO, Answer.WITHDRAWN])
def test_a_person_who_stopped_gets_nothing_carried_and_this_does_not_show(made, answer):
    agrees(made)
    if answer == Answer.WITHDRAWN:
        withdraw(party=made.own, by=made.staff["asha"])
    else:
        record_consent(party=made.own, purpose=Purpose.TAKE_PART, answer=answer, by=made.staff["asha"])
    assert carried(made, "fay") == []
    assert carried(made, "kit") == [WORDS], "who may not know of it yet sees what they saw"


def test_a_stop_hides_further_words_and_this_does_not_reveal_it(made):
    agrees(made)
    assert (carried(made, "fay"), carried(made, "kit")) == ([WORDS], [WORDS])
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        raise_concern(party=made.own, kind=ConcernKind.SAYS_NOT_SAFE, by=made.staff["asha"])
        assert carried(made, "fay") == [], "who knows of it carries nothing"
        assert carried(made, "kit") == [WORDS], "who may not know sees what they saw"
        agrees(made, "And about Monday.")
        assert carried(made, "kit") == [WORDS], "what was agreed since is not for them, and what was stays"


def test_words_withdrawn_after_a_stop_are_gone_as_usual(made):
    agrees(made)
    raise_concern(party=made.own, kind=ConcernKind.SAYS_NOT_SAFE, by=made.staff["asha"])
    assert carried(made, "kit") == [WORDS]
    withdraw(party=made.own, purpose=Purpose.CARRY, recipient=made.other.pk, by=made.staff["asha"])
    assert carried(made, "kit") == []


def test_returning_in_secret_does_not_show_through_missing_words(made):
    agrees(made)
    before = pages(made, "kit")
    assert WORDS in before
    withdraw(party=made.own, by=made.staff["asha"])
    record_consent(
        party=made.own,
        purpose=Purpose.TAKE_PART,
        answer=Answer.YES,
        why_back="I thought it over.",
        by=made.staff["asha"],
    )
    assert carried(made, "fay") == [], "everything but taking part is asked again"
    assert carried(made, "kit") == [WORDS]
    assert pages(made, "kit").count(WORDS) == before.count(WORDS)


def carried(made, who: str) -> list[str]:
    user = made.staff[who]
    rows = may_carry(facts_of(made.referral.pk, timezone.now()), user, opened_in(user, made.referral.pk))
    return [row.wording for row in Consent.objects.words_of([row.id for row in rows])]


def test_their_own_page_shows_which_words_go_to_whom_and_what_withdrawing_does(made):
    agrees(made)
    client, args = client_of(made.staff["asha"]), [made.referral.reference, made.own.pk]
    stop = client.get(reverse("referrals:withdraw", args=args)).content.decode()
    assert "Nobody says these words to the other person any more." in stop
    withdraw(party=made.own, purpose=Purpose.CARRY, recipient=made.other.pk, by=made.staff["asha"])
    history = client.get(reverse("casework:party", args=args)).context["history"]
    titles = [(row["title"], row["text"]) for row in history if "carrying" in row["title"]]
    name = made.other.known_as
    assert titles == [
        (f"Stopped: carrying words to {name}", ""),
        (f"Yes to: carrying words to {name}", WORDS),
    ]
