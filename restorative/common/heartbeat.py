"""Records when beat and each periodic task last ran.
The health page decides what counts as late."""

from datetime import datetime

from django.utils import timezone

from restorative.common.models import Heartbeat


def beat(name: str) -> None:
    """Record that this part ran now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def last_beats() -> dict[str, datetime]:
    return dict(Heartbeat.objects.values_list("name", "at"))
