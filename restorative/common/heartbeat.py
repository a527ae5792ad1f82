"""When each clock of the service was last seen alive: beat, and each task of the timetable by its short name.
What counts as late is decided by the health page."""

from datetime import datetime

from django.utils import timezone

from restorative.common.models import Heartbeat


def beat(name: str) -> None:
    """Note that this part works now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def last_beats() -> dict[str, datetime]:
    """When each part was last seen."""
    return dict(Heartbeat.objects.values_list("name", "at"))
