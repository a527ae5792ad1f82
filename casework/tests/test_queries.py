"""How many queries each page of one referral takes: a literal number, so that one more shows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.models import FollowUp, Meeting
from referrals.models import Handoff
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.usefixtures("morning")]

# The two savepoints are the ledger's transaction inside the test's own; in production there are none.
SAVEPOINTS = 2
PAGES = [
    ("referral", "/r/{reference}/", "ready", "asha", 12),
    ("referral", "/r/{reference}/", "booked_tomorrow", "fay", 13),
    ("referral", "/r/{reference}/", "withdrawn", "kit", 12),
    ("referral", "/r/{reference}/", "agreement_open", "asha", 12),
    ("referral", "/r/{reference}/", "on_hold", "mo", 13),
    ("person", "/r/{reference}/people/{own}/", "logged", "asha", 12),
    ("person", "/r/{reference}/people/{own}/", "ready", "asha", 13),
    ("person", "/r/{reference}/people/{own}/", "booked_tomorrow", "fay", 15),
    ("person", "/r/{reference}/people/{own}/", "agreement_open", "asha", 14),
    ("history", "/r/{reference}/history/", "booked_tomorrow", "asha", 13),
    ("history", "/r/{reference}/history/", "agreement_open", "fay", 12),
    ("handoff", "/handoffs/{handoff}/", "handoff_waiting", "carol", 13),
    ("handoff", "/handoffs/{handoff}/", "handoff_waiting", "kit", 15),
    ("planner", "/r/{reference}/meetings/new/", "ready", "asha", 14),
    ("meeting", "/r/{reference}/meetings/{meeting}/", "booked_tomorrow", "asha", 15),
    ("day", "/r/{reference}/meetings/{meeting}/today/", "booked_tomorrow", "fay", 14),
    ("record", "/r/{reference}/meetings/{meeting}/record/", "record_overdue", "fay", 12),
    ("agreement", "/r/{reference}/agreement/", "agreement_open", "asha", 14),
    ("call", "/r/{reference}/follow-ups/{call}/", "follow_up_due", "asha", 13),
]


@pytest.mark.parametrize(("name", "path", "situation", "who", "queries"), PAGES)
def test_a_page_takes_so_many_queries(
    name: str, path: str, situation: str, who: str, queries: int, staff: Staff
) -> None:
    made = tell(situation, staff, timezone.now())
    there = {"referral": made.referral}
    keys = {
        "reference": made.referral.reference,
        "own": made.own.pk,
        "handoff": Handoff.objects.unscoped("test").filter(**there).values_list("pk", flat=True).first(),
        "meeting": Meeting.objects.unscoped("test").filter(**there).values_list("pk", flat=True).last(),
        "call": FollowUp.objects.unscoped("test").filter(party=made.own).values_list("pk", flat=True).first(),
    }
    client = Client()
    client.force_login(staff[who])
    assert client.get(path.format(**keys)).status_code == 200

    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(path.format(**keys)).status_code == 200

    assert len(found) - SAVEPOINTS == queries, "\n".join(each["sql"][:150] for each in found)
