"""On the morning of a meeting each party's worker is reminded to ask them; the reminder does not reveal a waiting
call-off."""

import pytest
import time_machine
from django.utils import timezone

from meetings.actions.calling_off import call_off, release, say_safe
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import CallOff
from referrals.actions import consent
from restorative.common import clock
from restorative.notify.models import Message
from restorative.notify.outbox import sweep
from tests.stories import tell

pytestmark = pytest.mark.django_db
MORNING = "2027-03-02 10:30"


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(staff: Staff) -> play.Played:
    """A meeting tomorrow at two."""
    return tell("booked_tomorrow", staff, timezone.now())


def reminded(staff: Staff, *states: str) -> set[str]:
    names = {user.pk: key for key, user in staff.people.items()}
    rows = Message.objects.filter(kind="worker_day_check", state__in=states or ("due", "held"))
    return {f"{names[row.recipient_id]} {clock.show_when(row.due_at)}" for row in rows}


BOTH = {"asha Wed 3 March, 7.30am", "kit Wed 3 March, 7.30am"}


def test_each_worker_is_reminded_at_half_past_seven_that_morning(made, staff) -> None:
    assert reminded(staff) == BOTH
    sweep(at=play.day_at(1, 7, 30))
    assert reminded(staff, "sent") == BOTH


def test_a_worker_whose_people_were_all_asked_gets_no_reminder(made, staff, frozen) -> None:
    frozen.move_to(play.day_at(1, 7))
    play.check_the_day(made, timezone.now())
    sweep(at=play.day_at(1, 7, 30))
    assert reminded(staff, "sent") == set()


def test_before_release_the_other_worker_is_reminded_as_usual(made, staff) -> None:
    consent.withdraw(party=made.other, by=staff["kit"])
    assert reminded(staff) == {"asha Wed 3 March, 7.30am"}

    [waiting] = CallOff.objects.unscoped("test").all()
    say_safe(call_off=waiting, by=staff["kit"], safe=True)
    release(call_off=waiting, by=staff["fay"])
    assert reminded(staff) == set()


def test_no_reminder_for_a_meeting_called_off_by_a_worker(made, staff) -> None:
    call_off(meeting=made.meeting, by=staff["fay"])
    assert reminded(staff) == set()
