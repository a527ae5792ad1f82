"""Withdrawing against booking, over and over: no booked meeting is ever left with a withdrawn consent."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.utils import timezone

from meetings.actions.scheduling import book
from meetings.demo import story as play
from meetings.demo.staff import make_staff
from meetings.demo.story import open_rooms, publish_sheet
from meetings.enums import MeetingKind
from meetings.models import Attendance, CallOff, Meeting, Venue
from referrals.actions.consent import withdraw
from referrals.enums import Answer, Stage
from referrals.models import Consent, Referral, StageChange
from restorative.common.decisions import NotPossible
from restorative.notify.models import Message
from tests.stories import tell

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROUNDS = 200


def at_once(*acts: Callable[[], None]) -> None:
    """Do these at the same moment, each on a connection of its own."""
    gate = Barrier(len(acts))
    failed: list[BaseException] = []

    def run(act: Callable[[], None]) -> None:
        try:
            gate.wait()
            act()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def take_back(made: play.Played) -> None:
    """As if neither had happened: rows go that no action would ever take away."""
    Message.objects.filter(group=made.referral.pk).delete()
    for model in (CallOff, Attendance, Meeting):
        model.objects.unscoped("the next round").delete()
    StageChange.objects.unscoped("the next round").filter(step__in=["book", "call_off"]).delete()
    Consent.objects.unscoped("the next round").filter(answer=Answer.WITHDRAWN).delete()
    Referral.objects.unscoped("the next round").filter(pk=made.referral.pk).update(stage=Stage.PREPARING)


def test_no_booked_meeting_is_left_with_a_withdrawn_consent() -> None:
    now = timezone.now()
    staff = make_staff(now)
    publish_sheet(now)
    room: Venue = open_rooms(staff, now)[0]
    made = tell("ready", staff, now)
    starts = play.day_at(3, 14)
    ended: Counter[str] = Counter()

    def books() -> None:
        try:
            book(
                referral=made.referral,
                kind=MeetingKind.CONVERSATION,
                starts_at=starts,
                ends_at=starts + timedelta(minutes=90),
                venue=room,
                by=staff["asha"],
            )
        except NotPossible:
            ended["refused"] += 1

    def withdraws() -> None:
        withdraw(party=made.other, by=staff["kit"])

    for number in range(ROUNDS):
        at_once(*((books, withdraws) if number % 2 else (withdraws, books)))
        meetings = Meeting.objects.unscoped("after the race")
        assert not meetings.pending().exists(), f"round {number}"
        assert Referral.objects.unscoped("after the race").get().stage == Stage.PREPARING
        ended["called off"] += meetings.count()
        waiting = Message.objects.filter(to_worker=False, state__in=["due", "held"])
        assert not waiting.exists()
        take_back(made)

    assert ended["refused"] + ended["called off"] == ROUNDS
    assert all(ended[way] for way in ("refused", "called off")), ended
