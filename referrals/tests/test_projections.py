"""Stored projections: equal to recomputed ones after every change, and repaired if they differ."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import share_with
from referrals.access_rules import access_of
from referrals.actions.facilitation import appoint
from referrals.actions.sheets import publish_sheet
from referrals.facts import facts_of
from referrals.models import Access, Consent, InformationSheet, Party
from referrals.projections import BATCH, batches, reproject, sample, stored_access
from referrals.tasks import Drift, projections, stale_projections
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def spoil(referral) -> None:
    """Corrupt them as no action would: one row missing, one row too many."""
    rows = Access.objects.unscoped("test").filter(referral=referral)
    last = rows.order_by("pk").last()
    last.delete()
    Access.objects.create(referral=referral, principal="user:nobody", level="shell", starts_at=timezone.now())


def test_after_every_story_nothing_has_drifted(staff: Staff) -> None:
    told = [tell(each, staff, timezone.now()) for each in ("logged", "ready", "booked_tomorrow", "closed")]
    keys = [made.referral.pk for made in told]
    assert reproject(keys, timezone.now(), repair=False) == 0


def test_only_differences_are_written(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    before = set(Access.objects.unscoped("test").values_list("pk", flat=True))
    assert reproject([made.referral.pk], timezone.now()) == 0
    assert set(Access.objects.unscoped("test").values_list("pk", flat=True)) == before


def test_reproject_reports_differences_and_repairs_them(staff: Staff, capsys) -> None:
    made, other = tell("ready", staff, timezone.now()), tell("logged", staff, timezone.now())
    spoil(made.referral)
    with pytest.raises(SystemExit) as ended:
        call_command("reproject", "--check")
    assert ended.value.code == 1
    assert "2 referrals, of which 1 differ." in capsys.readouterr().out
    call_command("reproject")
    assert "2 referrals, of which 1 were brought in line." in capsys.readouterr().out
    call_command("reproject", "--check")
    assert reproject([made.referral.pk, other.referral.pk], timezone.now(), repair=False) == 0


def test_the_task_fails_on_drift_so_that_the_health_page_says_so(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    projections()
    spoil(made.referral)
    with pytest.raises(Drift):
        projections()


def test_every_referral_is_in_one_batch(staff: Staff) -> None:
    keys = {tell("logged", staff, timezone.now()).referral.pk for _ in range(3)}
    found = list(batches())
    assert {key for each in found for key in each} == keys
    assert all(len(each) <= BATCH for each in found)
    assert set(sample()) <= keys


def test_a_material_change_ends_what_rests_on_older_sheets_in_that_action(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    appoint(referral=made.referral, user=staff["wes"], by=staff["asha"])
    share_with(made, made.own, "wes", timezone.now())
    sheet = InformationSheet.objects.order_by("-version").first()
    assert Party.objects.opened_by(staff["wes"]).filter(referral=made.referral).exists()
    at = timezone.now() + timedelta(minutes=1)
    with time_machine.travel(at, tick=False):
        publish_sheet(words="New words.", material=True, by=staff["adam"], after=sheet.version)
        assert not Party.objects.opened_by(staff["wes"]).filter(referral=made.referral).exists()
        key = made.referral.pk
        assert stored_access([key])[key].keys() == access_of(facts_of(key, at))
        stale_projections()
        assert reproject([key], at, repair=False) == 0
    assert Consent.objects.unscoped("test").filter(sheet=sheet).exists()
