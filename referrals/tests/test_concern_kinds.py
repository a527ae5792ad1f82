"""Every kind of concern blocks booking until a permitted user settles it; steps; and how long a decision lasts."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions import concerns, facilitation, readiness
from referrals.blockers import blockers
from referrals.enums import STOPS, TWO_FACILITATORS, ConcernKind, Gate, SignOffDecision
from referrals.models import Concern, Task
from restorative.common.decisions import NotPossible, Refused
from tests.stories import tell

pytestmark = pytest.mark.django_db
# A Tuesday, far from bank holidays.
NOW = "2027-03-02 10:30"


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def codes(made: Played) -> set[str]:
    return {row.code for row in blockers(made.referral, Gate.BOOK, timezone.now())}


def book(made: Played) -> None:
    play.book_meeting(made, play.day_at(3, 14), timezone.now())


def settle(concern: Concern, staff: Staff) -> None:
    """Settle it by a permitted user: Sal clears a stop, Mo signs the others off."""
    if concern.kind in STOPS:
        today = timezone.localdate()
        concerns.clear(concern=concern, evidence="New facts.", seen_alone_on=today, by=staff["sal"])
    else:
        concerns.sign_off(concern=concern, decision=SignOffDecision.GO, reason="Calm.", by=staff["mo"])


@pytest.mark.parametrize("kind", ConcernKind)
def test_each_kind_blocks_booking_until_it_is_settled(kind: ConcernKind, staff: Staff, frozen) -> None:
    made = tell("ready", staff, timezone.now())
    code = "stop" if kind in STOPS else "sign_off"
    assert codes(made) == set()

    concern = concerns.raise_concern(party=made.other, kind=kind, by=staff["kit"])
    assert code in codes(made)
    with pytest.raises(NotPossible):
        book(made)
    with pytest.raises(Refused):
        settle(concern, Staff({**staff.people, "sal": staff["mo"], "mo": staff["kit"]}))

    frozen.shift(3600)
    readiness.ask_safety(party=made.other, answers=dict(play.SAFE), by=staff["kit"])
    if kind in TWO_FACILITATORS:
        facilitation.appoint(referral=made.referral, user=staff["wes"], by=staff["asha"])
    assert codes(made) == {code}
    settle(concern, staff)
    assert codes(made) == set()
    book(made)


def test_steps_block_until_each_is_done_and_the_decision_runs_out_after_56_days(staff: Staff, frozen) -> None:
    made = tell("blocked_sign_off", staff, timezone.now())
    concern = Concern.objects.unscoped("test").select_related("party__referral").get(party=made.other)
    concerns.sign_off(
        concern=concern,
        decision=SignOffDecision.GO_WITH_STEPS,
        reason="Calm since.",
        steps=["Ring the hostel", "Ask again"],
        by=staff["mo"],
    )
    first, second = Task.objects.unscoped("test").filter(party=made.other, blocks__isnull=False)
    assert "sign_off" in codes(made)
    concerns.finish_step(task=first, by=staff["kit"])
    assert "sign_off" in codes(made)
    concerns.finish_step(task=second, by=staff["kit"])
    assert "sign_off" not in codes(made)

    frozen.shift(timedelta(days=56))
    assert "sign_off" not in codes(made)
    frozen.shift(1)
    assert "sign_off" in codes(made)


def test_do_not_go_blocks(staff: Staff) -> None:
    made = tell("blocked_sign_off", staff, timezone.now())
    concern = Concern.objects.unscoped("test").select_related("party__referral").get(party=made.other)
    concerns.sign_off(concern=concern, decision=SignOffDecision.DO_NOT_GO, reason="Not yet.", by=staff["mo"])
    assert "sign_off" in codes(made)
