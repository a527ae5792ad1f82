"""`manage.py send_due`: one line of output for each message, without names or addresses.
The sweep itself is tested in test_outbox.py."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from restorative.notify.models import Message, State
from restorative.notify.registry import Cancel, Hold
from restorative.notify.tests.fakes import TEN, due

pytestmark = pytest.mark.django_db

AT = "2027-03-02T10:00"


@pytest.fixture
def said(capsys):
    """The command's output as lines."""

    def run(*args: str) -> list[str]:
        call_command("send_due", *args)
        return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    return run


def short(message: Message) -> str:
    return str(message.pk)[:8]


def test_the_command_explains_each_message(world, said):
    sent, held, cancelled, later = due(4)
    world.verdicts[held.recipient_id] = Hold(TEN + timedelta(hours=1), "outside the hours they allowed")
    world.verdicts[cancelled.recipient_id] = Cancel("the meeting is not booked any more")
    Message.objects.filter(pk=later.pk).update(due_at=TEN + timedelta(days=1))
    with time_machine.travel(TEN, tick=False):
        lines = said("--at", AT)
        assert sorted(lines[:3]) == sorted(
            [
                f"sent fake {short(sent)} by email",
                f"held fake {short(held)} outside the hours they allowed, until Tue 2 March, 11am",
                f"cancelled fake {short(cancelled)} the meeting is not booked any more",
            ]
        )
        assert lines[3:] == [f"not due fake {short(later)} from Wed 3 March, 10am"]
        assert said("--at", AT) == [
            f"not due fake {short(held)} outside the hours they allowed, from Tue 2 March, 11am",
            f"not due fake {short(later)} from Wed 3 March, 10am",
        ]


def test_a_dry_run_decides_everything_and_stores_nothing(world, said, settings):
    together = due(2, each_own_group=False)
    before = list(Message.objects.order_by("pk").values())
    lines = said("--at", AT, "--dry-run")
    assert sorted(line.split(" fake ")[0] for line in lines) == ["would be held", "would be sent"]
    assert list(Message.objects.order_by("pk").values()) == before
    assert not Path(settings.OUTBOX_DIR).exists()
    assert said("--at", AT)[0].startswith("sent")
    assert Message.objects.filter(pk__in=[m.pk for m in together], state=State.SENT).count() == 1


def test_no_line_contains_a_name(world, said):
    due(1)
    assert "example.org" not in " ".join(said("--at", AT))


def test_a_time_is_a_london_time(world, said):
    due(1, due_at=TEN.replace(month=7), useless_after=TEN.replace(month=8))
    assert said("--at", "2027-07-02T10:59")[0].startswith("not due")
    assert said("--at", "2027-07-02T11:00")[0].startswith("sent")


@pytest.mark.parametrize("time", ["tomorrow", "2027-13-01T10:00", "10:00"])
def test_an_invalid_time_is_refused(world, said, time):
    with pytest.raises(CommandError, match="--at takes a time"):
        said("--at", time)


def test_production_sends_nothing_before_its_time(world, said, settings):
    due(1)
    settings.RESTORATIVE_ENV = "production"
    with time_machine.travel(TEN - timedelta(hours=1), tick=False):
        with pytest.raises(CommandError, match="before their time"):
            said("--at", AT)
        assert said("--at", AT, "--dry-run")[0].startswith("would be sent")


def test_nothing_due_is_reported(world, said):
    assert said() == ["Nothing waits to be sent."]
