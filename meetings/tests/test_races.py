"""Booking at the same moment as a change of its conditions, many times: the one that came first counts."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.db.models import Max
from django.utils import timezone

from meetings.actions.planning import Plan
from meetings.actions.scheduling import book
from meetings.demo import story as play
from meetings.demo.staff import make_staff
from meetings.demo.story import open_rooms, publish_sheet
from meetings.enums import MeetingKind
from meetings.models import Attendance, CallOff, Meeting, Venue
from referrals.actions.concerns import clear
from referrals.actions.consent import withdraw
from referrals.enums import Answer, Stage
from referrals.models import Concern, Consent, Referral, StageChange
from restorative.audit.models import AuditEntry
from restorative.common.decisions import NotPossible
from restorative.notify.models import Message
from tests.depth import DEPTH
from tests.stories import tell

pytestmark = [pytest.mark.slow, pytest.mark.deep, pytest.mark.django_db(transaction=True)]

ROUNDS = DEPTH.race_rounds


def at_once(*acts: Callable[[], None]) -> None:
    """Run these at the same moment, each on its own connection."""
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
    """Undo both: deletes rows that no action would ever delete."""
    Message.objects.filter(group=made.referral.pk).delete()
    for model in (CallOff, Attendance, Meeting):
        model.objects.unscoped("the next round").delete()
    StageChange.objects.unscoped("the next round").filter(step__in=["book", "call_off"]).delete()
    Consent.objects.unscoped("the next round").filter(answer=Answer.WITHDRAWN).delete()
    Referral.objects.unscoped("the next round").filter(pk=made.referral.pk).update(stage=Stage.PREPARING)


def world(name: str) -> tuple[play.Played, list[Venue]]:
    """A made-up referral as of now, and rooms to meet in."""
    now = timezone.now()
    staff = make_staff(now)
    publish_sheet(now)
    rooms = open_rooms(staff, now)
    return tell(name, staff, now), rooms


def booked(made: play.Played, room: Venue, by: str) -> bool:
    """Try to book for two in three days; returns whether it was possible."""
    starts = play.day_at(3, 14)
    try:
        book(
            referral=made.referral,
            plan=Plan(
                kind=MeetingKind.CONVERSATION,
                starts_at=starts,
                ends_at=starts + timedelta(minutes=90),
                venue=room,
            ),
            by=made.staff[by],
        )
    except NotPossible:
        return False
    return True


def test_no_booked_meeting_is_left_with_a_withdrawn_consent() -> None:
    made, rooms = world("ready")
    staff = made.staff
    ended: Counter[str] = Counter()

    def books() -> None:
        ended["refused"] += not booked(made, rooms[0], "asha")

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


def test_nothing_is_booked_before_the_stop_is_cleared() -> None:
    made, rooms = world("blocked_stop")
    concern = Concern.objects.unscoped("race").get()
    stop = Concern.objects.unscoped("the next round").filter(pk=concern.pk)
    ended: Counter[bool] = Counter()
    went: list[bool] = []

    def books() -> None:
        went.append(booked(made, rooms[0], "asha"))

    def clears() -> None:
        today = timezone.localdate()
        clear(concern=concern, evidence="New facts.", seen_alone_on=today, by=made.staff["sal"])

    for number in range(ROUNDS):
        before = newest_entry()
        at_once(*((books, clears) if number % 2 else (clears, books)))
        done = verbs_since(before)
        # Both are written under the referral's lock, so in the order in which they happened.
        in_order = done.index("concern_cleared") < done.index("meeting_booked") if went[-1] else True
        assert in_order, f"round {number}"
        assert Meeting.objects.unscoped("after the race").pending().exists() == went[-1]
        ended[went[-1]] += 1
        take_back(made)
        stop.update(cleared_at=None, cleared_by=None, evidence="", seen_alone_on=None)

    assert all(ended[way] for way in (True, False)), ended


@pytest.mark.parametrize(("shared", "rounds"), [("room", ROUNDS), ("facilitator", ROUNDS // 2)])
def test_only_one_of_two_is_booked_for_the_same_room_or_facilitator(shared: str, rounds: int) -> None:
    now = timezone.now()
    one, rooms = world("ready")
    two = play.log(one.staff, play.Pair("Ann", "Bob"), now - timedelta(days=12))
    by = "wes" if shared == "room" else "fay"
    play.make_ready(two, now - timedelta(days=6), facilitators=(by,))
    ended: Counter[str] = Counter()

    def first() -> None:
        ended["first"] += booked(one, rooms[0], "fay")

    def second() -> None:
        ended["second"] += booked(two, rooms[0 if shared == "room" else 1], by)

    for number in range(rounds):
        at_once(*((first, second) if number % 2 else (second, first)))
        assert Meeting.objects.unscoped("after the race").pending().count() == 1, f"round {number}"
        for made in (one, two):
            take_back(made)

    assert ended["first"] + ended["second"] == rounds
    assert all(ended[way] for way in ("first", "second")), ended


def newest_entry() -> int:
    return AuditEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0


def verbs_since(entry: int) -> list[str]:
    """The actions recorded after an entry of the ledger, in order."""
    return list(AuditEntry.objects.filter(pk__gt=entry).order_by("pk").values_list("verb", flat=True))
