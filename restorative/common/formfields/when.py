"""Days and times as people write them. Times are London's, and aware; what the clocks skip is refused."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError

from restorative.common import clock
from restorative.common.formfields.text import CleanCharField

MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december"]  # fmt: skip
DAY_NAMES = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
DATE_MESSAGE = "Enter a date, like 3 March 2027"
TIME_MESSAGE = "Enter a time, like 2pm or 14:30"


def _month(word: str) -> int:
    """The number of a month's name, whole or from three letters on. Raises ValidationError for anything else."""
    for number, name in enumerate(MONTHS, start=1):
        if len(word) >= 3 and (name.startswith(word.lower()) or (number == 9 and word.lower() == "sept")):
            return number
    raise ValidationError(DATE_MESSAGE, code="invalid")


def read_date(text: str) -> date:
    """The day somebody wrote: '3 March 2027', '3/3/2027', '2027-03-03', 'today', 'tomorrow'.

    Raises ValidationError with what to change, for days that do not exist and years outside 1900 to 2100.
    """
    typed = " ".join(text.lower().replace(",", " ").split())
    typed = re.sub(rf"^{DAY_NAMES}\s+", "", typed)
    near = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if typed in near:
        return clock.today() + timedelta(days=near[typed])
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", typed, flags=re.ASCII):
        year, month, day = (int(part) for part in match.groups())
    elif match := re.fullmatch(
        r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{1,6})", typed, flags=re.ASCII
    ):
        day, month, year = int(match[1]), int(match[2]), _year(match[3])
    elif match := re.fullmatch(
        r"(\d{1,2})(?:st|nd|rd|th)?(?: of)?[ \-]*([a-z]+)\.?[ \-]*(\d{1,6})?", typed, flags=re.ASCII
    ):
        day, month = int(match[1]), _month(match[2])
        if match[3] is None:
            raise ValidationError(f"Add the year, like {DATE_MESSAGE[19:]}", code="no_year")
        year = _year(match[3])
    else:
        raise ValidationError(DATE_MESSAGE, code="invalid")
    if not 1900 <= year <= 2100:
        raise ValidationError("Enter a year from 1900 to 2100", code="year")
    if not 1 <= month <= 12:
        raise ValidationError(
            f"There are 12 months, so {month} cannot be one. {DATE_MESSAGE}", code="impossible"
        )
    try:
        return date(year, month, day)
    except ValueError:
        name = MONTHS[month - 1].title()
        raise ValidationError(
            f"There is no {day} {name} {year}. Check the day and the month", code="impossible"
        ) from None


def _year(digits: str) -> int:
    if len(digits) == 2:
        raise ValidationError("Write the year in full, like 2027", code="short_year")
    return int(digits)


def read_time(text: str) -> time:
    """The time somebody wrote: '2pm', '2.30pm', '14:30', '9.40 am', 'noon'. Raises ValidationError."""
    typed = " ".join(text.lower().split())
    if typed in {"noon", "midday", "12 noon"}:
        return time(12)
    match = re.fullmatch(r"(\d{1,2})(?:\s?[:.]\s?(\d{2}))?\s*([ap])?\.?(?:m\.?)?", typed, flags=re.ASCII)
    if not match and (match := re.fullmatch(r"(\d{2})(\d{2})()", typed, flags=re.ASCII)) is None:
        raise ValidationError(TIME_MESSAGE, code="invalid")
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if not half and match[2] is None and hour <= 12:
        raise ValidationError(f"Say whether {hour} is am or pm, like 2pm", code="half")
    if half:
        if not 1 <= hour <= 12:
            raise ValidationError(TIME_MESSAGE, code="invalid")
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59 or (not half and match[2] is None):
        raise ValidationError(TIME_MESSAGE, code="invalid")
    return time(hour, minute)


def london(day: date, at: time) -> datetime:
    """That day and time in London, aware. Of a time that comes twice, the first.

    Raises ValidationError for the hour that is skipped when the clocks go forward.
    """
    there = datetime.combine(day, at, tzinfo=clock.LONDON)
    back = there.astimezone(UTC).astimezone(clock.LONDON)
    if back.replace(tzinfo=None) != there.replace(tzinfo=None):
        raise ValidationError(
            "The clocks go forward in that hour, so this time does not happen. Choose another", code="skipped"
        )
    return there


class DateField(CleanCharField):
    """A day, typed in words or figures. `past` and `future` refuse the other side of today (today passes both)."""

    attrs = {"autocomplete": "off", "spellcheck": "false"}

    longest, width = 40, "10"

    def __init__(self, *, past: bool = False, future: bool = False, **kwargs: Any):
        self.past, self.future = past, future
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        if isinstance(value, datetime):
            return clock.local(value).date()
        if isinstance(value, date):
            return value
        text = super().to_python(value)
        if not text:
            return None
        day = read_date(text)
        if self.past and day > clock.today():
            raise ValidationError("Enter a date that is today or in the past", code="future")
        if self.future and day < clock.today():
            raise ValidationError("Enter a date that is today or later", code="past")
        return day

    def prepare_value(self, value: Any) -> Any:
        return write_date(value) if isinstance(value, date) else value


class TimeField(CleanCharField):
    """A time of day: '2pm', '14:30'."""

    attrs = {"autocomplete": "off", "spellcheck": "false"}
    longest, width = 20, "5"

    def to_python(self, value: Any) -> time | None:  # type: ignore[override]
        if isinstance(value, time):
            return value
        text = super().to_python(value)
        return read_time(text) if text else None

    def prepare_value(self, value: Any) -> Any:
        return value.strftime("%H:%M") if isinstance(value, time) else value


def write_date(day: date) -> str:
    """A day as DateField reads it back: '3 March 2027'."""
    return f"{day.day} {MONTHS[day.month - 1].title()} {day.year}"
