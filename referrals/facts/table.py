"""How a class of rows declares its table and its columns, once for the type checker and for reader.py.
The classes themselves are in rows.py, and in facts.py of an app above."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform, get_args, get_type_hints
from uuid import UUID

RowT = TypeVar("RowT", bound="Row")
# A time that is set on a row later: facts of an earlier moment have the row without it.
LATER = "set later"
Later = Annotated[datetime | None, LATER]


@dataclass(frozen=True)
class With:
    """Marks a column that is set together with a time that is set later."""

    when: str


@dataclass(frozen=True)
class From:
    """Marks a column that is read from another table: the path to it."""

    path: str


@dataclass(frozen=True)
class Column:
    """A column of a row class: its name, the path it is read from, and its type without `| None`."""

    name: str
    path: str
    type: type


@dataclass(frozen=True, slots=True)
class Row:
    """What every row has. `table` fills in the rest from the annotations of a class.

    `SETTLES` has the times that are set on a row later, each with the columns that change with it: before such a time
    those columns are empty. `SPOKEN`: such a row exists only if its party spoke with us.
    """

    MODEL: ClassVar[str]
    REFERRAL: ClassVar[str]
    COLUMNS: ClassVar[tuple[Column, ...]]
    SETTLES: ClassVar[dict[str, list[str]]]
    SPOKEN: ClassVar[bool]

    id: UUID
    created_at: datetime

    @property
    def moments(self) -> list[datetime]:
        """When the row came to be, and when something on it was settled."""
        names = ["created_at", *(when for when in self.SETTLES if when != "sheet_changed_at")]
        return [when for name in names if (when := getattr(self, name)) is not None]


@dataclass(frozen=True, slots=True)
class OfParty(Row):
    """A row of one party's compartment."""

    party_id: UUID


# Every row class, in the order of declaration; an app above adds its own.
ROWS: list[type[Row]] = []


@dataclass_transform(frozen_default=True)
def table(model: str, *, referral: str = "", spoken: bool = False) -> Callable[[type[RowT]], type[RowT]]:
    """Declare a row class of a table. `referral` is the path to its referral, if it is not the usual one."""

    def declare(cls: type[RowT]) -> type[RowT]:
        made = dataclass(frozen=True, slots=True)(cls)
        marks = _marks(made)
        made.MODEL, made.SPOKEN = model, spoken
        made.REFERRAL = referral or ("party__referral" if issubclass(made, OfParty) else "referral")
        made.COLUMNS = columns_of(made)
        made.SETTLES = {
            when: [name for name in marks if With(when) in marks[name]]
            for when in marks
            if LATER in marks[when]
        }
        ROWS.append(made)
        return made

    return declare


def columns_of(kind: type) -> tuple[Column, ...]:
    """The columns that the fields of a dataclass are read from."""
    hints, marks = get_type_hints(kind, include_extras=True), _marks(kind)
    return tuple(Column(name, _path(name, marks[name]), _type(hints[name])) for name in marks)


def _marks(kind: Any) -> dict[str, tuple[Any, ...]]:
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: getattr(hints[each.name], "__metadata__", ()) for each in fields(kind)}


def _path(name: str, marks: tuple[Any, ...]) -> str:
    return next((mark.path for mark in marks if isinstance(mark, From)), name)


def _type(hint: Any) -> type:
    if hasattr(hint, "__metadata__"):
        hint = get_args(hint)[0]
    return next((each for each in get_args(hint) if each is not type(None)), hint)
