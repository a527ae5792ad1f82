"""What stands in each column of a clone: a SQL expression, chosen by the kind of field and by what the stories show.
It reads `t` (the story's row), `u` (the clone) and `c` (its cast). Which rows are cloned is in cloning.py."""

import re
from collections.abc import Callable
from typing import Any

from django.db import models

from bench.plan import FAMILY
from restorative.common.fields import EncryptedTextField
from restorative.common.references import PATTERN
from restorative.common.sounds import sound_keys

STAFF = ("accounts.User", "accounts.Team", "accounts.Organisation")
# Integer ids move up by so much for each clone.
STRIDE = 10_000
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
REMAP = """
CREATE FUNCTION bench.remap(words text, n int, map jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE old text;
BEGIN
    FOR old IN SELECT DISTINCT m[1] FROM regexp_matches(words,
            '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})', 'g') AS m LOOP
        words := replace(words, old, coalesce(map ->> old, md5(old || n)::uuid::text));
    END LOOP;
    RETURN words;
END $$
"""
# Columns that no rule above fits.
SPECIAL = {
    # Two people with one number are told nothing: each clone has numbers of its own.
    ("referrals_contactroute", "value_key"): "CASE t.value_key WHEN '' THEN '' ELSE "
    "md5(t.value_key || u.n) || md5(u.n || t.value_key) END",
    # What was due long ago has been sent or is not sent any more.
    (
        "notify_message",
        "state",
    ): "CASE WHEN t.state = 'due' AND u.days > 28 THEN 'cancelled' ELSE t.state END",
}


def fields(model: type[models.Model]) -> list[models.Field]:
    """The columns that a row is written with."""
    return [each for each in model._meta.local_concrete_fields if not each.generated]


def target_of(each: models.Field) -> type[models.Model] | None:
    """The model a foreign key leads to."""
    return each.related_model if each.is_relation else None


def expression(cursor: Any, table: str, each: models.Field, column: str, cloned: set) -> str:
    """How a clone's value is made from the story's."""
    target = target_of(each)
    if target in cloned:
        return column if _crosses(cursor, table, each, target) else _new_id(_key_field(each), column)
    if target is not None:
        return _of_cast(column, else_=column) if target._meta.label in STAFF else column
    if each.primary_key:
        return _new_id(each, column)
    if isinstance(each, models.UUIDField):
        return _of_cast(column, else_=f"md5({column}::text || u.n)::uuid")
    if isinstance(each, models.DateTimeField):
        return f"{column} - make_interval(days => u.days, mins => u.minutes)"
    if isinstance(each, models.DateField):
        return f"{column} - u.days"
    if isinstance(each, models.CharField | models.TextField | models.JSONField):
        return column if isinstance(each, EncryptedTextField) else _words(cursor, table, each, column)
    return column


def _key_field(each: models.Field) -> models.Field:
    """The field whose values a foreign key holds."""
    while each.is_relation:
        each = each.target_field
    return each


def _new_id(each: models.Field, column: str) -> str:
    return (
        f"md5({column}::text || u.n)::uuid"
        if isinstance(each, models.UUIDField)
        else f"{column} + u.n * {STRIDE}"
    )


def _of_cast(column: str, *, else_: str) -> str:
    return f"coalesce((c.map ->> {column}::text)::uuid, {else_})"


def _crosses(cursor: Any, table: str, each: models.Field, target: type[models.Model]) -> bool:
    """Whether a foreign key leads to other stories, as a likeness between two people does: it goes on leading there."""
    there, pk = target._meta.db_table, target._meta.pk.column
    cursor.execute(
        f'SELECT DISTINCT a.bench_owner = b.bench_owner FROM bench."{table}" a '
        f'JOIN bench."{there}" b ON b."{pk}" = a."{each.column}"'
    )
    same = {row[0] for row in cursor.fetchall()}
    if same == {True, False}:
        raise SystemExit(
            f"{table}.{each.column} leads to its own story and to others; cloning.py cannot copy that."
        )
    return same == {False}


def _words(cursor: Any, table: str, each: models.Field, column: str) -> str:
    """Text or JSON: with the clone's own ids, reference, family name and its sound, if the stories show any."""
    cursor.execute(f'SELECT DISTINCT {column}::text FROM bench."{table}" t WHERE {column} IS NOT NULL')
    values = [row[0] for row in cursor.fetchall()]
    made = f"{column}::text"
    for applies, change in CHANGES:
        if any(applies(value) for value in values):
            made = change(made)
    if made == f"{column}::text":
        return column
    return f"({made})::jsonb" if isinstance(each, models.JSONField) else made


_SOUND = min(sound_keys(FAMILY))
CHANGES: list[tuple[Callable[[str], object], Callable[[str], str]]] = [
    (ID.search, lambda words: f"bench.remap({words}, u.n, c.map)"),
    (PATTERN.match, lambda words: f"regexp_replace({words}, '^RP-....-..$', u.reference)"),
    (
        lambda value: value == _SOUND,
        lambda words: f"CASE {words} WHEN '{_SOUND}' THEN u.sound ELSE {words} END",
    ),
    (lambda value: FAMILY in value, lambda words: f"replace({words}, '{FAMILY}', u.family)"),
    (
        lambda value: FAMILY.lower() in value,
        lambda words: f"replace({words}, '{FAMILY.lower()}', lower(u.family))",
    ),
]
