"""Concurrent processes, and processes that are killed, on the database of this run.
The outbox in one process is in test_outbox.py."""

import signal
from collections import Counter
from datetime import timedelta

import pytest
import time_machine

from restorative.common import clock
from restorative.notify import outbox
from restorative.notify.models import Message, State
from restorative.notify.tests.fakes import TEN, due
from tests.depth import DEPTH

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def lines(path) -> list[str]:
    return path.read_text().split()


@pytest.mark.deep
def test_cancelling_and_claiming_have_one_winner(race, delivered):
    messages = due(DEPTH.raced_messages)
    for i, message in enumerate(messages):
        Message.objects.filter(pk=message.pk).update(due_at=TEN + timedelta(seconds=i))
    sweeping = race.enter("sweep", str(DEPTH.raced_messages))
    cancelling = race.enter("cancel", *(str(message.group) for message in messages))
    race.go()
    said = dict(line.split() for line in cancelling.communicate(timeout=120)[0].splitlines())
    assert sweeping.wait(120) == 0
    assert cancelling.returncode == 0
    gone = Counter(lines(delivered))
    for message in messages:
        message.refresh_from_db()
        won = said[str(message.group)]
        if won == "cancelled":
            assert (message.state, message.claimed_at, gone[str(message.pk)]) == (State.CANCELLED, None, 0)
        else:
            assert (message.state, gone[str(message.pk)]) == (State.SENT, 1)
    tally = Counter(said.values())
    assert tally["cancelled"] >= 10, tally
    assert tally["sent"] + tally["named"] >= 10, tally


def test_four_concurrent_sweeps_send_each_message_once(race, delivered):
    messages = due(500)
    sweeps = [race.enter("once") for _ in range(4)]
    race.go()
    assert [sweep.wait(120) for sweep in sweeps] == [0, 0, 0, 0]
    assert sorted(lines(delivered)) == sorted(str(message.pk) for message in messages)
    assert Message.objects.filter(state=State.SENT).count() == 500


def test_four_concurrent_sweeps_space_the_messages_of_a_group(race, delivered):
    """Forty people of one group: each minute has one message, however many sweeps run."""
    due(40, each_own_group=False)
    sweeps = [race.enter("once") for _ in range(4)]
    race.go()
    assert [sweep.wait(120) for sweep in sweeps] == [0, 0, 0, 0]
    assert len(lines(delivered)) == 1
    assert Message.objects.filter(state=State.HELD, due_at=TEN + timedelta(minutes=2)).count() == 39


@pytest.mark.parametrize("step", ["recheck", "render"])
def test_a_crash_before_sending_loses_nothing(race, delivered, world, step):
    (message,) = due(1)
    assert race.alone(DIE_AT=step) == -signal.SIGKILL
    message.refresh_from_db()
    assert message.state == State.DUE
    assert race.alone() == 0
    assert lines(delivered) == [str(message.pk)]


@pytest.mark.parametrize(("step", "went"), [("handing", 0), ("handed", 1)])
def test_a_crash_while_sending_gets_no_retry(race, delivered, world, step, went):
    (message,) = due(1)
    assert race.alone(DIE_AT=step) == -signal.SIGKILL
    message.refresh_from_db()
    assert message.state == State.SENDING
    assert message.body
    assert race.alone() == 0
    assert len(lines(delivered)) == went
    now = clock.now()
    with time_machine.travel(now + timedelta(minutes=9)):
        assert outbox.sweep(at=TEN) == []
    with time_machine.travel(now + timedelta(minutes=11)):
        (outcome,) = outbox.sweep(at=TEN)
        assert outcome.state == State.UNCERTAIN
        assert world.unsent == [(message.pk, State.UNCERTAIN)]
        assert list(Message.objects.filter(state=State.UNCERTAIN)) == [message]
        assert outbox.sweep(at=TEN) == []
    assert race.alone() == 0
    assert len(lines(delivered)) == went
