"""The made-up histories stand whenever they are played: `make run` is started at any hour of any day."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from meetings.demo import situations
from meetings.demo.staff import make_staff
from meetings.demo.story import open_rooms, publish_sheet
from referrals.blockers import BY_KEY, blockers
from referrals.enums import Gate

pytestmark = pytest.mark.django_db

MOMENTS = {
    "just after midnight": (2026, 11, 23, 0, 5),
    "an evening": (2026, 11, 24, 23, 50),
    "Christmas Day": (2026, 12, 25, 12, 0),
    "when the clocks go forward": (2027, 3, 28, 3, 0),
}


@pytest.mark.sqlite
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=list(MOMENTS))
def test_every_situation_stands_at_any_hour(moment: tuple[int, ...]) -> None:
    with time_machine.travel(datetime(*moment, tzinfo=ZoneInfo("Europe/London")), tick=False):
        now = timezone.now()
        staff = make_staff(now)
        publish_sheet(now)
        open_rooms(staff, now)
        for name in situations.names():
            made = situations.make(name, staff, now)
            code = BY_KEY.get(name.removeprefix("blocked_"))
            if code is not None:
                gate = Gate.BOOK if Gate.BOOK in code.gates else Gate.START
                assert code.key in {row.code for row in blockers(made.referral, gate, now)}, name
