"""What is sent after a meeting: to people only with their yes, to workers when something falls due, never twice."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from meetings.actions.following_up import hold_follow_up
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.enums import ActionStatus
from meetings.models import FollowUp
from meetings.reminders.after import AFTERWARDS, COMING
from referrals.actions.consent import withdraw
from referrals.actions.lifecycle import close
from referrals.enums import Purpose
from restorative.common import clock
from restorative.notify.models import Message
from restorative.notify.outbox import sweep
from restorative.notify.tests.lint import lint
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def met_yesterday(staff: Staff) -> play.Played:
    """They met yesterday at 3pm; Fay wrote the record this morning."""
    now = timezone.now()
    made = play.make_ready(
        play.log(staff, play.Pair("Sam", "Jo"), now - timedelta(days=9)), now - timedelta(days=6)
    )
    play.book_meeting(made, play.day_at(-1, 15), now - timedelta(days=3))
    play.start_meeting(made)
    play.record_it(made, now - timedelta(minutes=30))
    return made


def waiting(kind: str) -> dict:
    rows = Message.objects.filter(kind=kind, state__in=["due", "held"])
    return {row.recipient_id: clock.today(row.due_at) for row in rows}


def sweep_day(hours: int = 8) -> None:
    now = timezone.now()
    for minutes in range(0, hours * 60, 20):
        sweep(at=now + timedelta(minutes=minutes))


def bodies(settings) -> list[str]:
    files = sorted(Path(settings.OUTBOX_DIR).glob("*.json"))
    return [json.loads(path.read_text())["body"] for path in files]


@pytest.mark.parametrize("words", [AFTERWARDS, COMING])
def test_the_words_are_short_plain_and_neutral(words: str) -> None:
    text = words.format(
        first="Bartholomew", when="Wed 23 September", worker="Alexandria", phone="0113 496 0000"
    )

    assert lint(text) == []


def test_each_is_thanked_the_day_after_and_told_when_they_are_rung(staff: Staff, settings) -> None:
    met_yesterday(staff)
    sweep_day()

    thanks = [body for body in bodies(settings) if "thank you for coming" in body]
    assert sorted(thanks) == [
        "Hi Jo, thank you for coming. It can take time to think it over. I will ring you on Wed 3 March. "
        "Kit, 0113 496 0001",
        "Hi Sam, thank you for coming. It can take time to think it over. I will ring you on Wed 3 March. "
        "Asha, 0113 496 0000",
    ]


@pytest.mark.parametrize("purpose", [Purpose.SIGHT, Purpose.TAKE_PART])
def test_nobody_is_written_to_without_their_yes(purpose: Purpose, staff: Staff, settings) -> None:
    made = met_yesterday(staff)
    withdraw(party=made.other, purpose=purpose, by=staff["kit"])
    sweep_day()

    thanks = [body for body in bodies(settings) if "thank you for coming" in body]
    assert [body.split(",")[0] for body in thanks] == ["Hi Sam"]


def test_a_call_is_announced_two_days_before(staff: Staff) -> None:
    made = met_yesterday(staff)

    coming = Message.objects.filter(kind="follow_up_coming", recipient_id=made.other.pk).order_by("due_at")
    assert [clock.show_when(row.due_at) for row in coming] == [
        "Sat 13 March, 10am",
        "Sat 10 April, 10am",
        "Sat 22 May, 10am",
    ]


def test_what_is_due_is_told_to_whoever_rings_and_late_to_their_manager(staff: Staff) -> None:
    made = met_yesterday(staff)
    row = FollowUp.objects.unscoped("test").select_related("party").get(party=made.other, kind="debrief")
    late = Message.objects.get(kind="worker_follow_up_late", thing_id=row.pk)

    due = Message.objects.get(kind="worker_follow_up_due", thing_id=row.pk)
    assert (due.recipient_id, clock.today(due.due_at)) == (staff["kit"].pk, row.due_on)
    assert late.recipient_id == staff["mo"].pk
    assert clock.today(late.due_at) == clock.add_working_days(row.due_on, 3, frozenset())

    hold_follow_up(follow_up=row, answers=dict(play.ALL_WELL), by=staff["kit"])

    states = Message.objects.filter(thing_id=row.pk, to_worker=True).values_list("state", flat=True)
    assert set(states) == {"cancelled"}


def test_the_debrief_is_a_second_workers_where_the_facilitator_supports_another(staff: Staff) -> None:
    from referrals.actions.facilitation import appoint
    from referrals.enums import Part

    made = tell("follow_up_due", staff, timezone.now())
    appoint(referral=made.referral, user=staff["asha"], by=staff["asha"])
    appoint(referral=made.referral, user=staff["ben"], part=Part.SECOND_WORKER, by=staff["fay"])

    debriefs = FollowUp.objects.unscoped("test").filter(kind="debrief").values_list("party", "pk")
    told = {
        party: set(
            Message.objects.filter(kind="worker_follow_up_due", thing_id=key)
            .exclude(state="cancelled")
            .values_list("recipient_id", flat=True)
        )
        for party, key in debriefs
    }
    assert told == {made.own.pk: {staff["asha"].pk}, made.other.pk: {staff["ben"].pk}}


def test_an_action_is_asked_about_on_its_day_and_later_by_the_manager(staff: Staff) -> None:
    made = tell("agreement_open", staff, timezone.now())
    day = clock.today() + timedelta(days=5)

    assert waiting("worker_action_due") == {staff["asha"].pk: day, staff["kit"].pk: day}
    assert waiting("worker_action_late") == {staff["mo"].pk: clock.add_working_days(day, 3, frozenset())}

    play.become(made, ActionStatus.DONE, timezone.now())

    assert waiting("worker_action_due") == waiting("worker_action_late") == {}


def test_a_side_that_does_not_read_it_is_not_asked_about_it(staff: Staff) -> None:
    made = tell("agreement_open", staff, timezone.now())
    withdraw(party=made.other, purpose=Purpose.SIGHT, by=staff["kit"])

    assert staff["kit"].pk not in waiting("worker_action_due")


def test_the_manager_hears_of_a_record_five_working_days_late(staff: Staff) -> None:
    made = tell("record_overdue", staff, timezone.now())

    late = Message.objects.get(kind="worker_record_late")
    day = clock.add_working_days(clock.today(made.meeting.starts_at), 5, frozenset())
    assert (late.recipient_id, clock.today(late.due_at)) == (staff["mo"].pk, day)

    play.record_it(made, timezone.now())

    late.refresh_from_db()
    assert late.state == "cancelled"


def test_closing_ends_it_all(staff: Staff) -> None:
    made = met_yesterday(staff)
    close(referral=made.referral, why_open_items="They moved away.", by=staff["mo"])

    kinds = ("afterwards", "follow_up_coming", "worker_follow_up_due", "worker_follow_up_late")
    assert [waiting(kind) for kind in kinds] == [{}, {}, {}, {}]


def test_a_worker_is_told_the_reference_and_a_link_and_no_name(staff: Staff, settings) -> None:
    made = met_yesterday(staff)
    with time_machine.travel("2027-03-03 09:10", tick=False):
        sweep_day(hours=2)

    told = [body for body in bodies(settings) if "a call is due today" in body]
    assert len(told) == 2
    assert not any(party.known_as in body for body in told for party in made.parties)
    assert all(made.referral.reference in body for body in told)
