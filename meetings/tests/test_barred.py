"""A barred worker, or one of another side, gets no message that is not for them to know; another worker gets it
instead."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from meetings.actions.standing_in import name_stand_in, say_unavailable
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import Unavailable
from referrals.actions import handed_over
from referrals.actions.consent import withdraw
from referrals.actions.grants import bar, lift_bar
from referrals.actions.parties import set_keyworker
from referrals.models import Bar, Involvement, Referral
from referrals.tests.handing import accepted, lead_asked, started
from restorative.accounts.models import Team, User
from restorative.common.decisions import NotPossible
from restorative.notify.models import Message, State
from restorative.notify.outbox import sweep
from tests.stories import tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel("2027-03-02 10:30", tick=False) as traveller:
        yield traveller


def barred(made: play.Played, who: str, by: str) -> Bar:
    return bar(referral=made.referral, user=made.staff[who], reason="Jo is their cousin.", by=made.staff[by])


def waits(kind: str) -> set[str]:
    rows = Message.objects.filter(kind=kind).exclude(state=State.CANCELLED)
    return {str(key) for key in rows.values_list("recipient_id", flat=True)}


def ids(staff: Staff, *who: str) -> set[str]:
    return {str(staff[key].pk) for key in who}


def booked(staff: Staff) -> play.Played:
    made = tell("ready", staff, timezone.now())
    play.book_meeting(made, play.day_at(3, 14), timezone.now() - timedelta(hours=1))
    return made


def test_the_call_before_a_meeting_goes_to_a_manager_if_the_worker_has_no_team(staff: Staff) -> None:
    made = booked(staff)
    User.objects.filter(pk=staff["kit"].pk).update(team=None)
    withdraw(party=made.other, by=staff["kit"])
    assert len(waits("worker_release_duty") & ids(staff, "mo", "sal")) == 1


@pytest.mark.parametrize(
    ("out", "told"), [(["ben"], "mo"), (["mo"], "ben"), (["ben", "mo"], "sal"), (["ben", "mo", "sal"], None)]
)
def test_the_call_before_a_meeting_goes_to_the_first_who_is_not_barred(
    out: list[str], told: str | None, staff: Staff, frozen
) -> None:
    Team.objects.filter(pk=staff["kit"].team_id).update(duty_worker=staff["ben"])
    made = booked(staff)
    withdraw(party=made.other, by=staff["kit"])
    assert waits("worker_release_duty") == ids(staff, "ben")
    for who in out:
        if who == "sal":  # the last user who could bar anyone: as if barred by a manager who has left since
            Bar.objects.create(
                referral=made.referral,
                user=staff["sal"],
                organisation=staff["sal"].organisation,
                reason="-",
                created_at=timezone.now(),
            )
        else:
            barred(made, who, "sal")
    frozen.move_to("2027-03-05 12:01")
    sweep()
    rows = Message.objects.filter(kind="worker_release_duty", state=State.SENT)
    assert {str(row.recipient_id) for row in rows} == (ids(staff, told) if told else set())


def test_the_call_before_a_meeting_goes_to_no_former_keyworker_of_the_other_side(staff: Staff) -> None:
    """Kit supported Jo, and is on duty for Asha's team when Sam withdraws."""
    made = booked(staff)
    set_keyworker(party=made.other, keyworker=staff["ben"], by=staff["kit"])
    withdraw(party=made.own, by=staff["asha"])
    assert waits("worker_release_duty") == ids(staff, "mo")


def test_another_manager_gets_what_a_barred_one_would_have_got(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), timezone.now())
    assert waits("worker_first_contact_late") == ids(staff, "mo")
    row = barred(made, "mo", "sal")
    assert waits("worker_first_contact_late") == ids(staff, "sal")
    lift_bar(bar=row, by=staff["sal"])
    assert waits("worker_first_contact_late") == ids(staff, "mo")


def test_a_message_planned_before_the_bar_is_not_sent_after_it(staff: Staff) -> None:
    """The outbox checks bars before each send; the rule of this message does not check its recipient."""
    made = play.log(staff, play.Pair("Sam", "Jo"), timezone.now())
    barred(made, "ben", "mo")
    for who in ("ben", "kit"):
        Message.objects.create(
            created_at=timezone.now(),
            kind="worker_ring",
            thing_id=made.own.pk,
            version=1,
            recipient_id=staff[who].pk,
            group=made.referral.pk,
            to_worker=True,
            due_at=timezone.now(),
            planned_for=timezone.now(),
            useless_after=timezone.now() + timedelta(days=1),
        )
    sweep()
    rows = Message.objects.filter(kind="worker_ring").values_list("recipient_id", "state")
    assert dict(rows) == {staff["ben"].pk: State.CANCELLED, staff["kit"].pk: State.SENT}


def test_a_barred_worker_is_no_stand_in_and_a_stand_in_who_is_barred_loses_the_part(
    staff: Staff, frozen
) -> None:
    made = booked(staff)
    away = say_unavailable(meeting=made.meeting, user=staff["fay"], by=staff["fay"])
    row = barred(made, "ben", "mo")
    with pytest.raises(NotPossible, match="cannot take this one"):
        name_stand_in(unavailable=away, user=staff["ben"], by=staff["asha"])
    lift_bar(bar=row, by=staff["mo"])
    part = name_stand_in(unavailable=away, user=staff["ben"], by=staff["asha"])
    assert waits("worker_stand_in") == ids(staff, "ben")
    barred(made, "ben", "mo")
    assert not waits("worker_stand_in")
    frozen.move_to(part.since + timedelta(hours=14))
    assert not Involvement.objects.unscoped("test").running(timezone.now()).filter(pk=part.pk).exists()
    assert Unavailable.objects.unscoped("test").away(timezone.now()).filter(pk=away.pk).exists()


def test_a_worker_who_accepted_a_handoff_returns_it_before_they_are_barred(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    taken = accepted(made, lead_asked(made))
    with pytest.raises(NotPossible, match="Give it back first"):
        barred(made, "carol", "mina")
    handed_over.give_back(handoff=taken, why="A cousin.", version=taken.version, by=staff["carol"])


def test_a_returned_lead_does_not_go_to_a_worker_barred_in_the_meantime(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    taken = started(made, lead_asked(made))
    set_keyworker(party=made.own, keyworker=staff["ben"], by=staff["asha"])
    barred(made, "asha", "sal")
    handed_over.give_back(handoff=taken, why="Too far.", version=taken.version, by=staff["carol"])
    assert Referral.objects.unscoped("test").get(pk=made.referral.pk).lead in (staff["mo"], staff["sal"])
