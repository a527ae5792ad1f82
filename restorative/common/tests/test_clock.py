"""The clock on ordinary days, bank holidays and both Sundays on which the clocks change.
Numbers come from rules(); what uses the clock is tested where it lives."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from restorative.common import clock

SPRING = date(2027, 3, 28)  # 01:00 becomes 02:00
AUTUMN = date(2026, 10, 25)  # 02:00 becomes 01:00

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
MOMENTS = st.integers(1_577_836_800, 2_051_222_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
CLOSURES = st.frozensets(DAYS, max_size=5)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.LONDON)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        clock.local(datetime(2027, 3, 2, 14))  # noqa: DTZ001


def test_today_is_the_london_day():
    assert clock.today(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == date(2026, 7, 1)
    assert clock.today(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == date(2026, 12, 31)
    with time_machine.travel(datetime(2026, 6, 30, 23, 30, tzinfo=UTC), tick=False):
        assert clock.today() == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2027, 3, 2), True),
        (date(2027, 3, 6), False),  # Saturday
        (date(2027, 3, 26), False),  # Good Friday
        (date(2027, 3, 29), False),  # Easter Monday
        (date(2026, 12, 28), False),  # in place of Boxing Day, a Saturday
        (date(2027, 1, 1), False),
        (date(2027, 3, 17), True),  # a bank holiday in Northern Ireland only
        (date(2027, 1, 4), True),  # and 4 January in Scotland only
        (date(2026, 8, 31), False),  # summer, England
        (date(2026, 8, 3), True),  # summer, Scotland
    ],
)
def test_working_days_follow_england(day, works):
    assert clock.is_working_day(day) is works


def test_closures_are_not_working_days():
    tuesday = date(2027, 3, 2)
    assert not clock.is_working_day(tuesday, {tuesday})
    assert clock.add_working_days(date(2027, 3, 1), 1, {tuesday}) == date(2027, 3, 3)


@pytest.mark.parametrize(
    ("day", "n", "result"),
    [
        (date(2027, 3, 2), 2, date(2027, 3, 4)),
        (date(2027, 3, 5), 1, date(2027, 3, 8)),
        (date(2027, 3, 6), 0, date(2027, 3, 6)),
        (date(2027, 3, 25), 1, date(2027, 3, 30)),  # over Easter
        (date(2027, 3, 30), -1, date(2027, 3, 25)),
        (date(2026, 12, 24), 3, date(2026, 12, 31)),
    ],
)
def test_adding_working_days(day, n, result):
    assert clock.add_working_days(day, n, frozenset()) == result


@given(DAYS, st.integers(-30, 30), CLOSURES)
def test_adding_and_counting_agree(day, n, closures):
    there = clock.add_working_days(day, n, closures)
    assert clock.working_days_between(day, there, closures) == n
    assert n == 0 or clock.is_working_day(there, closures)


@pytest.mark.parametrize(
    ("at", "is_quiet"),
    [
        ("2027-03-02 08:59", True),
        ("2027-03-02 09:00", False),
        ("2027-03-02 19:59", False),
        ("2027-03-02 20:00", True),
        ("2027-03-06 11:00", False),  # a Saturday may be rung
        ("2027-03-26 11:00", True),  # Good Friday
        ("2027-03-28 08:59", True),  # the clocks have gone forward
        ("2027-03-28 09:00", False),
        ("2026-10-25 08:59", True),  # the clocks have gone back
        ("2026-10-25 09:00", False),
        ("2026-10-25 19:59", False),
    ],
)
def test_quiet_hours(at, is_quiet):
    assert clock.quiet(london(at)) is is_quiet


@pytest.mark.parametrize(
    ("at", "is_quiet"),
    [
        ("2027-03-02 07:29", True),
        ("2027-03-02 07:30", False),
        ("2027-03-26 07:30", False),
        ("2027-03-26 20:00", True),
    ],
)
def test_urgent_messages_start_earlier_and_on_bank_holidays(at, is_quiet):
    assert clock.quiet(london(at), urgent=True) is is_quiet


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2027-03-02 03:00", "2027-03-02 09:00"),
        ("2027-03-02 20:00", "2027-03-03 09:00"),
        ("2027-03-25 21:00", "2027-03-27 09:00"),  # Good Friday between
        ("2027-03-27 21:00", "2027-03-28 09:00"),  # a night of 12 hours
        ("2026-10-24 21:00", "2026-10-25 09:00"),  # a night of 14 hours
        ("2026-12-24 20:00", "2026-12-27 09:00"),
    ],
)
def test_next_allowed(at, opens):
    assert clock.next_allowed(london(at)) == london(opens)


def test_clock_changes_count_elapsed_hours():
    assert clock.next_allowed(london("2027-03-27 20:00")) - london("2027-03-27 20:00").astimezone(
        UTC
    ) == timedelta(hours=12)
    assert clock.next_allowed(london("2026-10-24 20:00")) - london("2026-10-24 20:00").astimezone(
        UTC
    ) == timedelta(hours=14)
    assert clock.moment(SPRING, 1, 30) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)  # 01:30 does not exist
    assert clock.moment(AUTUMN, 1, 30) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first of two


@given(MOMENTS, st.booleans())
def test_next_allowed_is_the_first_allowed_moment(at, urgent):
    opens = clock.next_allowed(at, urgent=urgent)
    assert opens >= at
    assert not clock.quiet(opens, urgent=urgent)
    assert (opens == at) == (not clock.quiet(at, urgent=urgent))
    if opens > at:
        assert clock.quiet(opens - timedelta(seconds=1), urgent=urgent)


@time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False)
def test_how_moments_are_shown():
    assert clock.show_day(date(2027, 3, 2)) == "Tue 2 March"
    assert clock.show_day(date(2026, 12, 31)) == "Thu 31 December 2026"
    assert clock.show_day(datetime(2027, 6, 30, 23, 30, tzinfo=UTC)) == "Thu 1 July"
    assert clock.show_time(london("2027-03-02 14:00")) == "2pm"
    assert clock.show_time(london("2027-03-02 09:40")) == "9.40am"
    assert clock.show_time(time(0, 5)) == "12.05am"
    assert clock.show_time(time(12)) == "midday"
    assert clock.show_time(time(0)) == "midnight"
    assert clock.show_when(datetime(2027, 7, 6, 13, 0, tzinfo=UTC)) == "Tue 6 July, 2pm"


@time_machine.travel(datetime(2027, 3, 9, 12, tzinfo=UTC), tick=False)
@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2027-03-09 11:59:30", "just now"),
        ("2027-03-09 11:59", "1 minute ago"),
        ("2027-03-09 11:05", "55 minutes ago"),
        ("2027-03-09 02:00", "10 hours ago"),
        ("2027-03-08 23:00", "yesterday"),
        ("2027-03-03 09:00", "6 days ago"),
        ("2027-03-02 09:00", "Tue 2 March"),
        ("2026-03-02 09:00", "Mon 2 March 2026"),
        ("2027-03-10 09:00", "Wed 10 March, 9am"),
    ],
)
def test_ago(at, shown):
    assert clock.ago(london(at)) == shown


@pytest.mark.parametrize(
    ("day", "age"),
    [(date(2027, 2, 28), 14), (date(2027, 3, 1), 15), (date(2028, 2, 28), 15), (date(2028, 2, 29), 16)],
)
def test_an_age_is_the_birthdays_somebody_has_had(day, age):
    assert clock.age_on(date(2012, 2, 29), day) == age
