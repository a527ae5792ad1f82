"""How long governance's ledger takes at many entries, and reading the chain from first to last.

    .venv/bin/python bench/ledger.py 1000000

Works on a database of its own in a temporary folder and throws it away; DATABASE_URL gives it another.
"""

import os
import random
import statistics
import sys
import tempfile
import time
import uuid
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

from meetings.demo import story as play  # noqa: E402
from meetings.demo.staff import make_staff  # noqa: E402
from restorative.audit import sealer, watch  # noqa: E402
from restorative.audit.macs import entry_mac  # noqa: E402
from restorative.audit.models import AuditEntry  # noqa: E402

ROUNDS = 7
VERBS = ["referral_viewed"] * 40 + ["party_viewed"] * 30 + ["route_recorded"] * 25 + ["signed_in"] * 5


def fill(staff: dict, referral: uuid.UUID, party: uuid.UUID, count: int) -> None:
    """Entries of all the staff over three years; one in ten thousand is about the referral that is asked for."""
    chance, now = random.Random(1), timezone.now()
    people = list(staff.values())
    made = []
    for number in range(count):
        by, at = chance.choice(people), now - timedelta(seconds=95 * (count - number))
        known = chance.random() < 0.0001
        entry = AuditEntry(
            at=at,
            written_at=at,
            actor_id=by.pk,
            organisation_id=by.organisation_id,
            role=by.role,
            verb=chance.choice(VERBS),
            thing_type="party",
            thing_ids=[str(uuid.UUID(int=chance.getrandbits(128)))],
            referral_id=referral if known else uuid.UUID(int=chance.getrandbits(128)),
            party_id=party if known else uuid.UUID(int=chance.getrandbits(128)),
            fields=["value"],
        )
        entry.mac = entry_mac(entry)
        made.append(entry)
        if len(made) == 5000 or number == count - 1:
            AuditEntry.objects.bulk_create(made, batch_size=1000)
            made = []


def measure(client: Client, asked: dict[str, str]) -> str:
    """Queries of one view, and the median and slowest time of some, in milliseconds."""
    client.get("/audit/", asked)
    with CaptureQueriesContext(connection) as captured:
        client.get("/audit/", asked)
    queries = len(captured)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        assert client.get("/audit/", asked).status_code == 200
        times.append((time.perf_counter() - start) * 1000)
    return f"{queries:>3} queries  {statistics.median(times):>6.0f} ms  {max(times):>6.0f} ms"


def timed(what: str, work) -> None:
    start = time.perf_counter()
    work()
    print(f"{what:<28} {time.perf_counter() - start:>6.1f} s", flush=True)


def main(count: int) -> None:
    call_command("migrate", verbosity=0)
    staff = make_staff(timezone.now())
    played = play.log(staff, play.Pair("Sam", "Jo"), timezone.now())
    timed("writing", lambda: fill(staff.people, played.referral.pk, played.own.pk, count))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")
    client = Client(headers={"host": "localhost"})
    client.force_login(staff["gwen"])
    session = client.session
    session["signed_in_at"] = timezone.now().isoformat()
    session.save()
    day = timezone.now().date()
    asked: dict[str, dict[str, str]] = {
        "everything": {},
        "page 40": {"page": "40"},
        "saw": {"did": "saw"},
        "changed": {"did": "changed"},
        "signed": {"did": "signed"},
        "exported (none)": {"did": "exported"},
        "worker": {"worker": str(staff["asha"].pk)},
        "worker, exported": {"worker": str(staff["asha"].pk), "did": "exported"},
        "reference": {"about": played.referral.reference},
        "person": {"about": str(played.own.pk)},
        "person nobody knows": {"about": str(uuid.uuid4())},
        "a day a year ago": {
            "since": str(day - timedelta(days=365)),
            "until": str(day - timedelta(days=365)),
        },
    }
    for name, filters in asked.items():
        print(f"{name:<28} {measure(client, filters)}", flush=True)
    timed("sealing", sealer.seal)
    timed("reading it whole", watch.check)
    timed("reading what is new", watch.check)


if __name__ == "__main__":
    main(int(sys.argv[1]))
