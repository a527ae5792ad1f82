"""The outbox's periodic task. Running it twice, or concurrently, sends nothing twice.
It takes no arguments: the database knows what is due."""

import time

from celery import shared_task

from restorative.notify import outbox

BATCH = 500
# Beat starts the next sweep after 30 seconds; several sweeps share a long queue.
SECONDS = 25


@shared_task
def sweep_due() -> None:
    """Send what is due, in batches, until nothing is left or the next sweep is about to start."""
    started = time.monotonic()
    while outbox.sweep(limit=BATCH) and time.monotonic() - started < SECONDS:
        pass
