"""What stands in the way of many referrals is, for each, what stands in the way of it alone."""

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from referrals.blockers import BY_KEY, PLACES, blockers, blockers_of
from referrals.enums import Gate
from tests.stories import tell

pytestmark = pytest.mark.django_db


def test_many_at_once_say_the_same_as_one_by_one(staff: Staff, django_assert_num_queries) -> None:
    now = timezone.now()
    names = [*(f"blocked_{key}" for key in BY_KEY), "logged", "ready", "booked_tomorrow"]
    all_of_them = [tell(name, staff, now).referral for name in names]
    book, start = all_of_them[::2], all_of_them[1::2]

    with django_assert_num_queries(1):
        found = blockers_of([row.pk for row in book], [row.pk for row in start], now)

    alone = {row.pk: blockers(row, Gate.BOOK, now) for row in book}
    alone |= {row.pk: blockers(row, Gate.START, now) for row in start}
    assert found == alone
    swapped = blockers_of([row.pk for row in start], [row.pk for row in book], now)
    assert swapped == {row.pk: blockers(row, Gate.BOOK, now) for row in start} | {
        row.pk: blockers(row, Gate.START, now) for row in book
    }


def test_nothing_is_asked_about_none_and_not_more_than_there_are_places(
    staff: Staff, django_assert_num_queries
) -> None:
    with django_assert_num_queries(0):
        assert blockers_of([], [], timezone.now()) == {}
    with pytest.raises(ValueError, match="At most"):
        blockers_of([staff["asha"].pk] * (PLACES + 1), [], timezone.now())
