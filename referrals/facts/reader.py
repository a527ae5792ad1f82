"""Reads the facts of referrals: all rows in one query, the staff in a second, for any number of referrals.
Rules never query; they receive the facts."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time
from functools import cached_property
from types import UnionType
from typing import Any, get_args, get_type_hints
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import JSONArray

from referrals.facts import rows
from referrals.facts.referral import Facts
from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, User

# How many referrals one statement covers. It is compiled once per size, and padded.
SIZES = (1, 10, 100)


@dataclass(frozen=True)
class Source:
    """A table that rules read: its row class, the path to its referral, and columns with other names there."""

    model: str
    row: type
    referral: str
    columns: dict[str, str] = field(default_factory=dict)

    @cached_property
    def paths(self) -> list[str]:
        return [self.columns.get(each.name, each.name) for each in fields(self.row)]

    @cached_property
    def decoders(self) -> list[tuple[int, Callable[[Any], Any]]]:
        hints = get_type_hints(self.row)
        kinds = [_kind(hints[each.name]) for each in fields(self.row)]
        return [(index, DECODE[kind]) for index, kind in enumerate(kinds) if kind in DECODE]

    def queryset(self, number: int, referrals: Sequence[UUID]) -> QuerySet:
        model = apps.get_model(self.model)
        here = model._base_manager.filter(**{f"{self.referral}__in": referrals}).order_by()
        columns = JSONArray(*(F(path) for path in self.paths))
        return here.values_list(Value(number, IntegerField()), F(self.referral), columns)

    def decode(self, values: list[Any]) -> Any:
        for index, decode in self.decoders:
            if values[index] is not None:
                values[index] = decode(values[index])
        return self.row(*values)


def _kind(hint: Any) -> type:
    """The type of a column, without `| None`."""
    return (
        next(each for each in get_args(hint) if each is not type(None))
        if isinstance(hint, UnionType)
        else hint
    )


def _moment(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


DECODE: dict[type, Callable[[Any], Any]] = {
    UUID: UUID,
    datetime: _moment,
    date: date.fromisoformat,
    bool: bool,
}

_PARTY = "party__referral"
SOURCES: list[Source] = [
    Source("referrals.Referral", rows.ReferralRow, "id"),
    Source(
        "referrals.Party",
        rows.PartyRow,
        "referral",
        {
            "given": "person__given",
            "family": "person__family",
            "born_on": "person__born_on",
            "died_on": "person__died_on",
            "died_recorded_at": "person__died_recorded_at",
        },
    ),
    Source("referrals.StageChange", rows.StageChangeRow, "referral"),
    Source("referrals.Involvement", rows.InvolvementRow, "referral"),
    Source("referrals.Grant", rows.GrantRow, "referral"),
    Source("referrals.Bar", rows.BarRow, "referral"),
    Source("referrals.Handoff", rows.HandoffRow, "referral"),
    Source("referrals.RecordsCheck", rows.RecordsCheckRow, "referral"),
    Source(
        "referrals.RecordsHit",
        rows.HitBarRow,
        "records_check__referral",
        {
            "user_id": "matched__parties__referral__bars__user",
            "lifted_at": "matched__parties__referral__bars__lifted_at",
        },
    ),
    Source("referrals.Suitability", rows.SuitabilityRow, "referral"),
    Source("referrals.Closure", rows.ClosureRow, "referral"),
    Source("referrals.Task", rows.TaskRow, "referral"),
    Source("referrals.Note", rows.NoteRow, "referral"),
    Source(
        "referrals.Consent", rows.ConsentRow, _PARTY, {"sheet_changed_at": "sheet__materially_changed_at"}
    ),
    Source("referrals.Approach", rows.ApproachRow, _PARTY),
    Source("referrals.ContactRoute", rows.RouteRow, _PARTY),
    Source("referrals.SafetyAnswers", rows.SafetyRow, _PARTY),
    Source("referrals.ReadinessCheck", rows.ReadinessRow, _PARTY),
    Source("referrals.Preparation", rows.PreparationRow, _PARTY),
    Source("referrals.Rating", rows.RatingRow, _PARTY),
    Source("referrals.CapacityAssessment", rows.CapacityRow, _PARTY),
    Source("referrals.Concern", rows.ConcernRow, _PARTY),
    Source("referrals.SignOff", rows.SignOffRow, _PARTY),
    Source("referrals.ProtectiveShare", rows.ProtectiveShareRow, _PARTY),
    Source("referrals.Invited", rows.InvitedRow, _PARTY),
    Source("referrals.KeptLonger", rows.KeptLongerRow, _PARTY),
]


def register(*sources: Source) -> None:
    """Add tables of an app above, from its AppConfig.ready(). Read their rows with `facts.rows(RowClass)`."""
    SOURCES.extend(source for source in sources if source not in SOURCES)
    _statements.clear()


_statements: dict[tuple[str, int], tuple[str, list[Any]]] = {}
_PLACES = [UUID(int=number) for number in range(1, max(SIZES) + 1)]


def _statement(referrals: Sequence[UUID]) -> tuple[str, list[Any]]:
    """The statement over all sources, compiled once per database and size."""
    size = next(size for size in SIZES if size >= len(referrals))
    places = _PLACES[:size]
    key = (connection.vendor, size)
    if key not in _statements:
        first, *others = [source.queryset(number, places) for number, source in enumerate(SOURCES)]
        _statements[key] = first.union(*others, all=True).query.get_compiler(connection=connection).as_sql()
    sql, params = _statements[key]
    given = [*referrals, *[referrals[-1]] * (size - len(referrals))]
    hexed = connection.vendor == "sqlite"
    values = {
        _as_param(place, hexed): _as_param(value, hexed) for place, value in zip(places, given, strict=True)
    }
    return sql, [values.get(param, param) if isinstance(param, UUID | str) else param for param in params]


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
    sql, params = _statement(referrals)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        answers = cursor.fetchall()
    for number, key, columns in answers:
        values = columns if isinstance(columns, list) else json.loads(columns)
        yield key if isinstance(key, UUID) else UUID(key), SOURCES[number].decode(values)


def _organisations(kinds: dict[type, list[Any]]) -> set[UUID]:
    """Organisations that lead, support a party or were sent a handoff."""
    handed = [key for row in kinds.get(rows.HandoffRow, ()) for key in (row.from_org_id, row.to_org_id)]
    supporting = [row.organisation_id for row in kinds.get(rows.PartyRow, ())]
    return {kinds[rows.ReferralRow][0].lead_organisation_id, *supporting, *handed}


def _staff(every: Collection[dict[type, list[Any]]], houses: set[UUID]) -> dict[UUID, rows.Worker]:
    """Workers of these referrals, and the managers and safeguarding leads of their organisations, by id."""
    people: set[UUID] = set()
    for kinds in every:
        people.add(kinds[rows.ReferralRow][0].lead_id)
        people |= {
            row.user_id for kind in (rows.InvolvementRow, rows.GrantRow) for row in kinds.get(kind, ())
        }
        people |= {row.keyworker_id for row in kinds.get(rows.PartyRow, ()) if row.keyworker_id}
    overseeing = Q(organisation__in=houses) & (Q(role=Role.MANAGER) | Q(safeguarding_lead=True))
    columns = [each.name for each in fields(rows.Worker)]
    columns[columns.index("manager_id")] = "team__manager_id"
    staff = User.objects.filter(Q(pk__in=people) | overseeing).order_by("pk").values_list(*columns)
    return {row[0]: rows.Worker(*row) for row in staff} if people else {}


def _houses(keys: set[UUID]) -> dict[UUID, rows.House]:
    """When these organisations are open."""
    closes: dict[UUID, time] = {}
    closures: dict[UUID, set[date]] = {}
    columns = Organisation.objects.filter(pk__in=keys).values_list("pk", "closes_at", "closed_days__date")
    for key, closes_at, day in columns:
        closes[key] = closes_at
        closures.setdefault(key, set()).update([day] if day else [])
    return {key: rows.House(closes_at, frozenset(closures[key])) for key, closes_at in closes.items()}
