"""A referral as a row of lists: what is stored of it after each story, and when nothing has been heard of it."""

import pytest
from django.utils import timezone

from meetings.actions.calling_off import release, say_safe
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import CallOff, Meeting
from referrals.actions.parties import PersonFacts, add_party
from referrals.enums import Place
from referrals.models import Concern, NameWord, Party, Referral, Summary
from tests.stories import tell as retold

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
NOW = timezone.now


def stored(made: play.Played) -> Summary:
    return Summary.objects.unscoped("test").get(pk=made.referral.pk)


def words(party: Party) -> list[str]:
    return sorted(NameWord.objects.unscoped("test").filter(party=party).values_list("word", flat=True))


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("logged", "logged"),
        ("ready", "preparing"),
        ("booked_tomorrow", "booked"),
        ("paused", "paused"),
        ("follow_up_due", "follow_up"),
        ("closed", "closed"),
    ],
)
def test_a_row_says_what_the_referral_says(name: str, stage: str, staff: Staff) -> None:
    made = retold(name, staff, NOW())
    row, referral = stored(made), Referral.objects.unscoped("test").get(pk=made.referral.pk)

    assert (row.stage_known, row.hidden) == (stage, False)
    same = (
        "reference",
        "kind",
        "lead_id",
        "lead_organisation_id",
        "logged_at",
        "first_ready_at",
        "closed_at",
    )
    assert [getattr(row, each) for each in same] == [getattr(referral, each) for each in same]
    assert row.participants == 2
    assert (row.waiting_since is None) is (stage == "closed")


def test_while_a_step_waits_for_release_the_row_says_what_everybody_knows(staff: Staff) -> None:
    made = retold("withdrawn", staff, NOW())
    assert (stored(made).stage_known, stored(made).hidden) == ("booked", True)

    [call_off] = CallOff.objects.unscoped("test").filter(meeting__referral=made.referral)
    say_safe(call_off=call_off, by=staff["kit"], at=NOW())
    release(call_off=call_off, by=staff["fay"], at=NOW())
    assert (stored(made).stage_known, stored(made).hidden) == ("preparing", False)
    assert stored(made).waiting_since == NOW()


def test_a_row_has_the_next_meeting_and_the_one_that_was_held(staff: Staff) -> None:
    booked, met = retold("booked_tomorrow", staff, NOW()), retold("follow_up_due", staff, NOW())
    of = {row.referral_id: row.starts_at for row in Meeting.objects.unscoped("test")}

    assert (stored(booked).next_meeting_at, stored(booked).met_at) == (of[booked.referral.pk], None)
    assert (stored(met).next_meeting_at, stored(met).met_at) == (None, of[met.referral.pk])


def test_a_row_says_whether_a_stop_or_a_sign_off_is_open(staff: Staff) -> None:
    names = ("ready", "blocked_stop", "blocked_sign_off")
    rows = [stored(retold(name, staff, NOW())) for name in names]
    assert [(row.stop_open, row.sign_off_open) for row in rows] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert Concern.objects.unscoped("test").count() == 2


def test_the_words_of_a_name_are_kept_folded_and_once(staff: Staff) -> None:
    made = retold("logged", staff, NOW())
    facts = PersonFacts(given="Zoë", family="O’Brien-Smith", known_as="Zoe", place=Place.OTHER_FAMILY)
    party = add_party(referral=made.referral, facts=facts, by=staff["asha"])
    assert words(party) == ["obrien", "smith", "zoe"]
