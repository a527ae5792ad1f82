"""The facts of many referrals equal those read one by one, with the same number of queries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from referrals.blockers import BY_KEY, blockers, find_blockers
from referrals.enums import Gate
from referrals.facts import read_facts
from referrals.facts.rows import StageChangeRow
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def test_many_at_once_say_the_same_as_one_by_one(staff: Staff, django_assert_num_queries) -> None:
    now = timezone.now()
    names = [*(f"blocked_{key}" for key in BY_KEY), "logged", "ready", "booked_tomorrow"]
    referrals = [tell(name, staff, now).referral for name in names]

    with django_assert_num_queries(2):
        facts = read_facts([row.pk for row in referrals], now)

    for gate in Gate:
        found = {key: find_blockers(each, gate) for key, each in facts.items()}
        assert found == {row.pk: blockers(row, gate, now) for row in referrals}


def test_one_referral_takes_as_many_queries_as_many(staff: Staff, django_assert_num_queries) -> None:
    referral = tell("ready", staff, timezone.now()).referral

    with django_assert_num_queries(2):
        read_facts([referral.pk], timezone.now())


def test_a_missing_referral_is_left_out(staff: Staff) -> None:
    assert read_facts([staff["asha"].pk], timezone.now()) == {}


@pytest.mark.parametrize("days", [0, 3, 27, 85, 190])
def test_facts_known_before_now_are_the_facts(days: int, staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, timezone.now() - timedelta(days=1))
    at = timezone.now() + timedelta(days=days)
    facts = read_facts([made.referral.pk], at)[made.referral.pk]

    for gate in Gate:
        assert find_blockers(facts.known_until(at), gate) == find_blockers(facts, gate)


def test_facts_known_before_a_step_leave_out_what_came_with_it(staff: Staff) -> None:
    made = tell("withdrawn", staff, timezone.now())
    facts = read_facts([made.referral.pk], timezone.now())[made.referral.pk]
    step = next(row for row in facts.rows(StageChangeRow) if row.waits_for_release)

    then = facts.before(step)

    assert then.stage == "booked"
    assert all(party.takes_part for party in then.participants)
    assert not all(party.takes_part for party in facts.participants)
