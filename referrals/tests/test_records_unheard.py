"""Before its release, no other user can learn anything of a records check."""

import re

import pytest
import time_machine

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.tests.pages import client_of
from referrals.actions import records
from referrals.enums import Verdict
from referrals.models import Referral
from referrals.tasks import records_checks

# A Tuesday, half past ten.
from referrals.tests.checking import MORNING, asked, at, hits_of, known_at_carers, look, released_at
from restorative.audit.models import AuditEntry
from restorative.notify.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


UNLIKE = re.compile(r'[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|value="[A-Za-z0-9]{64}"|nonce="[^"]*"')
INSIDE = ("asha", "kit", "fay", "mo", "lou")


def seen(staff: Staff, made: play.Played) -> str:
    """Everything shown to its workers, with the outbox and the referral's row."""
    reference = made.referral.reference
    paths = ["/", "/referrals/", f"/referrals/?q={reference}", f"/search/?q={reference}", f"/r/{reference}/"]
    paths += [f"/r/{reference}/{name}/" for name in ("records-check", "history", "decide", "facilitators")]
    pages = [
        UNLIKE.sub("", f"{answer.status_code} {answer.content.decode()}")
        for who in INSIDE
        if who in staff.people
        for path in paths
        for answer in [client_of(staff[who]).get(path)]
    ]
    row = (
        Referral.objects.unscoped("test")
        .values("version", "last_activity_at", "stage")
        .get(pk=made.referral.pk)
    )
    queued = Message.objects.filter(group=made.referral.pk).values_list(
        "kind", "due_at", "state", "recipient_id"
    )
    return "\n".join([*pages, str(row), str(sorted(map(str, queued)))])


def ledger_of(made: play.Played) -> list[tuple]:
    """The check's ledger rows, without those of page views."""
    rows = AuditEntry.objects.filter(referral_id=made.referral.pk, verb__startswith="records_check")
    return list(
        rows.exclude(verb="records_check_viewed").order_by("pk").values_list("verb", "fields", "why_code")
    )


@pytest.mark.proof
@pytest.mark.parametrize(
    "known",
    [pytest.param(True, id="with a hit"), pytest.param(False, id="without", marks=pytest.mark.sqlite)],
)
def test_before_release_nothing_changes_for_other_users(known: bool, staff: Staff, frozen) -> None:
    if known:
        known_at_carers(staff)
    made, check = asked(staff)
    before = seen(staff, made)

    records_checks()
    assert bool(hits_of(check)) == known
    assert seen(staff, made) == before
    client_of(staff["sal"]).get(f"/records-checks/{check.pk}/release/")
    look(check, staff, Verdict.SAME)
    assert seen(staff, made) == before
    assert records.release_due(at=at(10, 59)) == 0
    assert seen(staff, made) == before

    assert records.release_due(at=at(11)) == 1
    assert seen(staff, made) != before


def test_with_or_without_a_hit_it_takes_exactly_as_long(staff: Staff, frozen) -> None:
    """Two referrals side by side, one with a hit: the same times, the same ledger, the same pages."""
    known_at_carers(staff)
    pairs = [play.Pair("Kathryn", "Jo"), play.Pair("Bartholo", "Jo")]
    both = [asked(staff, pair) for pair in pairs]
    records_checks()
    assert [
        bool([hit for hit in hits_of(check) if hit.organisation.key == "carers-leeds"]) for _, check in both
    ] == [
        True,
        False,
    ]
    for _, check in both:
        look(check, staff, at=at(10, 40))
    frozen.move_to(at(11, 0))
    records_checks()

    (one, first), (other, second) = both
    assert released_at(first) == released_at(second) == at(11)
    assert ledger_of(one) == ledger_of(other)

    def alike(made: play.Played) -> str:
        page = client_of(staff["asha"]).get(f"/r/{made.referral.reference}/").content.decode()
        page = page.replace(made.referral.reference, "").replace(made.own.known_as, "X")
        return UNLIKE.sub("", page)

    assert alike(one) == alike(other)


def test_there_is_no_other_way_to_release_one(staff: Staff) -> None:
    """Only the pages and the task above call the release; a check without hits waits like any other."""
    _, check = asked(staff)
    for hour in (11, 16):
        records_checks()
        assert records.release_due(at=at(hour)) == 0
    assert released_at(check) is None
