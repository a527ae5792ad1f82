"""One party with the rows of their compartment: who they are, and who supports them.
What follows from these rows is in the other modules named party_*, and in party.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from referrals.enums import OWN_PLACES, Place
from referrals.facts import rows
from referrals.facts.table import Row, RowT

if TYPE_CHECKING:
    from referrals.facts.referral import Facts


@dataclass(frozen=True, eq=False)
class PartyRows:
    """A party with the rows of their compartment. Days and times are as of `facts.at`."""

    row: rows.PartyRow
    facts: Facts = field(repr=False)
    _rows: dict[type, list[Row]] = field(repr=False)

    def rows(self, kind: type[RowT]) -> list[RowT]:
        """This party's rows of one kind, oldest first."""
        return self._rows.get(kind, [])  # type: ignore[return-value]

    # --- Who they are ---

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def name(self) -> str:
        return self.row.known_as

    @property
    def present(self) -> bool:
        return self.row.left_at is None

    @property
    def is_supporter(self) -> bool:
        return self.row.place == Place.SUPPORTER

    @property
    def is_participant(self) -> bool:
        return not self.is_supporter

    @property
    def is_own_place(self) -> bool:
        """Whether this is the person in treatment or recovery."""
        return self.row.place in OWN_PLACES

    @property
    def side(self) -> UUID:
        """The party whose side this is: a supporter is sealed with the party they are beside."""
        return self.row.beside_id or self.row.id

    @property
    def died(self) -> bool:
        return self.row.died_on is not None

    # --- Who supports them ---

    @property
    def worker_id(self) -> UUID:
        """Their keyworker, or the lead if they have none."""
        return self.row.keyworker_id or self.facts.referral.lead_id

    @cached_property
    def supported_since(self) -> datetime | None:
        """Since when their current keyworker supports them."""
        period = self.facts.support_period(self.id)
        return period.since if period else None

    def on_side_of(self, user: UUID) -> bool:
        """Whether a user supports this party, or manages the team of the worker who does."""
        return user in (self.worker_id, self.facts.manager_of(self.worker_id))


def newest_of(found: Sequence[RowT], when: str) -> list[RowT]:
    """The newest rows by the time in one column: one, or those that share the moment."""
    last = max((getattr(row, when) for row in found), default=None)
    return [row for row in found if getattr(row, when) == last]
