"""Reads the facts of referrals: all rows in one query, the staff in a second, for any number of referrals.
Rules never query; they receive the facts."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import JSONArray

from referrals.facts import rows
from referrals.facts.referral import Facts
from referrals.facts.table import ROWS, Row, columns_of
from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, Team, User
from restorative.common.among import Among, Ids

# How many referrals one statement covers. It is compiled once per size, and padded.
SIZES = (1, 10, 100)


def moment(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


DECODE: dict[type, Callable[[Any], Any]] = {
    UUID: UUID,
    datetime: moment,
    date: date.fromisoformat,
    bool: bool,
}


@cache
def _decoders(kind: type) -> list[tuple[int, Callable[[Any], Any]]]:
    """How columns of a row class are read from JSON, by their position."""
    return [(index, DECODE[each.type]) for index, each in enumerate(columns_of(kind)) if each.type in DECODE]


def _decode(kind: type, values: list[Any]) -> Any:
    for index, decode in _decoders(kind):
        if values[index] is not None:
            values[index] = decode(values[index])
    return kind(*values)


def _queryset(number: int, kind: type[Row], referrals: Sequence[UUID]) -> QuerySet:
    here = apps.get_model(kind.MODEL)._base_manager.filter(**{f"{kind.REFERRAL}__in": referrals}).order_by()
    columns = JSONArray(*(F(each.path) for each in kind.COLUMNS))
    return here.values_list(Value(number, IntegerField()), F(kind.REFERRAL), columns)


def _values(columns: Any) -> list[Any]:
    """A JSON array as the driver gives it."""
    return columns if isinstance(columns, list) else json.loads(columns)


_PLACES = [UUID(int=number) for number in range(1, max(SIZES) + 1)]
_PEOPLE, _HOUSES = Ids([UUID(int=1)]), Ids([UUID(int=2)])


class Statement:
    """A union of querysets, compiled once per database and number of referrals. `parts` makes them for some referrals:
    each gives its number, the referral, and a JSON array of columns."""

    def __init__(self, parts: Callable[[Sequence[UUID]], list[QuerySet]]) -> None:
        self.parts = parts
        self._compiled: dict[tuple[str, int], tuple[str, list[Any]]] = {}

    def rows(self, referrals: Sequence[UUID]) -> Iterable[tuple[int, UUID, list[Any]]]:
        """The number, the referral and the columns of each row of these referrals."""
        sql, params = self._sql(referrals)
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            answers = cursor.fetchall()
        for number, key, columns in answers:
            yield number, key if isinstance(key, UUID) else UUID(key), _values(columns)

    def _sql(self, referrals: Sequence[UUID]) -> tuple[str, list[Any]]:
        size = next(size for size in SIZES if size >= len(referrals))
        places = _PLACES[:size]
        key = (connection.vendor, size)
        if key not in self._compiled:
            first, *others = self.parts(places)
            every = first.union(*others, all=True)
            self._compiled[key] = every.query.get_compiler(connection=connection).as_sql()
        sql, params = self._compiled[key]
        given = [*referrals, *[referrals[-1]] * (size - len(referrals))]
        hexed = connection.vendor == "sqlite"
        values = {
            _as_param(place, hexed): _as_param(value, hexed)
            for place, value in zip(places, given, strict=True)
        }
        return sql, [values.get(param, param) if isinstance(param, UUID | str) else param for param in params]


_EVERYTHING = Statement(
    lambda referrals: [_queryset(number, kind, referrals) for number, kind in enumerate(ROWS)]
)


def _as_param(key: UUID, hexed: bool) -> Any:
    return key.hex if hexed else key


def read_facts(
    referrals: Iterable[UUID], at: datetime, *, known_until: datetime | None = None, closures: bool = False
) -> dict[UUID, Facts]:
    """The facts of these referrals at a moment, by id; two queries, and one more for each further hundred.

    With `known_until`, only what was known before that moment. With `closures`, working days can be counted, for
    one more query. Referrals that do not exist are left out.
    """
    wanted = list(dict.fromkeys(referrals))
    found: dict[UUID, dict[type, list[Any]]] = {}
    for start in range(0, len(wanted), SIZES[-1]):
        for key, row in _rows(wanted[start : start + SIZES[-1]]):
            found.setdefault(key, defaultdict(list))[type(row)].append(row)
    present = {key: kinds for key, kinds in found.items() if rows.ReferralRow in kinds}
    houses = {key: _organisations(kinds) for key, kinds in present.items()}
    staff = _staff(present.values(), set().union(*houses.values()))
    opened = _houses(set().union(*houses.values())) if closures else None
    facts = {key: Facts.of(kinds, staff, opened, at) for key, kinds in present.items()}
    if known_until is not None:
        return {key: each.known_until(known_until) for key, each in facts.items()}
    return facts


def facts_of(referral: UUID, at: datetime, *, closures: bool = False) -> Facts:
    """The facts of one referral at a moment. Raises KeyError if it does not exist."""
    return read_facts([referral], at, closures=closures)[referral]


def _rows(referrals: Sequence[UUID]) -> Iterable[tuple[UUID, Any]]:
    for number, key, values in _EVERYTHING.rows(referrals):
        yield key, _decode(ROWS[number], values)


def _organisations(kinds: dict[type, list[Any]]) -> set[UUID]:
    """Organisations that lead, support a party or were sent a handoff."""
    handed = [key for row in kinds.get(rows.HandoffRow, ()) for key in (row.from_org_id, row.to_org_id)]
    supporting = [row.organisation_id for row in kinds.get(rows.PartyRow, ())]
    return {kinds[rows.ReferralRow][0].lead_organisation_id, *supporting, *handed}


def _staff(every: Collection[dict[type, list[Any]]], houses: set[UUID]) -> dict[UUID, rows.Worker]:
    """Workers of these referrals; of their organisations the managers, safeguarding leads and duty workers; by id."""
    people: set[UUID] = set()
    for kinds in every:
        people.add(kinds[rows.ReferralRow][0].lead_id)
        people |= {
            row.user_id for kind in (rows.InvolvementRow, rows.GrantRow) for row in kinds.get(kind, ())
        }
        people |= {row.keyworker_id for row in kinds.get(rows.PartyRow, ()) if row.keyworker_id}
    if not people:
        return {}
    sql, params = _staff_sql(connection.vendor)
    given = {
        place.parameter(connection.vendor): Ids(ids).parameter(connection.vendor)
        for place, ids in ((_PEOPLE, people), (_HOUSES, houses))
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, [given.get(param, param) for param in params])
        found = cursor.fetchall()
    staff = [_decode(rows.Worker, _values(columns)) for (columns,) in found]
    return {worker.id: worker for worker in staff}


@cache
def _staff_sql(vendor: str) -> tuple[str, Sequence[Any]]:
    """The query for staff, compiled once: with these places for the ids of people and organisations."""
    overseeing = Q(Among("organisation", _HOUSES)) & (Q(role=Role.MANAGER) | Q(safeguarding_lead=True))
    teams = Team.objects.filter(Among("organisation", _HOUSES))
    of_teams = Q(pk__in=teams.values("manager")) | Q(pk__in=teams.values("duty_worker"))
    columns = JSONArray(*(F(each.path) for each in columns_of(rows.Worker)))
    staff = (
        User.objects.filter(Q(Among("pk", _PEOPLE)) | overseeing | of_teams)
        .order_by("pk")
        .values_list(columns)
    )
    return staff.query.get_compiler(connection=connection).as_sql()


def _houses(keys: set[UUID]) -> dict[UUID, rows.House]:
    """When these organisations are open."""
    closes: dict[UUID, time] = {}
    closures: dict[UUID, set[date]] = {}
    columns = Organisation.objects.filter(pk__in=keys).values_list("pk", "closes_at", "closed_days__date")
    for key, closes_at, day in columns:
        closes[key] = closes_at
        closures.setdefault(key, set()).update([day] if day else [])
    return {key: rows.House(closes_at, frozenset(closures[key])) for key, closes_at in closes.items()}
