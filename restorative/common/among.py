"""Whether a column is one of many ids. Django's `__in` makes one parameter of each id, which costs more than the query
where a page has hundreds of them in several places; this makes one parameter of them all."""

from collections.abc import Collection
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, F, Func


class Ids:
    """Ids as a parameter. Made once, used in as many queries as there are."""

    def __init__(self, ids: Collection[UUID]) -> None:
        self._ids = sorted(ids)

    def parameter(self, vendor: str) -> str:
        """As a parameter of a query."""
        return self.json if vendor == "sqlite" else self.array

    @cached_property
    def array(self) -> str:
        """As PostgreSQL writes an array."""
        return "{" + ",".join(str(key) for key in self._ids) + "}"

    @cached_property
    def json(self) -> str:
        """As JSON, in the form in which SQLite stores ids."""
        return "[" + ",".join(f'"{key.hex}"' for key in self._ids) + "]"


class Among(Func):
    """A condition: the id in a column is one of these. It is false, not unknown, where there is none in the column."""

    output_field = BooleanField()

    def __init__(self, column: str, ids: Ids, **extra: Any) -> None:
        super().__init__(F(column), **extra)
        self.ids = ids

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        column, given = compiler.compile(self.source_expressions[0])
        within = (
            "IN (SELECT value FROM json_each(%s))" if connection.vendor == "sqlite" else "= ANY(%s::uuid[])"
        )
        ids = self.ids.parameter(connection.vendor)
        return f"({column} {within} AND {column} IS NOT NULL)", (*given, ids, *given)
