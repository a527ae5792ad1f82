"""London days, working days, quiet hours, and how times are shown. Stored times are UTC.
No facts about referrals are here; the numbers are in `rules()`."""

from calendar import monthrange
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.utils import timezone

from restorative.common.rules import rules

LONDON = ZoneInfo("Europe/London")

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def now() -> datetime:
    """The current time, aware, in UTC."""
    return timezone.now()


def local(dt: datetime) -> datetime:
    """The same moment in London time. Raises ValueError for a naive time, which is ambiguous."""
    if timezone.is_naive(dt):
        raise ValueError("A moment needs a time zone.")
    return dt.astimezone(LONDON)


def today(at: datetime | None = None) -> date:
    """The London date now, or at the given moment."""
    return local(at or now()).date()


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """That time of a London day, in UTC. A time that occurs twice means the first; a skipped time moves forward."""
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


@lru_cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_bank_holiday(day: date) -> bool:
    return day in _bank_holidays(day.year)


def is_working_day(day: date, closures: Collection[date] = frozenset()) -> bool:
    """Monday to Friday, not a bank holiday in England, and not one of the organisation's closures."""
    return day.weekday() < 5 and not is_bank_holiday(day) and day not in closures


def add_working_days(day: date, n: int, closures: Collection[date]) -> date:
    """The n-th working day after `day`, or before it when n is negative. With 0, the day itself.

    For an organisation by its id, use restorative.accounts.working_days; for facts, facts.working_day_after.
    """
    step = _DAY if n > 0 else -_DAY
    left = abs(n)
    while left:
        day += step
        left -= is_working_day(day, closures)
    return day


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def age_on(born: date, day: date) -> int:
    """Age in years on that day. A birthday on 29 February counts from 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def working_days_between(a: date, b: date, closures: Collection[date]) -> int:
    """Working days after `a` up to and including `b`. Negative if b is earlier: the days from b to the day before a."""
    if b < a:
        return -working_days_between(b - _DAY, a - _DAY, closures)
    weeks, days = divmod((b - a).days, 7)
    weekdays = 5 * weeks + sum((b - _DAY * i).weekday() < 5 for i in range(days))
    free = set(closures).union(*(_bank_holidays(year) for year in range(a.year, b.year + 1)))
    return weekdays - sum(a < day <= b and day.weekday() < 5 for day in free)


def open_hours_between(
    start: datetime, end: datetime, opens: time, closes: time, closures: Collection[date] = frozenset()
) -> timedelta:
    """Opening time of an organisation between `start` and `end`; zero if `end` is before `start`."""
    day, left = today(start), timedelta()
    while day <= today(end):
        if is_working_day(day, closures):
            first = max(start, moment(day, opens.hour, opens.minute))
            last = min(end, moment(day, closes.hour, closes.minute))
            left += max(last - first, timedelta())
        day += _DAY
    return left


def next_of(at: datetime, minutes: Collection[int]) -> datetime:
    """The first of the given times of day (minutes from midnight in London) on a working day that is after `at`."""
    return next(each for each in _fixed_times(today(at), 1, minutes) if each > at)


def last_of(at: datetime, minutes: Collection[int]) -> datetime:
    """The last of the given times of day on a working day that is not after `at`."""
    return next(each for each in _fixed_times(today(at), -1, minutes) if each <= at)


def _fixed_times(day: date, step: int, minutes: Collection[int]) -> Iterator[datetime]:
    while True:
        if is_working_day(day):
            for minute in sorted(minutes, reverse=step < 0):
                yield moment(day, *divmod(minute, 60))
        day += _DAY * step


def quiet(at: datetime, *, urgent: bool = False) -> bool:
    """Whether no message may go to participants: 20:00 to 09:00 in London, and bank holidays in England.

    An urgent message (a change to today's meeting) may go from 07:30, and on bank holidays.
    """
    here = local(at)
    if here.hour >= rules().quiet_from_hour:
        return True
    if urgent:
        return here.hour * 60 + here.minute < rules().urgent_from_minute
    return here.hour < rules().quiet_to_hour or is_bank_holiday(here.date())


def next_allowed(at: datetime, *, urgent: bool = False) -> datetime:
    """The first moment from `at` onwards that is not quiet, in UTC."""
    if not quiet(at, urgent=urgent):
        return at.astimezone(UTC)
    start = rules().urgent_from_minute if urgent else rules().quiet_to_hour * 60
    day = today(at)
    while (opens := moment(day, *divmod(start, 60))) < at or quiet(opens, urgent=urgent):
        day += _DAY
    return opens


def show_day(d: date | datetime) -> str:
    """'Tue 3 March', with the year when it is not this year."""
    day = local(d).date() if isinstance(d, datetime) else d
    shown = f"{day:%a} {day.day} {day:%B}"
    return shown if day.year == today().year else f"{shown} {day.year}"


def show_time(dt: datetime | time) -> str:
    """'2pm', '9.40am', 'midday', 'midnight'."""
    at = local(dt).time() if isinstance(dt, datetime) else dt
    if (at.hour, at.minute) in {(0, 0), (12, 0)}:
        return "midday" if at.hour else "midnight"
    minutes = f".{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'pm' if at.hour >= 12 else 'am'}"


def show_when(dt: datetime) -> str:
    """'Tue 3 March, 2pm'."""
    return f"{show_day(dt)}, {show_time(dt)}"


def ago(dt: datetime) -> str:
    """'just now', '5 minutes ago', '2 hours ago', 'yesterday', '6 days ago', then the day itself."""
    passed = now() - dt
    days = (today() - today(dt)).days
    if passed < timedelta(0) or days > 6:
        return show_when(dt) if passed < timedelta(0) else show_day(dt)
    if passed < _MINUTE:
        return "just now"
    if passed < 60 * _MINUTE:
        return _plural(passed // _MINUTE, "minute")
    if days == 0 or passed < timedelta(hours=4):
        return _plural(passed // timedelta(hours=1), "hour")
    return "yesterday" if days == 1 else f"{days} days ago"


def _plural(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
