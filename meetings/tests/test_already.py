"""A conversation that already happened is recorded as it was, and clears no blocker of the next one."""

from typing import Any

import pytest
from django.utils import timezone

from meetings.actions.recording import Told, record_already_happened
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import Attendance, FollowUp, Meeting, Record
from meetings.tests.pages import client_of, errors_of, send
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import withdraw
from referrals.actions.death import record_death
from referrals.actions.readiness import ask_safety
from referrals.blockers import blockers
from referrals.enums import ConcernKind, Gate, Stage, TaskKind
from referrals.models import Task
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.notify.models import Message
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def page(made: play.Played) -> str:
    return f"/r/{made.referral.reference}/meetings/already/"


def typed(made: play.Played, **changes: Any) -> dict[str, Any]:
    return {
        "on": "1 March 2027",
        "starts_at": "2pm",
        "minutes": "60",
        "where": "At the drop-in",
        "there": [str(party.pk) for party in made.parties],
        "happened": "They talked in the waiting room.",
        "helped": "yes",
        **changes,
    }


def stage_of(made: play.Played) -> str:
    made.referral.refresh_from_db()
    return made.referral.stage


@pytest.mark.parametrize("name", ["logged", "ready", "blocked_consent_missing"])
def test_it_can_be_recorded_at_every_point_of_preparing(name: str, staff: Staff) -> None:
    made = tell(name, staff, timezone.now())

    response = send(client_of(staff["asha"]), page(made), **typed(made))

    meeting = Meeting.objects.unscoped("test").get(referral=made.referral)
    assert response["Location"].endswith(f"/meetings/{meeting.pk}/")
    assert (meeting.status, meeting.already_happened, stage_of(made)) == ("took_place", True, Stage.FOLLOW_UP)
    answers = Record.objects.unscoped("test").get(meeting=meeting).answers
    assert (answers["where"], answers["happened"]) == ("At the drop-in", "They talked in the waiting room.")
    assert Attendance.objects.unscoped("test").filter(meeting=meeting, status="came").count() == 2


def test_safety_questions_and_calls_fall_due_and_asking_ends_the_task(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    send(client_of(staff["asha"]), page(made), **typed(made))

    due = Task.objects.unscoped("test").filter(kind=TaskKind.ASK_SAFETY, done_at=None)
    assert {(task.party, task.assignee) for task in due.select_related("party", "assignee")} == {
        (made.own, staff["asha"]),
        (made.other, staff["kit"]),
    }
    assert FollowUp.objects.unscoped("test").count() == 8
    ask_safety(party=made.own, answers=dict(play.SAFE), by=staff["asha"])
    assert [task.party for task in due.all()] == [made.other]


def test_the_leads_manager_is_told_without_a_name(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    send(client_of(staff["asha"]), page(made), **typed(made))

    told = Message.objects.filter(kind="worker_already_happened")
    assert [message.recipient_id for message in told] == [staff["mo"].pk]


def test_a_stop_does_not_prevent_recording_and_stays_open(staff: Staff) -> None:
    made = tell("blocked_stop", staff, timezone.now())
    kit = client_of(staff["kit"])
    assert "A stop is recorded here." in kit.get(page(made)).content.decode()

    response = send(kit, page(made), **typed(made))

    assert response.status_code == 303
    made.referral.refresh_from_db()
    assert stage_of(made) == Stage.FOLLOW_UP
    assert "stop" in {row.code for row in blockers(made.referral, Gate.BOOK, timezone.now())}


def test_a_stop_of_the_other_side_stays_hidden(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    asha = client_of(staff["asha"])
    before = asha.get(page(made)).context["stopped"]
    raise_concern(party=made.other, kind=ConcernKind.THREATS, by=staff["kit"])

    assert asha.get(page(made)).context["stopped"] == before == []


def test_a_booked_meeting_must_be_settled_first(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())

    response = send(client_of(staff["asha"]), page(made), **typed(made))

    assert errors_of(response)[""] == ["A meeting is still booked. Call it off, or record it, first."]


def test_a_hidden_withdrawal_is_not_revealed_by_it(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())
    withdraw(party=made.other, by=staff["kit"])

    response = send(client_of(staff["asha"]), page(made), **typed(made))

    assert errors_of(response)[""] == ["A meeting is still booked. Call it off, or record it, first."]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"on": "1 April 2027"}, "on"),
        ({"on": "today", "starts_at": "11pm"}, "on"),
        ({"there": []}, "there"),
        ({"where": ""}, "where"),
        ({"minutes": "999"}, "minutes"),
    ],
)
def test_an_invalid_value_is_an_error_at_its_field(changes: dict, field: str, staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())

    response = send(client_of(staff["asha"]), page(made), **typed(made, **changes))

    assert (response.status_code, set(errors_of(response))) == (422, {field})
    assert not Meeting.objects.unscoped("test").exists()


def test_a_conversation_needs_two_participants(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    now = timezone.now()
    told = Told(starts_at=now.replace(hour=8), ends_at=now.replace(hour=9), there=[made.own])

    with pytest.raises(NotPossible, match="at least two"):
        record_already_happened(referral=made.referral, told=told, by=staff["asha"])


@pytest.mark.parametrize(
    ("who", "field", "said"),
    [("kit", "there", "has died. Nothing more is recorded with them."), ("asha", "", "Ring the others")],
)
def test_nothing_is_recorded_with_a_person_who_has_died(
    who: str, field: str, said: str, staff: Staff
) -> None:
    made = tell("ready", staff, timezone.now())
    record_death(party=made.other, died_on=clock.today(), by=staff["kit"])

    response = send(client_of(staff[who]), page(made), **typed(made))

    assert response.status_code == 422
    assert set(errors_of(response)) == {field}
    text = errors_of(response)[field][0]
    assert said in text
    # The other side hears it from a colleague.
    assert ("died" in text) == (who == "kit")
    assert stage_of(made) == Stage.PAUSED
    assert not Task.objects.unscoped("test").filter(kind=TaskKind.ASK_SAFETY).exists()


def test_an_older_conversation_promises_no_debrief(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    client = client_of(staff["asha"])

    sent = send(client, page(made), **typed(made, on="1 February 2027"))

    shown = client.get(sent["Location"]).content.decode()
    assert "Ask each person the safety questions, alone." in shown
    assert "and speak with each" not in shown


def test_only_a_worker_with_a_part_here_records_it(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())

    statuses = {key: client_of(user).get(page(made)).status_code for key, user in staff.people.items()}

    assert {key for key, status in statuses.items() if status == 200} == {"asha", "kit", "fay", "mo", "sal"}
    assert set(statuses.values()) == {200, 404}


def test_the_worker_who_recorded_it_writes_the_agreement(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    kit = client_of(staff["kit"])
    send(kit, page(made), **typed(made))

    assert kit.get(f"/r/{made.referral.reference}/agreement/write/").status_code == 200
