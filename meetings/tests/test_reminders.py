"""Messages to people about a meeting: once, in neutral words, by a safe route, and only while they are still true."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from meetings.actions.calling_off import call_off, release, say_safe
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import CallOff, Meeting
from referrals.actions import concerns, consent, reaching, readiness
from referrals.enums import Answer, ConcernKind, Days, Hours, Purpose
from referrals.models import ContactRoute
from referrals.reminders.reach import opens_at
from restorative.accounts.models import Team
from restorative.common import clock
from restorative.notify.models import Message
from restorative.notify.outbox import sweep
from tests.stories import tell

pytestmark = pytest.mark.django_db
# A Tuesday morning: no quiet hours, no bank holiday near.
MORNING = "2027-03-02 10:30"


@pytest.fixture
def frozen():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def sent(settings) -> list[dict]:
    files = sorted(Path(settings.OUTBOX_DIR).glob("*.json"))
    return [json.loads(path.read_text()) for path in files]


def to_people(settings) -> list[dict]:
    return [message for message in sent(settings) if not message["to"].endswith("@demo.example")]


def sweep_all(hours: int = 8) -> None:
    """The sweep every few minutes for some hours, as beat would run it."""
    now = timezone.now()
    for minutes in range(0, hours * 60, 10):
        sweep(at=now + timedelta(minutes=minutes))


def book_in(staff: Staff, days: int) -> play.Played:
    made = tell("ready", staff, timezone.now())
    play.book_meeting(made, play.day_at(days, 14), timezone.now())
    return made


def test_booking_tells_each_person_once_after_ten_minutes(frozen, staff: Staff, settings) -> None:
    made = book_in(staff, 3)
    sweep(at=timezone.now() + timedelta(minutes=9))
    assert to_people(settings) == []

    sweep_all()
    sweep_all()

    assert sorted(message["body"] for message in to_people(settings)) == sorted(
        [
            f"Hi {made.own.known_as}, we will meet Fri 5 March, 2pm. Not a good time? Call 0113 496 0000. Asha",
            f"Hi {made.other.known_as}, we will meet Fri 5 March, 1.50pm. Not a good time? Call 0113 496 0001. Kit",
        ]
    )


def test_the_two_people_are_never_written_to_in_the_same_minute(frozen, staff: Staff) -> None:
    book_in(staff, 3)
    sweep_all()

    minutes = [message.sent_at.replace(second=0) for message in Message.objects.filter(kind="meeting_booked")]
    assert len(minutes) == len(set(minutes)) == 2


def test_the_day_before_each_is_reminded(frozen, staff: Staff, settings) -> None:
    book_in(staff, 3)
    sweep_all()
    frozen.move_to("2027-03-04 10:30")
    sweep_all()

    bodies = [message["body"] for message in to_people(settings)]
    assert any("see you tomorrow, Fri 5 March, 2pm" in body for body in bodies)


def test_five_working_days_before_each_is_reminded(frozen, staff: Staff) -> None:
    book_in(staff, 14)

    due = {clock.show_when(row.due_at) for row in Message.objects.filter(kind="meeting_ahead")}
    assert due == {"Tue 9 March, 10am"}


def test_a_person_who_shares_a_home_gets_only_the_cover_words(frozen, staff: Staff, settings) -> None:
    made = tell("ready", staff, timezone.now())
    readiness.ask_safety(party=made.own, answers={**play.SAFE, "shares_home": Answer.YES}, by=staff["asha"])
    route = ContactRoute.objects.unscoped("test").get(party=made.own)
    reaching.record_route(
        party=made.own,
        facts=reaching.RouteFacts(kind="text", value=route.value, allowed=True, read_by_others=False),
        by=staff["asha"],
    )
    play.book_meeting(made, play.day_at(3, 14), timezone.now())
    sweep_all()

    own = [message["body"] for message in to_people(settings) if message["to"] == route.value]
    assert own == ["Can you ring me? Asha"]


@pytest.mark.parametrize(
    "facts", [{"kind": "text"}, {"kind": "phone", "value": "+447700900001", "allowed": True}]
)
def test_without_a_safe_written_route_nothing_is_sent_and_the_page_says_why(
    frozen, facts: dict, staff: Staff, settings
) -> None:
    made = book_in(staff, 3)
    ContactRoute.objects.unscoped("test").filter(party=made.own).update(replaced_at=timezone.now())
    reaching.record_route(party=made.own, facts=reaching.RouteFacts(**facts), by=staff["asha"])
    sweep_all(hours=2)

    held = Message.objects.get(kind="meeting_booked", recipient_id=made.own.pk)
    assert (held.state, bool(held.why_held)) == ("held", True)


def test_two_people_with_one_number_are_both_sent_nothing(frozen, staff: Staff, settings) -> None:
    made = tell("ready", staff, timezone.now())
    route = ContactRoute.objects.unscoped("test").get(party=made.own)
    reaching.record_route(
        party=made.other,
        facts=reaching.RouteFacts(
            kind="text", value=route.value, allowed=True, read_by_others=False, screen_private=True
        ),
        by=staff["kit"],
    )
    play.book_meeting(made, play.day_at(3, 14), timezone.now())
    sweep_all()

    assert to_people(settings) == []


def test_a_withdrawal_cancels_waiting_messages_and_the_others_hear_nothing(
    frozen, staff: Staff, settings
) -> None:
    made = book_in(staff, 3)
    consent.withdraw(party=made.other, by=staff["kit"])
    sweep_all(hours=30)

    assert to_people(settings) == []


def test_after_release_the_other_person_hears_in_neutral_words(frozen, staff: Staff, settings) -> None:
    made = book_in(staff, 3)
    sweep_all()
    frozen.shift(timedelta(hours=22))
    consent.withdraw(party=made.other, by=staff["kit"])
    waiting = CallOff.objects.unscoped("test").get()
    say_safe(call_off=waiting, by=staff["kit"])
    release(call_off=waiting, by=staff["fay"])
    sweep_all(hours=1)

    last = [message["body"] for message in to_people(settings) if "not happening" in message["body"]]
    assert last == [f"Hi {made.own.known_as}, Fri 5 March, 2pm is not happening. I will ring you. Asha"]


def test_after_a_stop_the_person_it_came_from_hears_too(frozen, staff: Staff, settings) -> None:
    made = book_in(staff, 3)
    sweep_all()
    frozen.shift(timedelta(hours=22))
    concerns.raise_concern(party=made.other, kind=ConcernKind.THREATS, by=staff["kit"])
    sweep_all(hours=1)
    before = [message["body"] for message in to_people(settings) if "not happening" in message["body"]]
    waiting = CallOff.objects.unscoped("test").get()
    say_safe(call_off=waiting, by=staff["kit"])
    release(call_off=waiting, by=staff["fay"])
    sweep_all(hours=1)

    off = sorted(message["body"] for message in to_people(settings) if "not happening" in message["body"])
    assert before == []
    assert off == sorted(
        [
            f"Hi {made.own.known_as}, Fri 5 March, 2pm is not happening. I will ring you. Asha",
            f"Hi {made.other.known_as}, Fri 5 March, 1.50pm is not happening. I will ring you. Kit",
        ]
    )


def to_duty(settings) -> list[dict]:
    return [message for message in sent(settings) if "a meeting today needs it" in message["subject"]]


def on_duty(staff: Staff, who: str | None) -> None:
    """In the team of Asha and Kit, which Mo manages."""
    Team.objects.filter(pk=staff["kit"].team_id).update(duty_worker=staff[who] if who else None)


@pytest.mark.parametrize(
    ("duty", "told"),
    [
        ("ben", "ben"),
        (None, "mo"),
        ("kit", "mo"),  # they are the worker who rings
        ("asha", "mo"),  # she supports the other person and does not know
    ],
)
def test_two_hours_before_without_release_the_duty_worker_is_told_to_ring(
    duty: str | None, told: str, frozen, staff: Staff, settings
) -> None:
    on_duty(staff, duty)
    made = book_in(staff, 3)
    consent.withdraw(party=made.other, by=staff["kit"])
    frozen.move_to("2027-03-05 11:50")
    sweep()
    early = to_duty(settings)
    frozen.move_to("2027-03-05 12:01")
    sweep()
    sweep()

    assert early == []
    assert [message["to"] for message in to_duty(settings)] == [f"{told}@demo.example"]
    message = to_duty(settings)[0]
    assert message["subject"] == f"{made.referral.reference}: ring Kit now, a meeting today needs it"
    assert f"/r/{made.referral.reference}/" in message["body"]
    assert not {made.own.known_as, made.other.known_as} & set(message["body"].split())


def test_withdrawing_within_the_two_hours_tells_the_duty_worker_at_once(
    frozen, staff: Staff, settings
) -> None:
    on_duty(staff, "ben")
    made = book_in(staff, 3)
    frozen.move_to("2027-03-05 13:15")
    consent.withdraw(party=made.other, by=staff["kit"])
    sweep()

    assert [message["to"] for message in to_duty(settings)] == ["ben@demo.example"]


def test_the_duty_worker_at_that_time_is_told(frozen, staff: Staff, settings) -> None:
    on_duty(staff, "ben")
    made = book_in(staff, 3)
    consent.withdraw(party=made.other, by=staff["kit"])
    on_duty(staff, "mo")
    frozen.move_to("2027-03-05 12:01")
    sweep()

    assert [message["to"] for message in to_duty(settings)] == ["mo@demo.example"]


def test_after_release_or_after_the_meeting_the_duty_worker_is_not_told(
    frozen, staff: Staff, settings
) -> None:
    on_duty(staff, "ben")
    released, late = (
        book_in(staff, 3),
        tell("ready", staff, timezone.now(), pair=play.Pair("Una", "Vic")),
    )
    play.book_meeting(late, play.day_at(4, 14), timezone.now())
    for made in (released, late):
        consent.withdraw(party=made.other, by=staff["kit"])
    waiting = CallOff.objects.unscoped("test").get(party=released.other)
    say_safe(call_off=waiting, by=staff["kit"])
    release(call_off=waiting, by=staff["fay"])
    frozen.move_to("2027-03-06 14:01")
    sweep()

    assert to_duty(settings) == []


def test_workers_who_may_know_are_told_at_once_of_a_waiting_call_off(frozen, staff: Staff, settings) -> None:
    made = book_in(staff, 3)
    consent.withdraw(party=made.other, by=staff["kit"])
    sweep()

    told = {m["to"]: m["subject"] for m in sent(settings) if "needs you today" in m["subject"]}
    assert set(told) == {"kit@demo.example", "fay@demo.example"}
    assert all(
        made.own.known_as not in m["body"] and made.other.known_as not in m["body"] for m in sent(settings)
    )


def test_a_worker_who_may_not_know_is_reminded_of_the_meeting_as_usual(frozen, staff: Staff) -> None:
    made = book_in(staff, 3)
    consent.withdraw(party=made.other, by=staff["kit"])

    kept = Message.objects.filter(kind="worker_meeting_tomorrow", state="due").values_list(
        "recipient_id", flat=True
    )
    assert set(kept) == {staff["asha"].pk}
    assert made.referral.lead_id == staff["asha"].pk


def test_a_new_blocker_holds_waiting_messages(frozen, staff: Staff, settings) -> None:
    made = book_in(staff, 3)
    concerns.raise_concern(party=made.other, kind=ConcernKind.LAPSE, by=staff["kit"])
    sweep_all(hours=2)

    assert to_people(settings) == []
    assert set(Message.objects.filter(kind="meeting_booked").values_list("state", flat=True)) == {"held"}


def test_a_workers_call_off_tells_all_people_at_once(frozen, staff: Staff, settings) -> None:
    made = book_in(staff, 3)
    sweep_all()
    call_off(meeting=Meeting.objects.unscoped("test").get(), by=staff["fay"])
    sweep_all(hours=1)

    off = [message for message in to_people(settings) if "not happening" in message["body"]]
    assert len(off) == 2
    assert made.meeting is not None


def test_the_record_is_asked_for_two_working_days_after(frozen, staff: Staff) -> None:
    days = timedelta(days=1)
    made = play.log(staff, play.Pair("Sam", "Jo"), timezone.now() - 9 * days)
    play.make_ready(made, timezone.now() - 4 * days)
    play.book_meeting(made, play.day_at(1, 14), timezone.now())
    frozen.move_to("2027-03-03 13:00")
    play.start_meeting(made)

    due = Message.objects.get(kind="worker_record_due", recipient_id=staff["fay"].pk).due_at
    assert clock.show_when(due) == "Fri 5 March, 9am"


def test_consents_to_other_things_leave_the_meeting_alone(frozen, staff: Staff) -> None:
    made = book_in(staff, 3)
    consent.withdraw(party=made.own, purpose=Purpose.SIGHT, by=staff["asha"])

    assert Meeting.objects.unscoped("test").get().status == "booked"


def test_a_worker_is_told_to_ring_a_person_who_cannot_be_written_to(frozen, staff: Staff, settings) -> None:
    made = tell("ready", staff, timezone.now())
    ContactRoute.objects.unscoped("test").filter(party=made.own).update(replaced_at=timezone.now())
    facts = reaching.RouteFacts(kind="phone", value="+447700900001", allowed=True)
    reaching.record_route(party=made.own, facts=facts, by=staff["asha"])
    play.book_meeting(made, play.day_at(3, 14), timezone.now())
    sweep_all(hours=1)

    told = [message for message in sent(settings) if "ring one person" in message["subject"]]
    assert [message["to"] for message in told] == ["asha@demo.example"]


def test_a_worker_is_told_when_it_is_unknown_whether_a_message_was_sent(
    frozen, staff: Staff, settings
) -> None:
    made = book_in(staff, 3)
    Message.objects.filter(kind="meeting_booked", recipient_id=made.own.pk).update(
        state="sending", claimed_at=timezone.now() - timedelta(minutes=11)
    )
    sweep_all(hours=1)

    told = [message for message in sent(settings) if "may not have arrived" in message["subject"]]
    assert [message["to"] for message in told] == ["asha@demo.example"]
    assert made.referral.reference in told[0]["body"]


@pytest.mark.parametrize("way", ["evenings", "phone only", "shared"])
def test_a_call_off_that_cannot_be_delivered_before_they_set_out_becomes_a_phone_task(
    way: str, frozen, staff: Staff, settings
) -> None:
    made = tell("ready", staff, timezone.now())
    written = {"kind": "text", "read_by_others": False, "screen_private": True}
    facts = {
        "evenings": {**written, "hours": Hours.EVENING},
        "phone only": {"kind": "phone"},
        "shared": {**written, "value": made.other.routes.unscoped("test").first().value},
    }[way]
    ContactRoute.objects.unscoped("test").filter(party=made.own).update(replaced_at=timezone.now())
    facts = reaching.RouteFacts(**{"value": "+447700900001", "allowed": True, **facts})
    reaching.record_route(party=made.own, facts=facts, by=staff["asha"])
    play.book_meeting(made, play.day_at(3, 14), timezone.now())
    sweep_all(hours=50)
    frozen.move_to("2027-03-05 10:00")
    call_off(meeting=Meeting.objects.unscoped("test").get(), by=staff["asha"])
    sweep(at=timezone.now())
    sweep(at=timezone.now() + timedelta(minutes=1))

    rings = "fay" if way == "shared" else "asha"
    told = Message.objects.filter(kind="worker_ring", state="sent").values_list("recipient_id", flat=True)
    assert set(told) == {staff[rings].pk}
    later = Message.objects.filter(kind="worker_change_unheard").values_list("recipient_id", "state")
    assert dict(later) == {staff["mo"].pk: "due"}
    sweep(at=timezone.now() + timedelta(minutes=50))
    assert dict(later.all()) == {staff["mo"].pk: "sent"}
    name = made.own.known_as
    assert not [row for row in to_people(settings) if "not happening" in row["body"] and name in row["body"]]


def test_a_call_off_that_can_be_delivered_the_evening_before_waits_for_their_hours(
    frozen, staff: Staff
) -> None:
    made = tell("ready", staff, timezone.now())
    ContactRoute.objects.unscoped("test").filter(party=made.own).update(hours=Hours.EVENING)
    play.book_meeting(made, play.day_at(1, 14), timezone.now())
    call_off(meeting=Meeting.objects.unscoped("test").get(), by=staff["asha"])
    sweep(at=timezone.now())

    told = Message.objects.filter(kind="meeting_not_happening", recipient_id=made.own.pk)
    assert told.get().state == "held"
    assert not Message.objects.filter(kind="worker_ring").exists()
    sweep(at=timezone.now().replace(hour=17, minute=5))
    assert told.get().state == "sent"


@pytest.mark.parametrize(
    ("days", "hours", "opens"),
    [
        (Days.ANY, Hours.ANY, "Tue 2 March, 10.30am"),
        (Days.WEEKDAYS, Hours.EVENING, "Tue 2 March, 5pm"),
        (Days.TUESDAY, Hours.AFTERNOON, "Tue 2 March, midday"),
        (Days.TUESDAY, Hours.ANY, "Tue 2 March, 10.30am"),
        (Days.MONDAY, Hours.AFTERNOON, "Mon 8 March, midday"),
        (Days.WEEKEND, Hours.EVENING, "Sat 6 March, 5pm"),
        (Days.SUNDAY, Hours.MORNING, "Sun 7 March, midnight"),
    ],
)
def test_messages_are_sent_on_the_days_and_in_the_hours_they_gave(days, hours, opens, frozen) -> None:
    assert clock.show_when(opens_at(days, hours, timezone.now())) == opens


def test_nothing_is_sent_on_a_day_they_did_not_give(frozen, staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    ContactRoute.objects.unscoped("test").filter(party=made.own).update(days=Days.THURSDAY)
    play.book_meeting(made, play.day_at(3, 14), timezone.now())
    told = Message.objects.filter(recipient_id=made.own.pk, state="sent")
    sweep_all(hours=36)
    assert not told.exists()
    frozen.move_to("2027-03-04 10:30")  # a Thursday; the meeting is on the Friday
    sweep_all(hours=1)
    assert told.exists()
