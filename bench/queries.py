"""How many queries and how long the caseload and the referral page take, as referrals grow.

    .venv/bin/python bench/queries.py 40 2000

Works on a database of its own in a temporary folder and throws it away; DATABASE_URL gives it another.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="bench-")
os.environ["RESTORATIVE_ENV"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "restorative.settings"

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from meetings.demo import situations  # noqa: E402
from meetings.demo import story as play  # noqa: E402
from meetings.demo.staff import Staff, make_staff  # noqa: E402

ROUNDS = 15


def measure(client: Client, path: str) -> str:
    """Queries of one view, and the median and slowest time of some, in milliseconds."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    begun = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    queries = [row for row in captured.captured_queries if not row["sql"].startswith(begun)]
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        client.get(path)
        times.append((time.perf_counter() - start) * 1000)
    return f"{len(queries):>3} queries  {statistics.median(times):>6.0f} ms  {max(times):>6.0f} ms"


def fill(staff: Staff, have: int, want: int) -> None:
    """Log referrals until there are so many."""
    now = timezone.now()
    for number in range(have, want):
        at = now - timedelta(minutes=3 * (want - number))
        play.log(staff, play.Pair(f"Own{number}", f"Other{number}"), at)


def main() -> None:
    call_command("migrate", verbosity=0)
    now = timezone.now()
    staff = make_staff(now)
    play.publish_sheet(now)
    play.open_rooms(staff, now)
    made = {name: situations.make(name, staff, now) for name in ("booked_tomorrow", "blocked_stop")}
    client = Client(headers={"host": "localhost"})
    client.force_login(staff["asha"])
    count = len(made)
    print(f"{'referrals':>9}  {'page':<28} queries  median  slowest")
    for want in [int(word) for word in sys.argv[1:]] or [40]:
        fill(staff, count, want)
        count = want
        for name, path in [
            ("caseload", "/referrals/"),
            ("caseload, page 2", "/referrals/?page=2"),
            ("search by name", "/search/?q=Own39"),
            *((f"referral, {name}", f"/r/{row.referral.reference}/") for name, row in made.items()),
        ]:
            print(f"{count:>9}  {name:<28} {measure(client, path)}")


main()
