"""A yes that no worker has heard from the person alone gives no access; and words are used only while they are
approved."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from meetings.demo.staff import Staff
from referrals.actions.consent import Asked, record_consent, record_link_answer
from referrals.actions.facilitation import appoint
from referrals.actions.sheets import publish_sheet
from referrals.enums import Answer, Part, Purpose
from referrals.models import Consent, Party
from referrals.presenters import words_agreed
from referrals.tests.talking import client_of, path
from restorative.accounts.models import User
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def opens(user: User, party: Party) -> bool:
    return Party.objects.opened_by(user).filter(pk=party.pk).exists()


def test_a_yes_by_link_to_sharing_opens_nothing_before_it_was_heard(staff: Staff) -> None:
    made, wes = tell("ready", staff, timezone.now()), staff["wes"]
    appoint(referral=made.referral, user=wes, by=staff["asha"])
    share = {"party": made.other, "purpose": Purpose.SHARE, "recipient": wes.organisation_id}

    record_link_answer(answer=Answer.YES, **share)
    assert not opens(wes, made.other)
    record_consent(answer=Answer.YES, asked=Asked(alone=False), by=staff["kit"], **share)
    assert not opens(wes, made.other)
    record_consent(answer=Answer.YES, by=staff["kit"], **share)
    assert opens(wes, made.other)
    record_link_answer(answer=Answer.NO, **share)
    assert not opens(wes, made.other), "a no counts at once"


def test_a_yes_by_link_to_a_second_worker_does_not_count_before_it_was_heard(staff: Staff) -> None:
    made, ben = tell("ready", staff, timezone.now()), staff["ben"]
    appoint(referral=made.referral, user=ben, part=Part.SECOND_WORKER, by=staff["asha"])
    asked = {"party": made.other, "purpose": Purpose.SECOND_WORKER, "recipient": ben.pk}

    def counts() -> bool:
        rows = Consent.objects.unscoped("test").current(timezone.now())
        return rows.filter(purpose=Purpose.SECOND_WORKER, answer=Answer.YES).exists()

    record_link_answer(answer=Answer.YES, **asked)
    assert not counts()
    record_consent(answer=Answer.YES, by=staff["kit"], **asked)
    assert counts()


def _a_year_on(staff: Staff) -> timedelta:
    return timedelta(days=365)


def _told_otherwise(staff: Staff) -> timedelta:
    publish_sheet(words="Something else.", material=True, after=1, by=staff["adam"])
    return timedelta(minutes=1)


@pytest.mark.parametrize("over", [_a_year_on, _told_otherwise])
def test_expired_words_are_not_shown(staff: Staff, over) -> None:
    made = tell("ready", staff, timezone.now())
    Party.objects.unscoped("not reached yet").filter(pk=made.other.pk).update(answered_at=None)
    [words] = words_agreed(made.other, staff["kit"])

    with time_machine.travel(timezone.now() + over(staff), tick=False):
        read_again = Party.objects.unscoped("test").select_related("referral").get(pk=made.other.pk)
        assert words_agreed(read_again, staff["kit"]) == ()
        shown = client_of(staff["kit"]).get(path(made, made.other, "approach"))
        assert words not in shown.content.decode()
        assert "There are no agreed words to use just now" in shown.context["warning"]


def test_only_a_yes_by_link_is_marked_as_not_heard(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    for answer in (Answer.YES, Answer.NO):
        record_link_answer(party=made.other, purpose=Purpose.TAKE_PART, answer=answer)
    history = client_of(staff["kit"]).get(path(made, made.other)).context["history"]
    said = {row["title"].split(":")[0]: row["who"] for row in history if row["who"].startswith("By link")}
    assert said == {"Yes to": "By link, not yet heard alone", "No to": "By link"}
