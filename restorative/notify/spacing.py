"""Spaces messages to participants: quiet hours, never two of one group in the same minute, one a day for each person.
Time slots are unique in the database, so that two concurrent sweeps cannot take the same one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from restorative.common import clock
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Hold

TOO_LATE = "too late to be useful"
TOGETHER = "another message of the same people went out just now"
_MINUTE = timedelta(minutes=1)


def quiet_hold(message: Message, at: datetime) -> Hold | Cancel | None:
    """Hold a message to a participant at night and on bank holidays. Messages to workers have no quiet hours."""
    if message.to_worker or not clock.quiet(at, urgent=message.urgent):
        return None
    return _wait(message, clock.next_allowed(at, urgent=message.urgent), "quiet hours")


def take_place(message: Message, at: datetime, said: dict[str, str]) -> Hold | Cancel | None:
    """Take this minute for the group and this day for the person, or return how long to wait.

    The same statement stores the text and the channel (`said`). A message sent just before a minute ends may arrive in
    the next one, so the minutes beside a taken one stay free too.
    """
    if message.to_worker:
        _took(message, **said)
        return None
    minute = minute_of(at)
    group = message.spacing_group or message.group
    beside = Message.objects.filter(
        spacing_group=group, spacing_minute__range=(minute - _MINUTE, minute + _MINUTE)
    )
    taken = beside.exclude(pk=message.pk).aggregate(last=Max("spacing_minute"))["last"]
    if taken:
        return _wait(message, taken + 2 * _MINUTE, TOGETHER)
    place: dict[str, Any] = {"spacing_group": group, "spacing_minute": minute}
    day = {} if message.urgent else {"spacing_day": clock.today(at)}
    if _took(message, **place, **day, **said):
        return None
    # Another message has the day, or another sweep has just taken the minute.
    if (
        day
        and Message.objects.filter(recipient_id=message.recipient_id, **day).exclude(pk=message.pk).exists()
    ):
        return _wait(message, _opens_tomorrow(at), "one message a day for each person")
    return _wait(message, minute + 2 * _MINUTE, TOGETHER)


def minute_of(at: datetime) -> datetime:
    """The minute that contains a moment."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _wait(message: Message, until: datetime, why: str) -> Hold | Cancel:
    """Hold until then. If that is too late, cancel now, while a worker still has time to ring."""
    return Cancel(TOO_LATE) if until > message.useless_after else Hold(until, why)


def _opens_tomorrow(at: datetime) -> datetime:
    return clock.next_allowed(clock.moment(clock.today(at) + timedelta(days=1), 0))


def _took(message: Message, **place: Any) -> bool:
    try:
        with transaction.atomic():
            Message.objects.filter(pk=message.pk).update(**place)
    except IntegrityError:
        return False
    for name, value in place.items():
        setattr(message, name, value)
    return True
