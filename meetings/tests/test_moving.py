"""Moving a meeting: each person is told once, no message about the old one is sent, and hidden facts stay hidden."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from meetings.actions.calling_off import call_off
from meetings.actions.planning import Plan
from meetings.actions.scheduling import move
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.enums import MeetingKind
from meetings.models import Attendance, Meeting
from meetings.tests.pages import address, client_of, errors_of, plan, send, text_of
from referrals.actions.consent import record_consent, withdraw
from referrals.blockers import SEALED_SENTENCE
from referrals.enums import Answer, Purpose, Stage
from referrals.models import Referral, StageChange
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.models import Message, State
from restorative.notify.outbox import sweep
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def booked(staff: Staff, days: int = 8) -> play.Played:
    made = tell("ready", staff, timezone.now())
    play.book_meeting(made, play.day_at(days, 14), timezone.now() - timedelta(hours=3))
    sweep()
    return made


def move_it(made: play.Played, starts: datetime, by: str = "fay") -> Meeting:
    return move(
        meeting=made.meeting,
        plan=Plan(
            kind=MeetingKind.CONVERSATION,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=90),
            venue=made.meeting.venue,
        ),
        by=made.staff[by],
    )


def waiting(made: play.Played) -> set[tuple[str, object]]:
    rows = Message.objects.filter(group=made.referral.pk, to_worker=False, state__in=[State.DUE, State.HELD])
    return {(row.kind, row.thing_id) for row in rows}


def test_a_new_meeting_replaces_the_old_one_and_the_stage_stays(staff: Staff) -> None:
    made = booked(staff)

    new = move_it(made, play.day_at(9, 11))

    old = Meeting.objects.unscoped("test").get(pk=made.meeting.pk)
    assert (old.status, new.status, new.supersedes_id) == ("moved", "booked", old.pk)
    assert Attendance.objects.unscoped("test").filter(meeting=new).count() == 2
    assert Referral.objects.unscoped("test").get(pk=made.referral.pk).stage == Stage.BOOKED
    assert StageChange.objects.unscoped("test").filter(referral=made.referral).latest("pk").step == "move"


def test_waiting_messages_of_the_old_one_are_cancelled_and_the_new_one_has_its_own(staff: Staff) -> None:
    made = booked(staff)

    new = move_it(made, play.day_at(9, 11))

    assert waiting(made) == {
        ("meeting_moved", new.pk),
        ("meeting_ahead", new.pk),
        ("meeting_day_before", new.pk),
    }


def test_each_person_expected_is_told_once_in_plain_words(staff: Staff, morning) -> None:
    made = booked(staff)
    new = move_it(made, play.day_at(9, 11))

    for minutes in range(0, 60, 5):
        sweep(at=timezone.now() + timedelta(minutes=minutes))

    said = Message.objects.filter(kind="meeting_moved", state=State.SENT)
    assert {row.recipient_id for row in said} == {party.pk for party in made.parties}
    arrives = {row.party_id: row.arrives_at for row in Attendance.objects.unscoped("t").filter(meeting=new)}
    for row in said:
        party = next(each for each in made.parties if each.pk == row.recipient_id)
        when = clock.show_when(arrives[party.pk])
        assert row.body.startswith(f"Hi {party.known_as}, we now meet {when}. Not a good time? Call ")


def test_two_moves_before_any_message_was_sent_are_told_once(staff: Staff) -> None:
    made = booked(staff)
    made.meeting = move_it(made, play.day_at(9, 11))
    newest = move_it(made, play.day_at(10, 11))
    assert {thing for kind, thing in waiting(made) if kind == "meeting_moved"} == {newest.pk}


def test_a_call_off_before_the_move_was_told_names_the_time_they_know(staff: Staff) -> None:
    made = booked(staff)
    call_off(meeting=move_it(made, play.day_at(9, 11)), by=staff["fay"])

    for minutes in range(0, 30, 5):
        sweep(at=timezone.now() + timedelta(minutes=minutes))

    bodies = Message.objects.filter(kind="meeting_not_happening", state=State.SENT).values_list(
        "body", flat=True
    )
    assert not Message.objects.filter(kind="meeting_moved", state=State.SENT).exists()
    assert len(bodies) == 2
    assert all(clock.show_day(made.meeting.starts_at) in body for body in bodies)


def test_its_own_old_time_is_no_clash(staff: Staff) -> None:
    made = booked(staff)
    new = move_it(made, made.meeting.starts_at + timedelta(minutes=30))
    assert new.venue_id == made.meeting.venue_id


def test_another_meeting_in_the_room_is_a_clash(staff: Staff) -> None:
    made, other = booked(staff), tell("logged", staff, timezone.now())
    taken = play.day_at(9, 11)
    Meeting.objects.create(
        referral=other.referral,
        kind="conversation",
        starts_at=taken,
        ends_at=taken + timedelta(hours=1),
        venue=made.meeting.venue,
        created_at=timezone.now(),
    )
    with pytest.raises(NotPossible, match="not available then"):
        move_it(made, taken)


def test_it_is_not_moved_with_blockers(staff: Staff) -> None:
    made = booked(staff)
    record_consent(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES, by=staff["kit"])
    withdraw(party=made.other, by=staff["kit"])
    with pytest.raises(NotPossible, match="Release that first"):
        move_it(made, play.day_at(9, 11))


def test_a_user_who_may_not_know_is_refused_in_the_sealed_words(staff: Staff) -> None:
    made = booked(staff)
    client = client_of(staff["asha"])
    before = text_of(client.get(address(made, "move/")))
    withdraw(party=made.other, by=staff["kit"])

    assert text_of(client.get(address(made, "move/"))) == before
    refused = send(client, address(made, "move/"), **plan(play.day_at(9, 11)))
    assert errors_of(refused) == {"": [SEALED_SENTENCE.format(them="the other person")]}
    assert Meeting.objects.unscoped("test").filter(referral=made.referral).count() == 1


@pytest.mark.parametrize("who", ["kit", "zed"])
def test_only_workers_who_run_it_move_it(who: str, staff: Staff) -> None:
    with pytest.raises(Refused):
        move_it(booked(staff), play.day_at(9, 11), by=who)


def test_a_page_moves_it_with_a_preview_of_the_messages(staff: Staff) -> None:
    made = booked(staff)
    client, page = client_of(staff["fay"]), address(made, "move/")
    start = clock.local(made.meeting.starts_at)
    assert client.get(page).context["form"].initial["starts_at"] == f"{start:%H:%M}"

    filled = plan(play.day_at(9, 11))
    preview = send(client, page, **{key: value for key, value in filled.items() if key != "book"})
    assert "we now meet" in text_of(preview)
    assert "we will meet" not in text_of(preview)
    old = address(made)
    done = send(client, page, **filled)

    assert done.status_code == 303
    assert "Moved to" in text_of(client.get(old))
    assert "Meeting moved" in text_of(client.get(f"/r/{made.referral.reference}/"))
