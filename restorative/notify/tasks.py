"""The outbox's one periodic task. Running it twice, or twice at once, sends nothing twice.
It takes no arguments: the database says what is due."""

import time

from celery import shared_task

from restorative.notify import outbox

BATCH = 500
# Beat starts the next sweep after 30 seconds; a long queue is shared between this one and those that follow.
SECONDS = 25


@shared_task
def sweep_due() -> None:
    """Send what is due, batch after batch, until nothing is left or the next sweep is about to start."""
    started = time.monotonic()
    while outbox.sweep(limit=BATCH) and time.monotonic() - started < SECONDS:
        pass
