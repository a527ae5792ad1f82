"""The time of a change: an action that waited for the lock never gets an earlier time than the action before it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo.story import ALL_READY, SAFE, Played
from referrals.actions.change import LONGEST_WAIT, changing
from referrals.actions.concerns import raise_concern, sign_off
from referrals.actions.readiness import ask_safety, check_readiness
from referrals.blockers import blockers
from referrals.enums import Answer, ConcernKind, Gate, Ready, SignOffDecision
from referrals.models import Concern, SignOff
from tests.stories import staff_now, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(morning, db) -> Played:
    return tell("ready", staff_now(), timezone.now())


def test_a_change_that_waited_counts_as_later_than_the_one_before(made):
    read = timezone.now()
    with changing(made.referral, by=None, at=read + timedelta(seconds=3)) as first:
        pass
    with changing(made.referral, by=None, at=read) as second:
        pass
    assert second.at > first.at
    assert second.referral.last_activity_at == second.at


def test_a_nested_action_has_the_same_time(made):
    now = timezone.now()
    with changing(made.referral, by=None, at=now), changing(made.referral, by=None) as inner:
        assert inner.at == now


def test_a_fact_recorded_days_later_keeps_its_day(made):
    earlier = timezone.now() - LONGEST_WAIT - timedelta(days=1)
    with changing(made.referral, by=None, at=earlier) as change:
        assert change.at == earlier


@pytest.mark.parametrize("last", [Ready.READY, Ready.NOT_YET])
def test_of_two_judgements_the_one_that_was_written_last_counts(made, last):
    """Both were sent in the same second; the one that read the clock first got the lock last."""
    unsure = ALL_READY | {"steady": Answer.NOT_SURE}
    first = Ready.NOT_YET if last == Ready.READY else Ready.READY
    now = timezone.now()
    for judgement, read in ((first, now + timedelta(seconds=1)), (last, now)):
        answers = ALL_READY if judgement == Ready.READY else unsure
        check_readiness(party=made.other, answers=answers, judgement=judgement, by=made.staff["kit"], at=read)
    codes = {row.code for row in blockers(made.referral, Gate.BOOK, now + timedelta(seconds=2))}
    assert ("readiness_missing" in codes) == (last == Ready.NOT_YET)


def test_a_decision_that_waited_does_not_cover_a_concern_raised_in_the_meantime(made):
    """The decider did not know of it."""
    now, mo, kit = timezone.now(), made.staff["mo"], made.staff["kit"]
    older = raise_concern(party=made.other, kind=ConcernKind.PAST_ABUSE, by=kit, at=now - timedelta(hours=1))
    raise_concern(party=made.other, kind=ConcernKind.RECENT_CRISIS, by=kit, at=now + timedelta(seconds=1))
    sign_off(concern=older, decision=SignOffDecision.GO, reason="Long ago.", by=mo, at=now)
    decided = SignOff.objects.unscoped("test").get(concern=older).decided_at
    newer = Concern.objects.unscoped("test").get(kind=ConcernKind.RECENT_CRISIS)
    assert decided < newer.raised_at


def test_safety_asked_before_a_concern_was_raised_is_asked_again_however_late_it_is_saved(made):
    now, kit = timezone.now(), made.staff["kit"]
    raise_concern(party=made.other, kind=ConcernKind.LIVE_CASE, by=kit, at=now + timedelta(seconds=1))
    ask_safety(party=made.other, answers=dict(SAFE), by=kit, at=now)
    codes = {row.code for row in blockers(made.referral, Gate.BOOK, now + timedelta(seconds=5))}
    assert "safety_not_asked" in codes
