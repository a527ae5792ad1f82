"""The benchmark's clones: every table of a referral is copied, references stay consistent, and pages open them."""

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from bench import cloning, plan, roster, stories
from referrals.models import Party, Referral
from restorative.accounts.lock import SIGNED_IN_AT
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
CLONES = 8


@pytest.fixture
def tables(staff, morning) -> list[cloning.Table]:
    """Eight clones of two stories."""
    roster.hire(staff)
    now = timezone.now()
    stories.note({name: tell(name, staff, now) for name in ("booked_tomorrow", "handoff_waiting")})
    plan.write_casts()
    plan.write_units(1, CLONES)
    found = cloning.read_tables()
    cloning.clone(found, 1, CLONES, lambda part: None)
    return found


def ask(statement: str) -> tuple:
    """The first row of a result."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def test_clones_are_whole_and_open_for_their_own_lead(tables, client):
    # Foreign keys, unique constraints and indexes were made again over all rows, or cloning would have failed.
    for table in tables:
        [played] = ask(f'SELECT count(*) FROM bench."{table.name}"')
        [cloned] = ask(
            f'SELECT count(*) FROM bench."{table.name}" t JOIN bench.units u ON u.referral = t.bench_owner'
        )
        [whole] = ask(f'SELECT count(*) FROM "{table.name}"')
        left_out = whole - played - cloned
        assert left_out == 0 or (table.model._meta.label == cloning.LEDGER and left_out > 0), table.name
    assert {"referrals_consent", "meetings_attendance", "notify_message"} <= {table.name for table in tables}
    [keys] = ask(
        "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'referrals_party'::regclass"
    )
    assert keys > 3

    for referral in Referral.objects.unscoped("test").select_related("lead"):
        parties = Party.objects.unscoped("test").filter(referral=referral).select_related("person")
        assert {party.person.organisation_id for party in parties} == {referral.lead_organisation_id}
        assert referral.lead.organisation_id == referral.lead_organisation_id

    reference, family = ask("SELECT reference, family FROM bench.units WHERE n = 1")
    referral = Referral.objects.unscoped("test").get(reference=reference)
    client.force_login(referral.lead)
    session = client.session
    session[SIGNED_IN_AT] = timezone.now().isoformat()
    session.save()
    assert client.get(reverse("casework:show", args=[reference])).status_code == 200
    found = client.get(reverse("casework:search"), {"q": family})
    assert reference in found.content.decode()
