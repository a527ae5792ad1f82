"""Messages to workers about handoffs: to whom, when, and with only a reference and a link."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine

from meetings.demo.story import Played
from referrals.actions import handed_over
from referrals.actions.consent import withdraw
from referrals.actions.handoff import ask_question, decline, mark_seen, take_back
from referrals.enums import DeclineCode, Part, Purpose
from referrals.facts import facts_of
from referrals.models import Handoff, Involvement
from referrals.reminders.handoffs import WORDS
from referrals.tests.handing import accepted, carers, fresh, help_asked, lead_asked, started
from restorative.accounts.enums import Role
from restorative.accounts.models import Closure, Team, User
from restorative.common import clock
from restorative.notify.models import Message, State
from restorative.notify.registry import Cancel, kind_of
from tests.stories import staff_now, tell

pytestmark = pytest.mark.django_db

# A Tuesday in term.
NOW = clock.moment(date(2027, 3, 2), 10, 30)


@pytest.fixture
def made(db: None) -> Iterator[Played]:
    with time_machine.travel(NOW, tick=False):
        yield tell("ready", staff_now(), NOW)


def told(kind: str, made: Played) -> dict[str, datetime]:
    """Who is told, by their key, and when."""
    rows = Message.objects.filter(kind=kind, state__in=[State.DUE, State.HELD])
    keys = {user.pk: key for key, user in made.staff.people.items()}
    return {keys[row.recipient_id]: row.due_at for row in rows}


def test_the_duty_worker_is_told_at_once_of_a_new_request(made):
    help_asked(made)
    assert told("handoff_arrived", made) == {"carol": NOW}


def on_the_other_side(made: Played, *keys: str) -> None:
    """These support the person, so the request of the other's side is not for them to know."""
    for key in keys:
        there = {"referral": made.referral, "party": made.own, "user": made.staff[key]}
        Involvement.objects.create(**there, part=Part.KEYWORKER, since=NOW, until=NOW, created_at=NOW)


def another_manager(made: Played) -> None:
    made.staff.people["ola"] = User.objects.create_user(
        email="ola@demo.example",
        password=None,
        first_name="Ola",
        organisation=carers(made),
        role=Role.MANAGER,
    )


def test_a_worker_of_the_other_side_is_not_told_and_the_next_on_duty_is(made):
    on_the_other_side(made, "carol")
    sent = help_asked(made)
    assert told("handoff_arrived", made) == {"mina": NOW}
    assert not Message.objects.filter(kind__in=WORDS, recipient_id=made.staff["carol"].pk).exists()
    mark_seen(handoff=sent, by=made.staff["mina"])
    assert told("handoff_arrived", made) == {"mina": NOW}


def test_if_no_duty_worker_may_know_another_manager_there_is_told(made):
    on_the_other_side(made, "carol", "mina")
    another_manager(made)
    help_asked(made)
    assert told("handoff_arrived", made) == {"ola": NOW}


def test_a_second_duty_team_is_told_as_well(made):
    Team.objects.create(organisation=carers(made), name="Evenings", manager=made.staff["mina"])
    help_asked(made)
    assert told("handoff_arrived", made) == {"carol": NOW, "mina": NOW}


def test_a_manager_of_the_other_side_is_not_told_that_it_waits_but_another_is(made):
    on_the_other_side(made, "mina")
    another_manager(made)
    help_asked(made)
    assert set(told("handoff_not_seen", made)) == {"mo", "ola"}


@pytest.mark.parametrize("kind", ["handoff_arrived", "handoff_not_decided"])
def test_a_worker_who_has_since_joined_the_other_side_is_not_told(made, kind):
    help_asked(made)
    on_the_other_side(made, "carol", "mina")
    keys = [made.staff[key].pk for key in ("carol", "mina")]
    for message in Message.objects.filter(kind=kind, recipient_id__in=keys):
        assert isinstance(
            kind_of(message).recheck(message, facts_of(message.group, NOW, closures=True)), Cancel
        )


def test_not_opened_in_two_of_their_working_days_both_managers_are_told(made):
    sent = help_asked(made)
    due = clock.moment(date(2027, 3, 4), 17)
    assert told("handoff_not_seen", made) == {"mo": due, "mina": due}
    mark_seen(handoff=sent, by=made.staff["carol"])
    assert told("handoff_not_seen", made) == {}


def test_not_decided_in_five_both_managers_are_told(made):
    sent = help_asked(made)
    due = clock.moment(date(2027, 3, 9), 17)
    assert told("handoff_not_decided", made) == {"mo": due, "mina": due}
    mark_seen(handoff=sent, by=made.staff["carol"])
    assert told("handoff_not_decided", made) == {"mo": due, "mina": due}
    decline(handoff=sent, code=DeclineCode.NO_CAPACITY, version=1, by=made.staff["carol"])
    assert told("handoff_not_decided", made) == {}


def test_closure_days_do_not_count(made):
    Closure.objects.create(organisation=carers(made), date=date(2027, 3, 3))
    help_asked(made)
    assert set(told("handoff_not_seen", made).values()) == {clock.moment(date(2027, 3, 5), 17)}


def test_the_sender_is_told_of_an_answer_and_of_a_question(made):
    sent = help_asked(made)
    ask_question(handoff=sent, words="Who?", version=0, by=made.staff["carol"])
    assert set(told("handoff_answered", made)) == {"kit"}
    ask_question(handoff=sent, words="Them.", version=1, by=made.staff["kit"])
    assert set(told("handoff_explained", made)) == {"carol"}
    assert told("handoff_answered", made) == {}
    accepted(made, sent)
    assert set(told("handoff_answered", made)) == {"kit"}


def test_both_teams_hear_that_the_lead_moved(made):
    started(made, lead_asked(made))
    assert set(told("handoff_lead_moved", made)) == {"asha", "mo", "mina"}


def test_both_managers_are_told_that_the_lead_returned_with_a_share(made):
    started(made, lead_asked(made))
    withdraw(party=made.other, purpose=Purpose.SHARE, recipient=carers(made).pk, by=made.staff["kit"])
    assert set(told("handoff_ended", made)) == {"asha", "carol", "mo", "mina"}
    assert told("handoff_lead_moved", made) == {}


@pytest.mark.parametrize("by", ["kit", None])
def test_its_sender_is_not_told_of_a_request_that_ends_with_a_share(made, by):
    """Asha sent it, and it would reveal what Jo said."""
    lead_asked(made)
    worker = by and made.staff[by]
    withdraw(party=made.other, purpose=Purpose.SHARE, recipient=carers(made).pk, by=worker)
    assert told("handoff_ended", made) == {}


def test_the_worker_who_accepted_it_is_told(made):
    accepted(made, lead_asked(made))
    withdraw(party=made.other, purpose=Purpose.SHARE, recipient=carers(made).pk, by=made.staff["kit"])
    assert set(told("handoff_ended", made)) == {"carol"}
    assert set(told("handoff_answered", made)) == {"asha"}


def test_users_who_know_that_it_is_over_are_not_told_that_it_is_late(made):
    """Mo opens all parties here, and Mina was asked: only Asha still waits for an answer."""
    lead_asked(made)
    withdraw(party=made.other, purpose=Purpose.SHARE, recipient=carers(made).pk, by=made.staff["kit"])
    assert told("handoff_not_decided", made) == {}
    assert told("handoff_arrived", made) == {}


def test_the_sender_is_told_the_result(made):
    taken = started(made, help_asked(made))
    handed_over.complete(
        handoff=taken, done="a", went="b", next_step="c", version=taken.version, by=made.staff["carol"]
    )
    assert set(told("handoff_ended", made)) == {"kit"}


def test_no_one_is_told_of_a_withdrawal_by_its_sender(made):
    sent = help_asked(made)
    take_back(handoff=sent, version=0, by=made.staff["kit"])
    assert not any(told(kind, made) for kind in WORDS)


def test_each_contains_a_reference_and_the_requests_own_page_and_no_name(made):
    sent = started(made, lead_asked(made))
    handed_over.give_back(handoff=sent, why="-", version=sent.version, by=made.staff["mina"])
    Handoff.objects.unscoped("test").filter(pk=sent.pk).exists()
    for message in Message.objects.filter(kind__startswith="handoff_"):
        content = kind_of(message).render(message, facts_of(message.group, NOW, closures=True))
        words = f"{content.subject} {content.body}"
        assert made.referral.reference in words
        assert f"/handoffs/{sent.pk}/" in words
        assert "/r/" not in words
        for name in (made.own.known_as, made.other.known_as, "Carers", "Forward"):
            assert name not in words


def test_it_is_checked_again_before_it_is_sent(made):
    sent = help_asked(made)
    message = Message.objects.filter(kind="handoff_not_seen").first()
    Handoff.objects.unscoped("test").filter(pk=sent.pk).update(
        state="seen", seen_at=NOW, seen_by=made.staff["carol"]
    )
    later = NOW + timedelta(days=3)
    assert isinstance(
        kind_of(message).recheck(message, facts_of(message.group, later, closures=True)), Cancel
    )
    assert fresh(sent).seen_by == made.staff["carol"]
