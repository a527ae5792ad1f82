"""When periodic jobs last ran to their end, for the health page.
The row is written by the job itself, so that a job that hangs is noticed too."""

from datetime import datetime, timedelta

from restorative.common import clock
from restorative.notify.models import Heartbeat

SWEEP = "sweep"
ALARM_AFTER = timedelta(minutes=5)


def beat(name: str, at: datetime | None = None) -> None:
    """Note that the job ran."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at or clock.now()})


def last(name: str) -> datetime | None:
    """When the job last ran, or None if it never did."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()


def is_late(name: str, at: datetime | None = None) -> bool:
    """Whether the job has not run for 5 minutes, or never."""
    seen = last(name)
    return seen is None or (at or clock.now()) - seen > ALARM_AFTER
