"""The hourly and nightly check: what it finds, what it reads, and forged results.
Tests tamper with the triggers removed, as the database's owner could."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from restorative.audit import tasks, triggers, watch
from restorative.audit.ledger import record
from restorative.audit.models import AuditEntry, AuditHead, AuditLink, LedgerCheck
from restorative.audit.sealer import note_end, seal
from restorative.audit.watch import FORGED, check, standing
from restorative.common import clock

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """The file with the chain's end is in a folder of this test."""
    settings.DATA_DIR = tmp_path


def write(count: int) -> list[int]:
    with transaction.atomic():
        ids = [record("seen", by=None, thing=uuid.uuid4(), thing_type="thing").pk for _ in range(count)]
    assert seal() == count
    return ids


def tamper(sql: str, *values: object) -> None:
    with triggers.lifted(connection), connection.cursor() as cursor:
        cursor.execute(sql, values)


def reads(monkeypatch) -> list[bool]:
    """For each check from now on: whether it reads only new entries."""
    only_new: list[bool] = []
    verify = watch.verify
    monkeypatch.setattr(watch, "verify", lambda **how: (only_new.append(how["only_new"]), verify(**how))[1])
    return only_new


@pytest.fixture
def checked():
    """Five entries, sealed and found intact at noon."""
    ids = write(5)
    check(NOON)
    assert standing().ok
    return ids


def test_before_the_first_check_the_ledger_is_not_reported_intact():
    now = standing()
    assert (now.ok, now.broken, now.is_late(NOON)) == (False, False, True)


def test_an_intact_ledger_passes(checked):
    row = LedgerCheck.objects.get()
    assert (row.seq, row.finding, row.right_at, row.read_whole_at) == (5, "", NOON, NOON)
    assert not standing().is_late(NOON + HOUR)
    assert standing().is_late(NOON + 4 * HOUR)


def test_an_empty_ledger_passes():
    check(NOON)
    check(NOON + HOUR)
    assert standing().ok
    write(1)
    check(NOON + 2 * HOUR)
    assert (standing().ok, LedgerCheck.objects.get().seq) == (True, 1)


def edit(ids):
    tamper(f"UPDATE {triggers.ENTRY} SET verb = 'forgotten' WHERE id = %s", ids[-1])


def remove(ids):
    tamper(f"DELETE FROM {triggers.ENTRY} WHERE id = %s", ids[-2])


def remove_with_its_link(ids):
    remove(ids)
    tamper(f"DELETE FROM {triggers.LINK} WHERE entry_id = %s", ids[-2])


def cut_the_tail(ids):
    tamper(f"DELETE FROM {triggers.LINK} WHERE entry_id >= %s", ids[-2])
    tamper(f"DELETE FROM {triggers.ENTRY} WHERE id >= %s", ids[-2])


def swap(ids):
    a, b = AuditEntry.objects.get(pk=ids[-1]), AuditEntry.objects.get(pk=ids[-2])
    a.pk, b.pk = b.pk, a.pk
    with triggers.lifted(connection):
        a.save(force_update=True)
        b.save(force_update=True)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (edit, "Edited: entry"),
        (remove, "Deleted: entry"),
        (remove_with_its_link, "of the chain are gone"),
        (swap, "Swapped or replaced"),
        (cut_the_tail, "The tail is cut"),
    ],
)
def test_tampering_with_new_entries_is_found_within_the_hour(checked, monkeypatch, how, says):
    new = write(3)
    how(new)
    only_new = reads(monkeypatch)
    check(NOON + HOUR)
    now = standing()
    assert (now.ok, now.broken, now.found_at, now.right_at) == (False, True, NOON + HOUR, NOON)
    assert says in now.finding
    assert only_new == [True]


@pytest.mark.parametrize("how", [edit, remove, swap])
def test_tampering_with_old_entries_is_found_the_same_night(checked, how):
    write(3)
    check(NOON + HOUR)
    how(checked[:4])
    check(NOON + 2 * HOUR)
    assert standing().ok
    night = NOON + 14 * HOUR  # 2am
    check(night)
    assert (standing().ok, standing().found_at) == (False, night)


def test_a_cut_tail_with_an_older_end_restored_everywhere_is_found_by_the_last_check(checked):
    """The file and the head in the database agree on a shorter chain; the last check knew a longer one."""
    older = AuditHead.objects.get()
    note_end()
    new = write(3)
    check(NOON + HOUR)
    with triggers.lifted(connection):
        AuditEntry.objects.filter(pk__in=new).delete()
        AuditLink.objects.filter(seq__gt=5).delete()
        older.save(force_update=True)
    check(NOON + 2 * HOUR)
    assert standing().finding == "The tail is cut: the chain ends at place 5, it was sealed up to 8."


def test_a_full_check_runs_once_a_night_and_a_check_of_new_entries_by_day(checked, monkeypatch):
    only_new = reads(monkeypatch)
    for hours in (1, 6, 11, 13, 14, 15, 20, 24):  # after noon: up to midnight, then 1am, then up to noon
        check(NOON + hours * HOUR)
    assert only_new == [True, True, True, False, True, True, True, True]


def test_a_missed_night_is_made_up_for_by_day(checked, monkeypatch):
    only_new = reads(monkeypatch)
    check(NOON + 25 * HOUR)
    check(NOON + 26 * HOUR)
    assert only_new == [True, False]


def test_a_broken_ledger_is_checked_in_full_until_it_is_repaired(checked, monkeypatch):
    verb = AuditEntry.objects.get(pk=checked[1]).verb
    tamper(f"UPDATE {triggers.ENTRY} SET verb = 'forgotten' WHERE id = %s", checked[1])
    check(NOON + 26 * HOUR)
    only_new = reads(monkeypatch)
    check(NOON + 27 * HOUR)
    assert (standing().broken, standing().found_at) == (True, NOON + 26 * HOUR)
    tamper(f"UPDATE {triggers.ENTRY} SET verb = '{verb}' WHERE id = %s", checked[1])
    check(NOON + 28 * HOUR)
    now = standing()
    assert (now.ok, now.broken, now.found_at, now.mended_at) == (
        True,
        False,
        NOON + 26 * HOUR,
        NOON + 28 * HOUR,
    )
    assert only_new == [False, False]


@pytest.mark.parametrize("change", [{"finding": ""}, {"seq": 2}, {"checked_at": NOON + 30 * HOUR}])
def test_a_changed_result_row_raises_the_alarm(checked, change):
    edit(checked)
    check(NOON + 26 * HOUR)
    LedgerCheck.objects.update(**change)
    assert (standing().ok, standing().finding) == (False, FORGED)
    check(NOON + 27 * HOUR)
    assert (standing().ok, standing().finding) == (False, f"Edited: entry {checked[-1]} (place 5).")


def test_a_forged_result_over_an_intact_ledger_is_reported_once_and_checked_again(checked):
    LedgerCheck.objects.update(seq=2)
    check(NOON + HOUR)
    assert standing().finding == FORGED
    check(NOON + 2 * HOUR)
    assert (standing().ok, standing().mended_at) == (True, NOON + 2 * HOUR)


def test_a_stopped_sealer_is_not_reported_as_tampering():
    with transaction.atomic():
        record("seen", by=None)
    check(clock.now() + HOUR)
    assert standing().ok


def test_the_task_is_idempotent(checked):
    tasks.check()
    tasks.check()
    assert (standing().ok, LedgerCheck.objects.count()) == (True, 1)


def test_the_health_page_raises_the_alarm(checked):
    assert Client().get("/healthz/").json()["ledger"] == {"ok": True}
    edit(checked)
    check(NOON + 26 * HOUR)
    response = Client().get("/healthz/")
    assert (response.status_code, response.json()["ledger"]) == (503, {"ok": False})
