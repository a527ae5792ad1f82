"""Tables without their keys and indexes while rows are poured in, and with them again after.
Making them again checks every row, so what is cloned is known to hold together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CONSTRAINTS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('f', 'u', 'p') AND conrelid = ANY(%s::regclass[]) ORDER BY position(contype::text IN 'fup')
"""
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%s::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('u', 'p'))
"""


@contextmanager
def lifted(cursor: Any, tables: list[str], progress: Callable[[float], None]) -> Iterator[None]:
    """Take away foreign keys, unique constraints, primary keys and indexes inside.

    `progress` hears how much of making them again is done, from 0 to 1.
    """
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    named = [[f'"{table}"' for table in tables]]
    cursor.execute(CONSTRAINTS, named)
    constraints = cursor.fetchall()
    cursor.execute(INDEXES, named)
    indexes = cursor.fetchall()
    for table, name, _ in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    again = [
        f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
        for table, name, definition in reversed(constraints)
    ]
    again += [definition for _, definition in indexes]
    for number, statement in enumerate(again, start=1):
        cursor.execute(statement)
        progress(number / len(again))
