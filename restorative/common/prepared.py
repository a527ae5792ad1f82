"""Queries that are always the same but for their values: built and compiled once in a process, filled in at each use.

Django builds and compiles a query anew each time. For the rule of who opens what, which stands inside nearly every
query, and for what stands in the way, that cost several times what the database needs to answer.
"""

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import DateTimeField, Expression, Field, QuerySet
from django.db.models.expressions import RawSQL


class Param(Expression):
    """A value that is filled in at each use: what `of` makes of the values given then."""

    def __init__(self, of: Callable[[dict[str, Any]], Any], field: Field):
        super().__init__(output_field=field)
        self.of = of

    @classmethod
    def named(cls, name: str, field: Field) -> "Param":
        """The value that is given under this name."""
        return cls(lambda given: given[name], field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def filled(self, given: dict[str, Any], connection: Any) -> Any:
        return self.output_field.get_db_prep_value(self.of(given), connection)


Moment = datetime | Param


def derived(make: Callable[[Any], Any], at: Any, field: Field | None = None) -> Any:
    """What `make` makes of a value: now, or, of a Param, when it is filled in. Without `field` that is a time."""
    if isinstance(at, Param):
        return Param(lambda given: make(at.of(given)), field or DateTimeField())
    return make(at)


class Prepared:
    """A query compiled once for each database and shape.

    `build(*shape)` makes the queryset, with a Param wherever a value differs from use to use. What changes the query
    itself, such as the role of who asks, belongs to the shape.
    """

    def __init__(self, build: Callable[..., QuerySet]):
        self._build = build
        self._compiled: dict[tuple[Hashable, ...], tuple[str, tuple[Any, ...]]] = {}

    def sql(self, *shape: Hashable, **given: Any) -> tuple[str, list[Any]]:
        """The SQL and its parameters, with the given values filled in."""
        connection = connections[DEFAULT_DB_ALIAS]
        key = (connection.vendor, *shape)
        if key not in self._compiled:
            query = self._build(*shape).query
            self._compiled[key] = query.get_compiler(connection=connection).as_sql()
        sql, params = self._compiled[key]
        return sql, [
            param.filled(given, connection) if isinstance(param, Param) else param for param in params
        ]

    def __call__(self, *shape: Hashable, **given: Any) -> RawSQL:
        """As a set to filter by: `filter(pk__in=prepared(…))`. The query must select one column."""
        # Django wrote this SQL: nothing given ever stands in it but as a parameter.
        return RawSQL(*self.sql(*shape, **given))  # noqa: S611
