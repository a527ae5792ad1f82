"""Clones referrals in bulk, in SQL that is written from the models: a table added later is cloned with the others.

A new id is md5(old id, number of the clone), so rows of one clone refer to each other without any table of old and
new ids. What else changes is in columns.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models

from bench.columns import REMAP, SPECIAL, expression, fields, target_of
from bench.lifted import lifted

# What is cloned: these, and every table that refers to one of them, however far. Ledger entries name no table by key.
ROOTS = ("referrals.Referral", "referrals.Person", "notify.Message")
LEDGER = "audit.AuditEntry"
LEDGER_SHARE = 3  # one entry in three is cloned
CHUNK = 5_000


@dataclass
class Table:
    """One table, how many rows of it each story's referral has, and the expression for each column of a clone."""

    model: type[models.Model]
    rows: int = 0
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def insert(self) -> str:
        """The statement that clones its rows for a range of clones."""
        columns = ", ".join(f'"{column}"' for column in self.columns)
        return (
            f'INSERT INTO "{self.name}" ({columns}) SELECT {", ".join(self.columns.values())} '
            f'FROM bench."{self.name}" t JOIN bench.units u ON u.referral = t.bench_owner '
            'JOIN bench.casts c ON c.id = u."cast" WHERE u.n BETWEEN %s AND %s'
        )


def cloned_models() -> list[type[models.Model]]:
    """The models whose rows belong to one referral, and the ledger."""
    found = {apps.get_model(label) for label in ROOTS}
    everything = apps.get_models(include_auto_created=True)
    size = 0
    while size != len(found):
        size = len(found)
        found |= {model for model in everything if any(target_of(each) in found for each in fields(model))}
    return sorted(found | {apps.get_model(LEDGER)}, key=lambda model: model._meta.label)


# --- Which story each row belongs to ----------------------------------------------------------------------------


def owners(tables: list[type[models.Model]]) -> dict[tuple[type, Any], UUID]:
    """For each row of the stories, by model and key, the referral it belongs to."""
    found: dict[tuple[type, Any], UUID] = {}
    rows = {
        model: list(model._base_manager.values(*(each.attname for each in fields(model)))) for model in tables
    }
    referral, person, message, ledger = (apps.get_model(label) for label in (*ROOTS, LEDGER))
    found |= {(referral, row["id"]): row["id"] for row in rows[referral]}
    party = apps.get_model("referrals.Party")
    found |= {(person, row["person_id"]): row["referral_id"] for row in rows[party]}
    size = 0
    while size != len(found):
        size = len(found)
        for model in tables:
            _own(found, model, rows[model])
    by_id = {key: owner for (_, key), owner in found.items()}
    for row in rows[message]:
        found[message, row["id"]] = by_id.get(row["thing_id"]) or by_id.get(row["group"])
    kept = [row for row in rows[ledger] if row["id"] % LEDGER_SHARE == 0]
    found |= {(ledger, row["id"]): row["referral_id"] for row in kept}
    return {key: owner for key, owner in found.items() if owner is not None}


def _own(found: dict, model: type[models.Model], rows: list[dict[str, Any]]) -> None:
    """Each row belongs where the first row it refers to belongs."""
    links = [(each.attname, target_of(each)) for each in fields(model) if target_of(each) is not None]
    pk = model._meta.pk.attname
    for row in rows:
        if (model, row[pk]) not in found:
            for name, target in links:
                if owner := found.get((target, row[name])):
                    found[model, row[pk]] = owner
                    break


# --- The tables -----------------------------------------------------------------------------------------------------


def read_tables() -> list[Table]:
    """Every table to clone. Its rows of the stories are set aside in the schema `bench`, where there are none yet."""
    cloned = cloned_models()
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_proc WHERE proname = 'remap')")
        if not cursor.fetchone()[0]:
            cursor.execute(REMAP)
            _set_aside(cursor, cloned)
        return [_read(cursor, model, {*cloned}) for model in cloned]


def _set_aside(cursor: Any, cloned: list[type[models.Model]]) -> None:
    owned = owners(cloned)
    for model in cloned:
        table, pk = model._meta.db_table, model._meta.pk.column
        mine = {str(key): str(owner) for (of, key), owner in owned.items() if of is model}
        cursor.execute(
            f'CREATE TABLE bench."{table}" AS SELECT t.*, o.owner AS bench_owner FROM "{table}" t '
            f'JOIN unnest(%s::text[], %s::uuid[]) AS o (key, owner) ON o.key = t."{pk}"::text',
            [[*mine], [*mine.values()]],
        )


def _read(cursor: Any, model: type[models.Model], cloned: set[type[models.Model]]) -> Table:
    table = Table(model)
    cursor.execute(f'SELECT count(*) FROM bench."{table.name}"')
    table.rows = cursor.fetchone()[0]
    for each in fields(model):
        column = f't."{each.column}"'
        special = SPECIAL.get((table.name, each.column))
        table.columns[each.column] = special or expression(cursor, table.name, each, column, cloned)
    return table


# --- Cloning ----------------------------------------------------------------------------------------------------


def clone(tables: list[Table], first: int, last: int, progress: Callable[[float], None]) -> None:
    """Make the clones from number `first` to `last`; `progress` hears how much of it is done, from 0 to 1."""
    names = [table.name for table in tables]
    whole, done = sum(table.rows for table in tables) * (last - first + 1) or 1, 0
    with connection.cursor() as cursor, lifted(cursor, names, lambda part: progress(0.6 + 0.4 * part)):
        for table in tables:
            for start in range(first, last + 1, CHUNK):
                end = min(start + CHUNK - 1, last)
                cursor.execute(table.insert, [start, end])
                done += table.rows * (end - start + 1)
                progress(0.6 * done / whole)
        _move_sequences(cursor, tables)


def _move_sequences(cursor: Any, tables: list[Table]) -> None:
    for table in tables:
        pk = table.model._meta.pk
        if isinstance(pk, models.AutoField | models.BigAutoField):
            cursor.execute(
                f'SELECT setval(pg_get_serial_sequence(%s, %s), greatest(max("{pk.column}"), 1)) '
                f'FROM "{table.name}"',
                [table.name, pk.column],
            )
