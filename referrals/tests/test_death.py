"""A person has died: all messages stop at once, and the other side's pages do not show it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import CallOff, Meeting
from meetings.tests.pages import client_of, send, text_of
from referrals.actions.consent import record_consent
from referrals.actions.death import RING, record_death
from referrals.actions.lifecycle import close, decide
from referrals.actions.readiness import prepare
from referrals.enums import Answer, Place, Purpose, Reason, Stage, Suitable, TaskKind
from referrals.models import Closure, Party, Person, Referral, Task
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.models import Message, State
from restorative.notify.outbox import reconcile, sweep
from tests.stories import tell
from tests.written import reproject_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


@pytest.fixture
def made(staff: Staff) -> play.Played:
    return tell("booked_tomorrow", staff, timezone.now())


def died(made: play.Played, by: str = "kit") -> None:
    record_death(party=made.other, died_on=clock.today(), by=made.staff[by])


def fresh(made: play.Played) -> Referral:
    return Referral.objects.unscoped("test").get(pk=made.referral.pk)


def to_people(made: play.Played):
    return Message.objects.filter(group=made.referral.pk, to_worker=False)


def page(made: play.Played, name: str = "") -> str:
    return f"/r/{made.referral.reference}/{name}"


def test_no_message_is_sent_or_planned_again(made: play.Played) -> None:
    assert to_people(made).filter(state__in=[State.DUE, State.HELD]).exists()
    before = to_people(made).filter(state=State.SENT).count()
    died(made)
    assert not to_people(made).filter(state__in=[State.DUE, State.HELD]).exists()
    reconcile(made.referral.pk)
    for hours in range(0, 72, 6):
        sweep(at=timezone.now() + timedelta(hours=hours))
    assert to_people(made).filter(state=State.SENT).count() == before
    assert not to_people(made).filter(kind="meeting_not_happening").exists()


def test_a_message_that_was_claimed_again_is_not_sent(made: play.Played) -> None:
    died(made)
    row = to_people(made).first()
    Message.objects.filter(pk=row.pk).update(state=State.DUE, due_at=timezone.now())
    sweep(at=timezone.now())
    row.refresh_from_db()
    assert row.state == State.CANCELLED


def test_the_meeting_is_off_for_all_and_the_referral_paused(made: play.Played) -> None:
    died(made)
    off = CallOff.objects.unscoped("test").get(meeting=made.meeting)
    assert (off.party, off.reason) == (None, "not_now")
    assert Meeting.objects.unscoped("test").get(pk=made.meeting.pk).status == "called_off"
    assert (fresh(made).stage, fresh(made).review_on) == (Stage.PAUSED, clock.today() + timedelta(days=14))


def test_every_referral_of_that_person_stops(made: play.Played, staff: Staff) -> None:
    second = tell("logged", staff, timezone.now())
    Party.objects.create(
        referral=second.referral,
        person=made.other.person,
        place=Place.FRIEND,
        known_as="Jo",
        organisation=made.other.organisation,
        named_by=made.other.organisation,
        created_at=timezone.now(),
    )
    reproject_all()
    died(made)
    assert fresh(second).stage == Stage.PAUSED


def test_each_other_worker_rings_a_colleague_and_no_message_tells_them(
    made: play.Played, staff: Staff
) -> None:
    died(made)
    tasks = Task.objects.unscoped("test").filter(kind=TaskKind.RING)
    assert {(task.assignee.first_name, task.words) for task in tasks} == {
        ("Asha", RING.format(who="Kit")),
        ("Fay", RING.format(who="Asha")),
    }
    sweep(at=timezone.now() + timedelta(days=1))
    bodies = list(Message.objects.filter(kind="worker_ring_colleague").values_list("body", flat=True))
    assert len(bodies) == 2
    assert not any("Jo" in body or "die" in body for body in bodies)


def test_a_worker_is_asked_to_ring_and_records_that_they_did(made: play.Played, staff: Staff) -> None:
    died(made)
    client = client_of(staff["asha"])
    step = client.get(page(made)).context["next_step"]
    assert step.heading == "Next: ring Kit"
    assert client_of(staff["kit"]).get(step.action_href).status_code == 404
    assert send(client, step.action_href).status_code == 303
    assert client.get(page(made)).context["next_step"].heading != "Next: ring Kit"


def test_the_other_side_sees_only_a_pause(made: play.Played, staff: Staff) -> None:
    died(made)
    client = client_of(staff["asha"])
    shown = [text_of(client.get(page(made, name))) for name in ("", "history/", "decide/")]
    assert "Paused by Kit" in shown[0]
    assert not any(word in text.lower() for text in shown for word in (" died", "death", " dead"))
    own_side = text_of(client_of(staff["kit"]).get(page(made)))
    assert f"{made.other.known_as} has died." in own_side


def test_their_records_cannot_change(made: play.Played, staff: Staff) -> None:
    died(made)
    with pytest.raises(NotPossible, match="has died"):
        prepare(party=made.other, answers={"hopes": "x"}, by=staff["kit"])
    with pytest.raises(NotPossible, match="has died"):
        record_consent(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.NO, by=staff["kit"])
    client = client_of(staff["kit"])
    person = page(made, f"people/{made.other.pk}/")
    assert client.get(f"{person}talk/").status_code == 403
    shown = text_of(client.get(person))
    assert "Nothing more is recorded or sent." in shown
    assert "talk/" not in shown


def test_nothing_can_be_booked(made: play.Played, staff: Staff) -> None:
    died(made)
    decide(referral=made.referral, party=made.own, decision=Suitable.YES, reason="-", by=staff["asha"])
    assert fresh(made).stage == Stage.PREPARING
    with pytest.raises(NotPossible):
        play.book_meeting(made, play.day_at(5, 11), timezone.now())
    assert "died" not in text_of(client_of(staff["asha"]).get(page(made)))


def test_it_can_be_closed_with_that_reason(made: play.Played, staff: Staff) -> None:
    died(made)
    close(referral=made.referral, reason=Reason.DIED, party=made.other, by=staff["fay"])
    assert Closure.objects.unscoped("test").get().reason == Reason.DIED
    assert "died" not in text_of(client_of(staff["asha"]).get(page(made))).lower()


def test_it_is_recorded_once_not_in_the_future_and_only_by_users_who_open_them(
    made: play.Played, staff: Staff
) -> None:
    with pytest.raises(NotPossible, match="future"):
        record_death(party=made.other, died_on=clock.today() + timedelta(days=1), by=staff["kit"])
    with pytest.raises(Refused):
        died(made, "asha")
    died(made)
    with pytest.raises(NotPossible, match="already"):
        died(made)


def test_the_page_shows_the_consequences_before_the_button(made: play.Played, staff: Staff) -> None:
    client = client_of(staff["kit"])
    href = page(made, f"people/{made.other.pk}/died/")
    assert "The system tells nobody" in text_of(client.get(href))
    assert send(client, href, died_on=clock.today().isoformat()).status_code == 303
    assert Person.objects.unscoped("test").get(pk=made.other.person_id).died_recorded_by == staff["kit"]


def test_a_meeting_under_way_is_recorded_first(staff: Staff) -> None:
    made = tell("record_overdue", staff, timezone.now())
    died(made)
    assert fresh(made).stage == Stage.BOOKED
    assert not to_people(made).filter(state__in=[State.DUE, State.HELD]).exists()
