"""A process that sweeps or cancels concurrently: `python -m restorative.notify.tests.racer sweep|cancel|once …`.
The tests that start it check the result."""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402

from restorative.notify import outbox  # noqa: E402
from restorative.notify.tests.fakes import TEN, World, deliver_to, wait_until  # noqa: E402

STEP = 0.03


def sweep_rounds(start: float, rounds: int) -> None:
    """Round i sweeps what is due i seconds after ten."""
    for i in range(rounds):
        wait_until(start + i * STEP)
        outbox.sweep(at=TEN + timedelta(seconds=i))


def cancel_rounds(start: float, groups: list[UUID]) -> None:
    """Round i cancels group i, a little before or after the sweep, and prints the result."""
    for i, group in enumerate(groups):
        wait_until(start + i * STEP + (i % 11 - 3) * 0.0015)
        with transaction.atomic():
            cancelled, already_sending = outbox.cancel_for(group, why="raced")
        print(group, "cancelled" if cancelled else "named" if already_sending else "sent", flush=True)  # noqa: T201


def line_up() -> float:
    """Report that this process is ready, and wait for the start."""
    go = Path(os.environ["GO"])
    (go.parent / f"ready-{os.getpid()}").touch()
    while not go.exists():
        time.sleep(0.01)
    return float(go.read_text())


def main(what: str, *rest: str) -> None:
    settings.DELIVERY = "real"
    deliver_to(Path(os.environ["DELIVERED"]))
    World().register()
    start = line_up()
    if what == "sweep":
        sweep_rounds(start, int(rest[0]))
    elif what == "cancel":
        cancel_rounds(start, [UUID(group) for group in rest])
    else:
        wait_until(start)
        while outbox.sweep(at=TEN):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
