"""The outbox in one process: planning, cancelling, re-checking, spacing, giving up.
Races and crashes are in test_races.py."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as deep
from hypothesis import strategies as st

from restorative.common import clock
from restorative.notify import delivery, outbox, registry, tasks
from restorative.notify.channels import Letter, NotSent, Refused
from restorative.notify.models import WAITING, Message, State
from restorative.notify.registry import Cancel, Hold, Kind, Send
from restorative.notify.tests.fakes import KIND, TEN, due

pytestmark = pytest.mark.django_db

GROUP = uuid.uuid4()
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def state(message) -> str:
    message.refresh_from_db()
    return message.state


def files(settings) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(Path(settings.OUTBOX_DIR).glob("*"))]


# ---------------------------------------------------------------------------------------------- planning


def test_planned_messages_become_rows_once(world):
    world.want()
    world.want(to_worker=True)
    created, cancelled, sending = outbox.reconcile(GROUP, at=TEN)
    assert (len(created), cancelled, sending) == (2, [], [])
    assert set(Message.objects.values_list("state", "group")) == {(State.DUE, GROUP)}
    assert [*outbox.reconcile(GROUP, at=TEN)] == [[], [], []]


def test_a_message_planned_again_waits_again_if_still_useful(world):
    """After a pause the message had not been sent, so it is sent once. A message cancelled for good stays cancelled."""
    kept, late, stopped = world.want(), world.want(useless_after=TEN + timedelta(minutes=5)), world.want()
    outbox.reconcile(GROUP, at=TEN)
    outbox.cancel_for(GROUP, why="they died", recipient_id=stopped.recipient_id)
    planned, world.planned = world.planned, []
    outbox.reconcile(GROUP, at=TEN)
    assert set(Message.objects.values_list("state", flat=True)) == {State.CANCELLED}

    world.planned = planned
    created, _, _ = outbox.reconcile(GROUP, at=TEN + HOUR)

    assert [message.recipient_id for message in created] == [kept.recipient_id]
    states = dict(Message.objects.values_list("recipient_id", "state"))
    assert states[kept.recipient_id] == State.DUE
    assert states[late.recipient_id] == states[stopped.recipient_id] == State.CANCELLED
    assert [[row.state for row in outbox.sweep(at=TEN + HOUR)] for _ in range(2)] == [[State.SENT], []]


def test_messages_no_longer_planned_are_cancelled(world):
    gone, kept = world.want(), world.want()
    outbox.reconcile(GROUP, at=TEN)
    world.planned.remove(gone)
    _, cancelled, _ = outbox.reconcile(GROUP, at=TEN)
    assert [message.recipient_id for message in cancelled] == [gone.recipient_id]
    assert [outcome.state for outcome in outbox.sweep(at=TEN)] == [State.SENT]
    assert Message.objects.get(state=State.SENT).recipient_id == kept.recipient_id


def test_other_groups_are_left_alone(world):
    (other,) = due(1)
    outbox.reconcile(GROUP, at=TEN)
    assert state(other) == State.DUE


@pytest.mark.parametrize("before", [State.SENT, State.CANCELLED, State.FAILED, State.UNCERTAIN])
def test_a_version_is_sent_once_and_a_new_version_again(world, before):
    planned = world.want()
    outbox.reconcile(GROUP, at=TEN)
    Message.objects.update(state=before)
    assert outbox.reconcile(GROUP, at=TEN).created == []
    assert outbox.sweep(at=TEN) == []
    world.planned = [replace(planned, version=2)]
    assert len(outbox.reconcile(GROUP, at=TEN).created) == 1
    assert [outcome.state for outcome in outbox.sweep(at=TEN)] == [State.SENT]


def test_a_message_already_being_sent_is_returned(world):
    world.want()
    outbox.reconcile(GROUP, at=TEN)
    Message.objects.update(state=State.SENDING, claimed_at=clock.now())
    world.planned.clear()
    _, cancelled, sending = outbox.reconcile(GROUP, at=TEN)
    assert (cancelled, len(sending)) == ([], 1)
    assert outbox.cancel_for(GROUP, why="withdrawn")[1] == sending


def test_cancel_for_cancels_waiting_messages(world):
    one, other = world.want(), world.want()
    outbox.reconcile(GROUP, at=TEN)
    Message.objects.filter(recipient_id=one.recipient_id).update(state=State.HELD)
    assert outbox.cancel_for(GROUP, why="no", kinds=["another"]) == ([], [])
    cancelled, _ = outbox.cancel_for(GROUP, why="they asked", recipient_id=one.recipient_id)
    assert [message.recipient_id for message in cancelled] == [one.recipient_id]
    cancelled, _ = outbox.cancel_for(GROUP, why="they died")
    assert [message.recipient_id for message in cancelled] == [other.recipient_id]
    assert outbox.sweep(at=TEN) == []


def test_a_moved_plan_moves_the_row(world):
    planned = world.want()
    outbox.reconcile(GROUP, at=TEN)
    world.planned = [replace(planned, due_at=TEN + HOUR, urgent=True)]
    outbox.reconcile(GROUP, at=TEN)
    message = Message.objects.get()
    assert (message.due_at, message.planned_for, message.urgent) == (TEN + HOUR, TEN + HOUR, True)


def test_a_change_makes_held_messages_due_again(world):
    planned = world.want()
    outbox.reconcile(GROUP, at=TEN)
    world.verdicts[planned.recipient_id] = Hold(TEN + 3 * HOUR, "on hold")
    outbox.sweep(at=TEN)
    message = Message.objects.get()
    assert (message.state, message.due_at, message.why_held) == (State.HELD, TEN + 3 * HOUR, "on hold")
    world.verdicts.clear()
    assert outbox.sweep(at=TEN + MINUTE) == []
    outbox.reconcile(GROUP, at=TEN)
    assert [outcome.state for outcome in outbox.sweep(at=TEN + MINUTE)] == [State.SENT]


def test_the_key_holds_in_the_database(world):
    (message,) = due(1)
    message.pk = uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        message.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_reconcile_needs_a_transaction(world):
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.reconcile(GROUP)
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.cancel_for(GROUP, why="x")


# ------------------------------------------------------------------------------------------------ sending


def test_a_due_message_is_sent_once_and_its_text_is_stored(world, settings):
    (message,) = due(1)
    (outcome,) = outbox.sweep(at=TEN)
    assert (outcome.state, outcome.why) == (State.SENT, "by email")
    assert outbox.sweep(at=TEN) == []
    message.refresh_from_db()
    assert (message.state, message.sent_at, message.attempts) == (State.SENT, TEN, 1)
    assert (message.subject, message.body) == ("A message from Asha", world.body)
    (file,) = files(settings)
    assert {key: file[key] for key in ("id", "channel", "to", "subject", "body")} == {
        "id": str(message.pk),
        "channel": "email",
        "to": "someone@example.org",
        "subject": "A message from Asha",
        "body": world.body,
    }


def test_texts_are_encrypted_in_the_database(world):
    due(1)
    outbox.sweep(at=TEN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject, body FROM notify_message")
        assert "Asha" not in "".join(cursor.fetchone())


def test_nothing_is_sent_before_its_time(world):
    due(1)
    assert outbox.sweep(at=TEN - MINUTE) == []


def test_the_app_may_hold_or_cancel_at_the_last_moment(world, settings):
    held, cancelled = due(2)
    world.verdicts = {
        held.recipient_id: Hold(TEN + HOUR, "outside their hours"),
        cancelled.recipient_id: Cancel("called off"),
    }
    assert sorted((o.state, o.why) for o in outbox.sweep(at=TEN)) == [
        (State.CANCELLED, "called off"),
        (State.HELD, "outside their hours, until Tue 2 March 2027, 11am"),
    ]
    assert files(settings) == []
    assert world.unsent == []  # the app's own reason
    world.verdicts.clear()
    assert [o.message_id for o in outbox.sweep(at=TEN + HOUR)] == [held.pk]
    assert state(cancelled) == State.CANCELLED


def test_a_hold_ends_before_the_message_is_useless_and_never_at_once(world):
    long, none = due(2, useless_after=TEN + HOUR)
    world.verdicts = {long.recipient_id: Hold(TEN + 9 * HOUR, "x"), none.recipient_id: Hold(TEN, "x")}
    outbox.sweep(at=TEN)
    assert state(long) == state(none) == State.HELD
    assert (long.due_at, none.due_at) == (TEN + HOUR, TEN + MINUTE)


def test_after_an_outage_only_useful_messages_are_sent(world):
    """Everything was due at ten; the sweep comes back six hours later."""
    late = due(1)[0]
    useful = due(1, useless_after=TEN + 24 * HOUR)[0]
    with time_machine.travel(TEN + 6 * HOUR, tick=False):
        tasks.sweep_due()
    assert (state(late), late.why_held, state(useful)) == (
        State.CANCELLED,
        "too late to be useful",
        State.SENT,
    )
    assert world.unsent == [(late.pk, State.CANCELLED)]


def test_a_check_that_fails_holds_that_message_and_no_other(world):
    broken, fine = due(2)
    world.verdicts[broken.recipient_id] = ValueError("a bug")
    states = {outcome.message_id: outcome.state for outcome in outbox.sweep(at=TEN)}
    assert states == {broken.pk: State.HELD, fine.pk: State.SENT}
    assert state(broken) == State.HELD
    assert (broken.due_at, broken.claimed_at) == (TEN + 10 * MINUTE, None)


def test_an_unknown_kind_waits(world):
    (message,) = due(1, kind="from_a_newer_release")
    outbox.sweep(at=TEN)
    assert state(message) == State.HELD


def test_messages_with_forbidden_words_or_names_are_held(world, settings):
    named, spoken = due(2)
    world.verdicts[named.recipient_id] = Send("text", "+447700900000", other_names=("Asha",))
    outbox.sweep(at=TEN)
    assert state(named) == State.HELD
    assert state(spoken) == State.SENT
    world.body = "Your referral is ready"
    (worker,) = due(1, to_worker=True)
    (person,) = due(1)
    outbox.sweep(at=TEN)
    assert (state(worker), state(person)) == (State.SENT, State.HELD)
    assert person.why_held == "its wording says what it may not"


# ------------------------------------------------------------------------------------------------ spacing


def test_quiet_hours_hold_participants_not_workers(world):
    night = TEN.replace(hour=21)
    facts = {"due_at": night, "useless_after": night + 24 * HOUR}
    person, urgent, worker = (
        due(1, **facts)[0],
        due(1, urgent=True, **facts)[0],
        due(1, to_worker=True, **facts)[0],
    )
    outbox.sweep(at=night)
    assert [state(each) for each in (person, urgent, worker)] == [State.HELD, State.HELD, State.SENT]
    assert clock.show_when(person.due_at) == "Wed 3 March 2027, 9am"
    assert clock.show_when(urgent.due_at) == "Wed 3 March 2027, 7.30am"


def test_a_message_too_late_after_quiet_hours_is_cancelled_while_a_worker_can_ring(world):
    night = TEN.replace(hour=21)
    (message,) = due(1, due_at=night, useless_after=night + 8 * HOUR)
    outbox.sweep(at=night)
    assert state(message) == State.CANCELLED
    assert world.unsent == [(message.pk, State.CANCELLED)]


def test_people_of_one_group_are_minutes_apart(world):
    due(3, each_own_group=False, useless_after=TEN + 24 * HOUR)
    for minute in range(8):
        outbox.sweep(at=TEN + minute * MINUTE)
    minutes = sorted(Message.objects.filter(state=State.SENT).values_list("spacing_minute", flat=True))
    assert minutes == [TEN, TEN + 2 * MINUTE, TEN + 4 * MINUTE]


def test_even_urgent_messages_of_one_group_are_minutes_apart_but_workers_are_not(world):
    urgent = due(2, each_own_group=False, urgent=True)
    due(2, group=urgent[0].group, to_worker=True)
    assert sorted(outcome.state for outcome in outbox.sweep(at=TEN)) == [State.HELD, *[State.SENT] * 3]


def test_groups_may_be_spaced_together(world):
    together = uuid.uuid4()
    due(2, spacing_group=together)
    assert sorted(outcome.state for outcome in outbox.sweep(at=TEN)) == [State.HELD, State.SENT]


def test_one_message_a_day_for_each_person_changes_excepted(world):
    person = uuid.uuid4()
    messages = due(2, recipient_id=person, useless_after=TEN + 48 * HOUR)
    outbox.sweep(at=TEN)
    sent, held = sorted(messages, key=state, reverse=True)
    assert (state(sent), state(held)) == (State.SENT, State.HELD)
    assert held.why_held == "one message a day for each person"
    (change,) = due(1, recipient_id=person, urgent=True)
    outbox.sweep(at=TEN + HOUR)
    assert state(change) == State.SENT
    assert (state(held), clock.show_when(held.due_at)) == (State.HELD, "Wed 3 March 2027, 9am")
    outbox.sweep(at=held.due_at)
    assert state(held) == State.SENT


def test_a_minute_that_passed_before_sending_is_released(world, settings, monkeypatch):
    """The claim took the minute 10:00 but was slow; the message is not sent at 10:01 under that slot."""
    (message,) = due(1)
    with time_machine.travel(TEN + timedelta(seconds=59, milliseconds=900), tick=False) as now:
        render = world.render

        def slow(message, at):
            now.shift(1)
            return render(message, at)

        registry._kinds[KIND] = replace(registry._kinds[KIND], render=slow)
        outbox.sweep()
        assert (state(message), files(settings)) == (State.HELD, [])
        outbox.sweep()
        assert state(message) == State.SENT


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 3), st.booleans(), st.booleans(), st.integers(0, 1800)),
        min_size=1,
        max_size=12,
    )
)
@deep(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_plan_sends_at_night_twice_a_day_or_in_the_same_minute(world, plans):
    Message.objects.all().delete()
    groups, people = [uuid.uuid4() for _ in range(3)], [uuid.uuid4() for _ in range(4)]
    for group, person, urgent, to_worker, after in plans:
        at = TEN + after * MINUTE
        due(
            1,
            group=groups[group],
            recipient_id=people[person],
            urgent=urgent,
            to_worker=to_worker,
            due_at=at,
            useless_after=at + 72 * HOUR,
        )
    at = TEN
    while (later := outbox.not_due(at, 1)) or Message.objects.filter(state__in=WAITING).exists():
        outbox.sweep(at=at)
        at = later[0].due_at if later else at
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}
    sent = list(Message.objects.filter(to_worker=False))
    assert not any(clock.quiet(message.sent_at, urgent=message.urgent) for message in sent)
    minutes = [(message.group, message.sent_at.replace(second=0)) for message in sent]
    days = [(m.recipient_id, clock.today(m.sent_at)) for m in sent if not m.urgent]
    assert len(set(minutes)) == len(minutes)
    assert len(set(days)) == len(days)


# ------------------------------------------------------------------------------------------------ answers


@pytest.fixture
def provider(settings, monkeypatch):
    """A channel with a scripted result."""
    settings.DELIVERY = "real"
    answers: list = []

    def send(letter: Letter) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setitem(delivery.CHANNELS, "email", send)
    return answers


def test_a_certain_failure_is_retried_with_growing_delays_then_given_up(world, provider):
    (message,) = due(1, useless_after=TEN + 100 * HOUR)
    waits = []
    at = TEN
    while state(message) in (State.DUE, State.HELD):
        provider.append(NotSent("the provider answered 429"))
        outbox.sweep(at=at)
        message.refresh_from_db()
        waits.append((message.due_at - at) // MINUTE)
        at = max(message.due_at, at)
    assert (message.state, message.attempts) == (State.FAILED, 6)
    assert waits == [1, 5, 15, 60, 120, 0]
    assert world.unsent == [(message.pk, State.FAILED)]
    assert message.spacing_day is None


def test_a_failure_then_a_success(world, provider):
    (message,) = due(1)
    provider[:] = [NotSent("the provider answered 500"), "reference-1"]
    outbox.sweep(at=TEN)
    assert state(message) == State.HELD
    outbox.sweep(at=TEN + MINUTE)
    assert (state(message), message.provider_ref, message.attempts) == (State.SENT, "reference-1", 2)


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        ("ok", State.SENT),
        (NotSent("429"), State.CANCELLED),
        (Refused("no"), State.CANCELLED),
        (TimeoutError(), "uncertain"),
    ],
)
def test_a_message_cancelled_while_being_sent_gets_no_retry(world, provider, monkeypatch, answer, ends):
    (message,) = due(1)
    send = delivery.CHANNELS["email"]

    def and_meanwhile(letter: Letter) -> str:
        assert [m.pk for m in outbox.cancel_for(message.group, why="they died")[1]] == [message.pk]
        return send(letter)

    monkeypatch.setitem(delivery.CHANNELS, "email", and_meanwhile)
    provider.append(answer)
    outbox.sweep(at=TEN)
    assert state(message) == ends
    assert outbox.sweep(at=TEN + HOUR) == []


def test_a_refusal_is_final(world, provider):
    (message,) = due(1)
    provider.append(Refused("no such address"))
    outbox.sweep(at=TEN)
    assert (state(message), world.unsent) == (State.FAILED, [(message.pk, State.FAILED)])


@pytest.mark.parametrize("answer", [TimeoutError(), ValueError("garbage"), ConnectionResetError()])
def test_an_unclear_answer_stays_uncertain(world, provider, answer):
    (message,) = due(1)
    provider.append(answer)
    (outcome,) = outbox.sweep(at=TEN)
    assert (outcome.state, state(message)) == (State.UNCERTAIN, State.UNCERTAIN)
    assert world.unsent == [(message.pk, State.UNCERTAIN)]
    assert outbox.sweep(at=TEN + HOUR) == []


def test_texts_wait_until_a_provider_is_connected(world, settings):
    settings.DELIVERY = "real"
    (message,) = due(1, useless_after=TEN + 100 * HOUR)
    world.verdicts[message.recipient_id] = Send("text", "+447700900000")
    outbox.sweep(at=TEN)
    assert (state(message), message.why_held) == (State.HELD, "texts cannot be sent from here yet")


def test_a_failing_on_unsent_is_retried_and_does_not_block_other_messages(world, provider):
    (message,) = due(1)
    (other,) = due(1)
    Message.objects.filter(pk=message.pk).update(state=State.SENDING, claimed_at=clock.now() - HOUR)
    provider.append("ok")
    world.unsent_fails = True
    outbox.sweep(at=TEN)
    assert (state(message), state(other)) == (State.SENDING, State.SENT)
    world.unsent_fails = False
    outbox.sweep(at=TEN)
    assert (state(message), world.unsent) == (State.UNCERTAIN, [(message.pk, State.UNCERTAIN)])


@pytest.mark.parametrize(("answer", "ends"), [("ok", State.SENT), (NotSent("later"), State.UNCERTAIN)])
def test_a_late_result(world, provider, monkeypatch, answer, ends):
    """A late success corrects the record. A late failure changes nothing, because a worker has been told."""
    (message,) = due(1)
    send = delivery.CHANNELS["email"]

    def slow(letter: Letter) -> str:
        Message.objects.filter(pk=message.pk).update(state=State.UNCERTAIN)
        return send(letter)

    monkeypatch.setitem(delivery.CHANNELS, "email", slow)
    provider.append(answer)
    outbox.sweep(at=TEN)
    assert state(message) == ends


def test_number_of_queries_for_each_message(world, django_assert_max_num_queries):
    due(20)
    # Ten each: the claim, the kind's re-check, whether the group is silent, the text and the result.
    with django_assert_max_num_queries(3 + 20 * 10):
        outbox.sweep(at=TEN)


def test_facts_are_read_for_many_groups_at_once_and_again_for_one_that_was_changed(world):
    due(3)
    outbox.sweep(at=TEN)
    assert world.reads == [3]
    world.changed = True
    due(2)
    outbox.sweep(at=TEN)
    assert world.reads == [3, 2, 1, 1]


def test_the_registry_knows_each_kind_once(world):
    world.register()
    with pytest.raises(ValueError, match="twice"):
        registry.register(Kind(KIND, world.plan, world.recheck, lambda m, facts: None))
