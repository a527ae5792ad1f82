"""A process that writes or seals concurrently with others: `python -m restorative.audit.tests.racer write|seal …`.
The test that starts it checks the result."""

import random
import sys
import time
import uuid
from pathlib import Path

import django

django.setup()

from django.db import transaction  # noqa: E402

from restorative.audit.ledger import record  # noqa: E402
from restorative.audit.sealer import seal  # noqa: E402


def write(changes: int) -> None:
    """Changes of one to three entries; some commit late, so that ids appear out of order, and some roll back."""
    chance = random.Random()
    for i in range(changes):
        with transaction.atomic():
            for _ in range(chance.randint(1, 3)):
                record("changed", by=None, thing=uuid.uuid4(), thing_type="thing", fields=["stage"])
            if i % 10 == 0:
                time.sleep(chance.random() * 0.02)
            if i % 17 == 0:
                transaction.set_rollback(True)


def main(what: str, *rest: str) -> None:
    if what == "write":
        write(int(rest[0]))
        return
    sealed = 0
    while not Path(rest[0]).exists():
        sealed += seal()
        time.sleep(0.01)
    print(sealed)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
