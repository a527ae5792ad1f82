"""The chain: nothing skipped or sealed twice, every kind of tampering found, and the triggers that prevent it.
Tests tamper with the triggers removed, as the database's owner could."""

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from restorative.audit import sealer, tasks, triggers
from restorative.audit.ledger import record
from restorative.audit.models import AuditEntry, AuditHead, AuditLink
from restorative.audit.sealer import LedgerBroken, note_end, note_path, seal
from restorative.audit.verifier import verify
from restorative.common import clock

pytestmark = pytest.mark.django_db


def write(count: int) -> list[int]:
    with transaction.atomic():
        return [record("seen", by=None, thing=uuid.uuid4(), thing_type="thing").pk for _ in range(count)]


def tamper(sql: str, *values: object) -> None:
    with triggers.lifted(connection), connection.cursor() as cursor:
        cursor.execute(sql, values)


def sentences(**kwargs) -> list[str]:
    return [finding.sentence for finding in verify(**kwargs).findings]


@pytest.fixture
def sealed():
    ids = write(5)
    assert seal() == 5
    assert sentences() == []
    return ids


def test_every_entry_is_chained_once(sealed):
    assert seal() == 0
    more = write(3)
    assert seal() == 3
    assert list(AuditLink.objects.order_by("seq").values_list("seq", "entry_id")) == list(
        enumerate([*sealed, *more], start=1)
    )
    report = verify()
    assert (report.links, report.unsealed, report.first) == (8, 0, None)


def test_batches_make_one_chain(monkeypatch):
    monkeypatch.setattr(sealer, "BATCH", 3)
    write(8)
    assert seal() == 8
    assert sentences() == []


def test_entries_committed_late_are_not_skipped(sealed):
    """Ids are assigned before commit: a slow transaction's entry appears below sealed ids."""
    late = sealed[2]
    with triggers.lifted(connection):
        AuditLink.objects.all().delete()
        AuditHead.objects.all().delete()
        entry = AuditEntry.objects.get(pk=late)
        AuditEntry.objects.filter(pk=late).delete()
    assert seal() == 4
    entry.save(force_insert=True)
    assert seal() == 1
    assert list(AuditLink.objects.order_by("seq").values_list("entry_id", flat=True))[-1] == late
    assert sentences() == []


def test_entries_committed_very_late_are_found_within_the_hour(monkeypatch):
    monkeypatch.setattr(sealer, "LOOK_BACK", 2)
    ids = write(6)
    with triggers.lifted(connection):
        entry = AuditEntry.objects.get(pk=ids[0])
        AuditEntry.objects.filter(pk=ids[0]).delete()
    on_the_hour = clock.now().replace(minute=0)
    assert seal(on_the_hour) == 5
    entry.save(force_insert=True)
    assert seal(on_the_hour.replace(minute=1)) == 0
    assert seal(on_the_hour) == 1


def test_an_edited_entry_is_named(sealed):
    tamper(f"UPDATE {triggers.ENTRY} SET verb = 'forgotten' WHERE id = %s", sealed[2])
    assert sentences() == [f"Edited: entry {sealed[2]} (place 3)."]
    assert verify().first.entry_id == sealed[2]


def test_a_deleted_entry_is_named(sealed):
    tamper(f"DELETE FROM {triggers.ENTRY} WHERE id = %s", sealed[1])
    assert sentences() == [f"Deleted: entry {sealed[1]} (place 2)."]


def test_an_entry_deleted_with_its_link_is_named(sealed):
    tamper(f"DELETE FROM {triggers.ENTRY} WHERE id = %s", sealed[1])
    tamper(f"DELETE FROM {triggers.LINK} WHERE seq = 2")
    assert sentences() == ["Places 2 to 2 of the chain are gone."]


def test_swapped_entries_are_named(sealed):
    """Two entries exchange their whole content with MACs: each is genuine, but in the wrong place."""
    a, b = AuditEntry.objects.get(pk=sealed[1]), AuditEntry.objects.get(pk=sealed[3])
    a.pk, b.pk = b.pk, a.pk
    with triggers.lifted(connection):
        a.save(force_update=True)
        b.save(force_update=True)
    assert [finding.entry_id for finding in verify().findings] == [sealed[1], sealed[3]]
    assert "Swapped" in verify().first.sentence


def test_swapped_links_are_named(sealed):
    tamper(f"UPDATE {triggers.LINK} SET entry_id = -entry_id WHERE seq IN (2, 3)")
    tamper(f"UPDATE {triggers.LINK} SET entry_id = %s WHERE seq = 2", sealed[2])
    tamper(f"UPDATE {triggers.LINK} SET entry_id = %s WHERE seq = 3", sealed[1])
    assert verify().first.seq == 2


def test_a_cut_tail_is_named(sealed):
    tamper(f"DELETE FROM {triggers.LINK} WHERE seq > 3")
    tamper(f"DELETE FROM {triggers.ENTRY} WHERE id > %s", sealed[2])
    assert sentences() == ["The tail is cut: the chain ends at place 3, it was sealed up to 5."]


def test_an_emptied_ledger_is_named(sealed):
    for table in (triggers.LINK, triggers.ENTRY):
        tamper(f"DELETE FROM {table}")
    assert sentences() == ["The tail is cut: the chain ends at place 0, it was sealed up to 5."]
    tamper(f"DELETE FROM {triggers.HEAD}")
    assert sentences() == []  # only the file outside the database reveals it
    assert not note_path().exists()


def test_a_changed_or_missing_end_is_named(sealed):
    tamper(f"UPDATE {triggers.HEAD} SET seq = 4")
    assert sentences() == ["The row that says where the chain ends was changed."]
    tamper(f"DELETE FROM {triggers.HEAD}")
    assert sentences() == ["The row that says where the chain ends is gone."]


def test_nothing_is_sealed_onto_a_broken_chain(sealed):
    tamper(f"DELETE FROM {triggers.LINK} WHERE seq > 3")
    write(1)
    with pytest.raises(LedgerBroken):
        seal()
    tamper(f"DELETE FROM {triggers.HEAD}")
    with pytest.raises(LedgerBroken):
        seal()


def test_an_older_end_put_back_is_found_through_the_note_beside_the_database(sealed, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    older = AuditHead.objects.get()
    write(4)
    seal()
    note_end()
    assert sentences(note=note_path()) == []
    with triggers.lifted(connection):
        AuditEntry.objects.filter(link__seq__gt=5).delete()
        AuditLink.objects.filter(seq__gt=5).delete()
        older.save(force_update=True)
    assert sentences() == []
    assert sentences(note=note_path()) == [
        "The tail is cut: the chain ends at place 5, it was sealed up to 9."
    ]
    noted = json.loads(note_path().read_text())
    note_path().write_text(json.dumps(noted | {"seq": 5}))
    assert sentences(note=note_path()) == ["The note of the chain's end beside the database was changed."]
    note_path().write_text("5")
    assert sentences(note=note_path()) == ["The note of the chain's end beside the database was changed."]


def test_an_older_note_is_still_right(sealed, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    note_end()
    write(4)
    seal()
    assert sentences(note=note_path()) == []


def test_an_entry_unsealed_for_over_two_minutes_is_a_finding():
    (entry,) = write(1)
    assert sentences() == []
    now = clock.now()
    with time_machine.travel(now + timedelta(seconds=121), tick=False):
        assert sentences() == [f"Not sealed after 2 minutes: entry {entry}. Is the sealer running?"]
    with time_machine.travel(now + timedelta(seconds=60)):
        seal()
    with time_machine.travel(now + timedelta(days=1)):
        assert sentences() == []


def test_an_edit_before_sealing_is_found():
    (entry,) = write(1)
    tamper(f"UPDATE {triggers.ENTRY} SET verb = 'forgotten' WHERE id = %s", entry)
    assert sentences() == [f"Edited or forged: entry {entry}, not sealed yet."]


def test_with_another_key_every_row_is_a_finding(sealed, settings):
    settings.AUDIT_KEY = "another key"
    assert "Edited" in sentences()[1]
    settings.AUDIT_KEY = ""
    with pytest.raises(ImproperlyConfigured):
        verify()


def test_the_command_prints_what_it_read_and_fails_on_the_first_bad_row(sealed, settings, tmp_path, capsys):
    settings.DATA_DIR = tmp_path
    call_command("verify_audit")
    said = capsys.readouterr().out
    assert "Read 5 sealed and 0 unsealed entries." in said
    assert "No note of the chain's end lies beside" in said
    assert "The ledger is whole." in said
    write(1)
    tasks.seal()
    tamper(f"UPDATE {triggers.ENTRY} SET verb = 'forgotten' WHERE id = %s", sealed[0])
    with pytest.raises(CommandError, match=rf"First bad row: Edited: entry {sealed[0]} \(place 1\)"):
        call_command("verify_audit")
    assert "No note" not in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------ triggers

REFUSED = [
    f"UPDATE {triggers.ENTRY} SET verb = 'forgotten'",
    f"DELETE FROM {triggers.ENTRY}",
    f"UPDATE {triggers.LINK} SET prev = mac",
    f"DELETE FROM {triggers.LINK}",
    f"DELETE FROM {triggers.HEAD}",
    f"UPDATE {triggers.HEAD} SET seq = seq - 1",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_the_database_refuses_change_and_removal(sealed, sql):
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert sentences() == []


@pytest.mark.parametrize("table", [triggers.ENTRY, triggers.LINK, triggers.HEAD])
def test_the_database_refuses_to_empty_or_replace_a_table_at_once(sealed, table):
    statements = [f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"]
    if connection.vendor == "sqlite":
        replace = [
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
            f"REPLACE INTO {table} SELECT * FROM {table}",
        ]
        statements = [*replace, "PRAGMA recursive_triggers=OFF", *replace, "PRAGMA recursive_triggers=ON"]
    for sql in statements:
        with transaction.atomic(), connection.cursor() as cursor:
            if sql.startswith("PRAGMA"):
                cursor.execute(sql)
                continue
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                cursor.execute(sql)
    assert sentences() == []


@pytest.mark.django_db(transaction=True)
def test_flush_empties_made_up_data_and_leaves_the_triggers_in_place():
    write(2)
    seal()
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEntry.objects.exists()
    write(1)
    with pytest.raises(IntegrityError, match="append-only"):
        AuditEntry.objects.update(verb="forgotten")


def test_production_cannot_remove_the_triggers(settings):
    settings.RESTORATIVE_ENV = "production"
    with pytest.raises(CommandError, match="never emptied"):
        call_command("flush", interactive=False, verbosity=0)
    with pytest.raises(ImproperlyConfigured), triggers.lifted(connection):
        pass
