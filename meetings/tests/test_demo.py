"""The made-up histories work at any time of playing, because `make run` is started at any hour of any day."""

import io
import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from meetings.demo import situations
from meetings.demo.staff import Staff, make_staff
from meetings.demo.story import open_rooms, publish_sheet
from referrals.blockers import BY_KEY, blockers
from referrals.enums import Gate
from restorative.common.clearing import clear as clear_old
from restorative.common.rules import rules
from tests.depth import DEPTH
from tests.stories import tell

pytestmark = pytest.mark.django_db

MOMENTS = {
    "just after midnight": (2026, 11, 23, 0, 5),
    "an evening": (2026, 11, 24, 23, 50),
    "Christmas Day": (2026, 12, 25, 12, 0),
    "when the clocks go forward": (2027, 3, 28, 3, 0),
}


@pytest.mark.deep
@pytest.mark.sqlite
@pytest.mark.parametrize("number", range(len(MOMENTS)), ids=list(MOMENTS))
def test_every_situation_stands_at_any_hour(number: int) -> None:
    """Each situation at one of these hours; in deep runs each at every one."""
    names = situations.names() if DEPTH.every_hour else situations.names()[number :: len(MOMENTS)]
    with time_machine.travel(
        datetime(*list(MOMENTS.values())[number], tzinfo=ZoneInfo("Europe/London")), tick=False
    ):
        now = timezone.now()
        staff = make_staff(now)
        publish_sheet(now)
        open_rooms(staff, now)
        for name in names:
            made = situations.make(name, staff, now)
            code = BY_KEY.get(name.removeprefix("blocked_"))
            if code is not None:
                gate = Gate.BOOK if Gate.BOOK in code.gates else Gate.START
                assert code.key in {row.code for row in blockers(made.referral, gate, now)}, name


def demo_json() -> dict[str, Any]:
    out = io.StringIO()
    call_command("demo", "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


@pytest.mark.sqlite
@pytest.mark.parametrize("days", [0, 5, 40, 400])
def test_demo_lists_its_situations_on_every_later_day(staff: Staff, days: int) -> None:
    begun = timezone.now()
    tell("draft", staff, begun)
    with time_machine.travel(begun + timedelta(days=days)):
        clear_old()
        said = demo_json()
    assert list(said["referrals"]) == ["draft"]
    assert list(said["addresses"]) == (["draft"] if days < rules().draft_days else [])


@pytest.mark.sqlite
def test_demo_says_what_each_person_may_try(staff: Staff) -> None:
    said = demo_json()

    assert list(said["roles"]) == list(said["sign_ins"].values())
    assert said["roles"]["asha@demo.example"] == "keyworker, Forward Leeds, City team"
    assert said["roles"]["sal@demo.example"] == "manager and safeguarding lead, Forward Leeds, East team"
    assert said["roles"]["adam@demo.example"] == "administrator, Forward Leeds"
