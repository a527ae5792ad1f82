"""What a history did to the tables, as rows of the database, and how the same rows are put there again.
When a history is told and when it is put back is for stories.py."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

Row = tuple[Any, ...]
Tables = dict[str, dict[Any, Row]]
MOST_VALUES = 900  # in one statement
# Of an expression SQLite names no type, so Python converts nothing.
_AS_IT_IS = "+" if connection.vendor == "sqlite" else ""


@dataclass(frozen=True)
class Change:
    """Rows that came and rows that are other than before, by the label of their model."""

    new: dict[str, list[Row]]
    changed: dict[str, list[Row]]


def read() -> Tables:
    """Every row of every table, by label and primary key."""
    found: Tables = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy:
                columns = ", ".join(f"{_AS_IT_IS}{column}" for column in _columns(model))
                cursor.execute(f"SELECT {columns} FROM {_quoted(model._meta.db_table)}")
                key = _place_of_key(model)
                found[model._meta.label] = {row[key]: row for row in cursor.fetchall()}
    return found


def digest() -> str:
    """A hash of all rows but those of sessions, which no history reads."""
    tables = {label: rows for label, rows in read().items() if label != "sessions.Session"}
    rows = [(label, sorted(map(repr, rows.values()))) for label, rows in sorted(tables.items())]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def difference(before: Tables, after: Tables) -> Change:
    """What happened between two readings. A history takes no row away."""
    gone = [label for label, rows in before.items() if rows.keys() - after[label].keys()]
    assert not gone, f"rows of {gone} are gone: this history cannot be put back"
    new = {
        label: [row for key, row in rows.items() if key not in before[label]] for label, rows in after.items()
    }
    changed = {
        label: [row for key, row in rows.items() if before[label].get(key, row) != row]
        for label, rows in after.items()
    }
    return Change(*({label: rows for label, rows in part.items() if rows} for part in (new, changed)))


def put_back(change: Change) -> None:
    """Write the same rows again."""
    with transaction.atomic(), connection.cursor() as cursor:
        for label, rows in change.new.items():
            _insert(cursor, apps.get_model(label), rows)
        for label, rows in change.changed.items():
            model = apps.get_model(label)
            sets = ", ".join(f"{column} = %s" for column in _columns(model))
            key = _place_of_key(model)
            statement = f"UPDATE {_quoted(model._meta.db_table)} SET {sets} WHERE {_columns(model)[key]} = %s"
            cursor.executemany(statement, [(*row, row[key]) for row in rows])


def keep_ahead_of(change: Change) -> None:
    """Let the database give other ids than those of rows that another process made."""
    if connection.vendor != "postgresql":
        return  # SQLite counts on from the largest id
    with connection.cursor() as cursor:
        for label, rows in change.new.items():
            model = apps.get_model(label)
            if isinstance(model._meta.pk, models.AutoField):
                key = _place_of_key(model)
                cursor.execute(
                    "SELECT setval(s::regclass, GREATEST(nextval(s::regclass), %s))"
                    " FROM pg_get_serial_sequence(%s, %s) AS s",
                    [max(row[key] for row in rows), model._meta.db_table, model._meta.pk.column],
                )


def _insert(cursor: Any, model: type[models.Model], rows: list[Row]) -> None:
    columns = _columns(model)
    one = f"({', '.join(['%s'] * len(columns))})"
    for part in _parts(rows, MOST_VALUES // len(columns)):
        cursor.execute(
            f"INSERT INTO {_quoted(model._meta.db_table)} ({', '.join(columns)}) VALUES {', '.join([one] * len(part))}",
            [value for row in part for value in row],
        )


def _parts(rows: list[Row], size: int) -> Iterable[list[Row]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


@cache
def _columns(model: type[models.Model]) -> list[str]:
    return [_quoted(field.column) for field in model._meta.local_concrete_fields]


@cache
def _place_of_key(model: type[models.Model]) -> int:
    return model._meta.local_concrete_fields.index(model._meta.pk)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
