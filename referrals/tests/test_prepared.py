"""A rule compiled once answers anew each time: for another person, at another time, under other numbers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from referrals.blockers import blockers
from referrals.enums import Gate
from referrals.models import Party, Referral
from referrals.querysets_rules import opened_by, opened_ids
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def test_a_number_that_is_changed_counts_at_once(staff: Staff, settings) -> None:
    made = tell("ready", staff, timezone.now())
    at = timezone.now()

    settings.RULES = {"contact_days": 30, "contact_days_at_risk": 14}
    later = at + timedelta(days=20)
    assert "safe_contact_missing" not in {row.code for row in blockers(made.referral, Gate.BOOK, later)}
    settings.RULES = {"contact_days": 14, "contact_days_at_risk": 14}
    assert "safe_contact_missing" in {row.code for row in blockers(made.referral, Gate.BOOK, later)}


def test_each_person_is_asked_about_apart(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    parties = Party.objects.unscoped("test").filter(referral=made.referral)

    for key, user in staff.people.items():
        whole = set(parties.filter(opened_by(user)).values_list("pk", flat=True))
        assert set(parties.filter(pk__in=opened_ids(user)).values_list("pk", flat=True)) == whole, key
        here = opened_ids(user, referral=made.referral.pk)
        assert set(parties.filter(pk__in=here).values_list("pk", flat=True)) == whole, key
    assert set(parties.filter(pk__in=opened_ids(staff["asha"]))) == {made.own}
    assert set(parties.filter(pk__in=opened_ids(staff["kit"]))) == {made.other}


def test_one_referral_is_found_by_whoever_may_see_it_and_no_other(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    other = tell("logged", staff, timezone.now())
    for user in staff.people.values():
        for each in (made.referral, other.referral):
            alone = Referral.objects.visible_to(user, reference=each.reference)
            assert set(alone) == set(Referral.objects.visible_to(user).filter(pk=each.pk)), user
