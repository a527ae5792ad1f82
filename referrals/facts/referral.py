"""The facts of one referral at a moment: rows, parties, staff, and properties of all of them together.
Pure Python: no queries and no clock. Properties of one party are in party.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from referrals.enums import STOPS, Answer, Part, Purpose, Stage, Suitable
from referrals.facts import rows
from referrals.facts.party import PartyFacts
from referrals.facts.party_rows import newest_of
from referrals.facts.table import Row, RowT
from restorative.common import clock

RUNS_MEETINGS = (Part.FACILITATOR, Part.STAND_IN)
COMPARTMENT_PARTS = (Part.KEYWORKER, Part.RECEIVER, Part.COVER)


@dataclass(frozen=True, eq=False)
class Facts:
    """Everything a rule may need to know of one referral, as of `at`."""

    at: datetime
    referral: rows.ReferralRow
    staff: Mapping[UUID, rows.Worker] = field(repr=False)
    houses: Mapping[UUID, rows.House] | None = field(repr=False)
    _rows: dict[type, list[Any]] = field(repr=False)
    # What rules computed from these rows and does not depend on the time, such as access.
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        kinds: dict[type, list[Any]],
        staff: Mapping[UUID, rows.Worker],
        houses: Mapping[UUID, rows.House] | None,
        at: datetime,
    ) -> Facts:
        """Facts from rows of each kind, in any order."""
        ordered = {kind: sorted(found, key=_order) for kind, found in kinds.items()}
        return cls(at, ordered[rows.ReferralRow][0], staff, houses, ordered)

    def rows(self, kind: type[RowT]) -> list[RowT]:
        """All rows of one kind, oldest first."""
        return self._rows.get(kind, [])

    def moved_to(self, at: datetime) -> Facts:
        """The same rows at another moment: what runs out or begins until then has done so."""
        return replace(self, at=at)

    def known_until(self, moment: datetime) -> Facts:
        """The same facts as known just before a moment: without later rows and later changes."""
        return self._as_of(moment, lambda row, when: when < moment)

    def before(self, step: rows.StageChangeRow) -> Facts:
        """The same facts just before a step: without the rows that came with it or later.

        The row that came with it (an answer, a check or a stop) has its moment and its party. Other rows are older.
        """

        stopped = any(
            row.created_at == step.created_at and row.party_id == step.party_id and row.kind in STOPS
            for row in self.rows(rows.ConcernRow)
        )

        def known(row: Row, when: datetime) -> bool:
            if isinstance(row, rows.StageChangeRow):
                return row.id < step.id and (when == row.created_at or when < step.created_at)
            return when < step.created_at or (
                when == step.created_at and not _came_with(step, row, stopped=stopped)
            )

        return self._as_of(step.created_at, known)

    def _as_of(self, at: datetime, known: Callable[[Row, datetime], bool]) -> Facts:
        """These facts with only what was known; lead and keyworkers come from the involvement of that time."""
        then = {kind: _known(found, known) for kind, found in self._rows.items()}
        open_rows = [row for row in then.get(rows.InvolvementRow, []) if row.until is None]
        leads = [row.user_id for row in open_rows if row.part == Part.LEAD]
        keyworkers = {row.party_id: row.user_id for row in open_rows if row.part == Part.KEYWORKER}
        steps = then.get(rows.StageChangeRow, [])
        then[rows.ReferralRow] = [
            replace(
                self.referral,
                stage=steps[-1].to_stage if steps else Stage.LOGGED,
                lead_id=leads[-1] if leads else self.referral.lead_id,
            )
        ]
        then[rows.PartyRow] = [
            replace(row, keyworker_id=keyworkers.get(row.beside_id or row.id))
            for row in then.get(rows.PartyRow, [])
        ]
        return Facts(at, then[rows.ReferralRow][0], self.staff, self.houses, then)

    # --- People ---

    @cached_property
    def parties(self) -> dict[UUID, PartyFacts]:
        """Every party by id, in the order they joined, including those who left."""
        of_party: dict[UUID, dict[type, list[Any]]] = defaultdict(dict)
        for kind, found in self._rows.items():
            if kind in (rows.PartyRow, rows.ReferralRow):
                continue
            for row in found:
                key = getattr(row, "party_id", None)
                if key is not None:
                    of_party[key].setdefault(kind, []).append(row)
        return {row.id: PartyFacts(row, self, of_party[row.id]) for row in self.rows(rows.PartyRow)}

    @cached_property
    def present(self) -> list[PartyFacts]:
        """The parties who have not left, in the order they joined."""
        return [party for party in self.parties.values() if party.present]

    @property
    def participants(self) -> list[PartyFacts]:
        return [party for party in self.present if party.is_participant]

    @cached_property
    def anyone_died(self) -> bool:
        return any(party.died for party in self.parties.values())

    # --- Staff ---

    @property
    def involvements(self) -> list[rows.InvolvementRow]:
        return self.rows(rows.InvolvementRow)

    def worker(self, user: UUID) -> rows.Worker | None:
        return self.staff.get(user)

    def is_active(self, user: UUID) -> bool:
        worker = self.staff.get(user)
        return worker is not None and worker.is_active

    def manager_of(self, user: UUID) -> UUID | None:
        """The manager of a worker's team."""
        worker = self.staff.get(user)
        return worker.manager_id if worker else None

    def works_on(self, user: UUID) -> bool:
        """Whether a user has or ever had a part in this referral. Such a user is no second person here."""
        return any(row.user_id == user for row in self.involvements)

    def supports_another(self, user: UUID, party: PartyFacts) -> bool:
        """Whether a user supports or ever supported another side than that of this party."""
        supported = (row.party_id for row in self.involvements if row.user_id == user and row.party_id)
        return any(self._side_of(key) != party.side for key in supported)

    def of_another_side(self, user: UUID, party: PartyFacts) -> bool:
        """As supports_another; the lead also counts as supporting every present participant without a keyworker."""
        if self.supports_another(user, party):
            return True
        return user == self.referral.lead_id and any(
            other.row.keyworker_id is None and other.side != party.side for other in self.participants
        )

    def _side_of(self, party: UUID) -> UUID:
        known = self.parties.get(party)
        return known.side if known else party

    def ever_supported(self, user: UUID) -> bool:
        """Whether a user was ever a keyworker here, covered for one, or accepted a handoff of help."""
        return any(row.user_id == user and row.part in COMPARTMENT_PARTS for row in self.involvements)

    def supports_anyone(self, user: UUID) -> bool:
        """Whether a user supports or ever supported any party here, including as a lead who stands in."""
        return self.ever_supported(user) or any(
            user == party.row.keyworker_id or (user == party.worker_id and party.row.keyworker_id is None)
            for party in self.present
        )

    def support_period(self, party: UUID) -> rows.InvolvementRow | None:
        """The current keyworker's row for a party."""
        found = (
            r for r in self.involvements if r.part == Part.KEYWORKER and r.party_id == party and not r.until
        )
        return next(found, None)

    # --- Who runs the meetings ---

    @cached_property
    def facilitators(self) -> list[rows.InvolvementRow]:
        """Workers appointed to prepare and run the meetings who still work here."""
        return [
            row
            for row in self.involvements
            if row.part in RUNS_MEETINGS and row.until is None and self.is_active(row.user_id)
        ]

    @cached_property
    def running(self) -> list[rows.InvolvementRow]:
        """The facilitators and second workers, and stand-ins on their day."""
        return [
            row
            for row in self.involvements
            if row.part in RUNS_MEETINGS and row.runs_at(self.at) and self.is_active(row.user_id)
        ]

    @property
    def fewer_than_two_facilitators(self) -> bool:
        return len({row.user_id for row in self.facilitators}) < 2

    def is_of_a_side(self, user: UUID) -> bool:
        """Whether a facilitator supports or ever supported a party here, or manages a worker who supports one."""
        return self.ever_supported(user) or any(party.on_side_of(user) for party in self.present)

    def second_workers_beside(self, user: UUID) -> list[UUID]:
        """Second workers of another team or organisation than a facilitator's. Two workers without a team count as
        the same team."""
        own = self.staff.get(user)
        found = []
        for row in self.involvements:
            other = self.staff.get(row.user_id)
            if row.part != Part.SECOND_WORKER or row.until is not None or not other or not other.is_active:
                continue
            if own and (other.team_id != own.team_id or other.organisation_id != own.organisation_id):
                found.append(row.user_id)
        return found

    def accepted_by_all_others(self, second: UUID, facilitator: UUID) -> bool:
        """Whether every participant who is not on the facilitator's side accepts a second worker."""
        return all(
            party.consent_to(Purpose.SECOND_WORKER, second)
            for party in self.participants
            if not party.on_side_of(facilitator)
        )

    # --- Decisions, steps, disclosure ---

    @property
    def stage(self) -> Stage:
        return Stage(self.referral.stage)

    @property
    def suitable(self) -> bool:
        """Whether the newest decision says that a meeting is suitable now."""
        newest = newest_of(self.rows(rows.SuitabilityRow), "decided_at")
        return any(row.decision == Suitable.YES for row in newest)

    def undone_steps(self, sign_off: UUID) -> list[rows.TaskRow]:
        return [row for row in self.rows(rows.TaskRow) if row.blocks_id == sign_off and row.done_at is None]

    def hidden_step(self, opened: Collection[UUID]) -> rows.StageChangeRow | None:
        """The first step that a user who opens these compartments must not know of yet, unless a later known step
        replaced it."""
        found = None
        for row in self.rows(rows.StageChangeRow):
            if not row.waits_for_release or row.party_id in opened:
                found = None
            elif found is None:
                found = row
        return found

    @property
    def waiting_for_release(self) -> list[UUID]:
        """The parties with steps that are not released and that no later open step has replaced."""
        waiting: list[UUID] = []
        for row in sorted(self.rows(rows.StageChangeRow), key=lambda row: row.id):
            if row.party_id is None or row.released_at is not None:
                waiting = []
            else:
                waiting.append(row.party_id)
        return waiting

    def stage_shown(self, opened: Collection[UUID]) -> Stage:
        """The stage that a user who opens these compartments may know."""
        known = [
            row
            for row in self.rows(rows.StageChangeRow)
            if not row.waits_for_release or row.party_id in opened
        ]
        return Stage(known[-1].to_stage) if known else Stage.LOGGED

    def hidden_since(self, opened: Collection[UUID]) -> datetime | None:
        """Since when a user who opens these compartments learns nothing new of the others: a hidden step, or an
        open stop."""
        step = self.hidden_step(opened)
        stops = [
            row.raised_at
            for party in self.parties.values()
            if party.id not in opened
            for row in party.open_stops
        ]
        moments = [*stops, *([step.created_at] if step else [])]
        return min(moments, default=None)

    def words_agreed_for(self, party: UUID, *, but: Collection[UUID] = ()) -> Iterator[rows.ConsentRow]:
        """The others' current approvals of the words to reach a party, except those by `but`."""
        for other in self.parties.values():
            row = other.newest_answer(Purpose.WORDS, party)
            if other.id not in but and row and row.answer == Answer.YES and other.counts(row):
                yield row

    # --- Days ---

    def house(self, organisation: UUID) -> rows.House:
        """When an organisation is open. Raises RuntimeError where the facts were read without closures."""
        if self.houses is None:
            raise RuntimeError("Working days need facts that were read with closures=True.")
        return self.houses[organisation]

    def working_day_after(self, day: date, days: int, organisation: UUID) -> date:
        """The day so many working days of an organisation later."""
        return clock.add_working_days(day, days, self.house(organisation).closures)

    def morning_after(self, since: datetime, days: int, organisation: UUID) -> datetime:
        """Nine o'clock, so many of an organisation's working days after a moment."""
        return clock.moment(self.working_day_after(clock.today(since), days, organisation), 9)


def _order(row: Row) -> tuple[datetime, str]:
    if isinstance(row, rows.StageChangeRow):
        return row.created_at, f"{row.id:020}"
    return row.created_at, str(row.id)


def _came_with(step: rows.StageChangeRow, row: Row, *, stopped: bool) -> bool:
    """Whether a row of the same moment came with a hidden step. A stop may come with other concerns: an age does."""
    cause = isinstance(row, rows.ConsentRow | rows.ReadinessRow | rows.CapacityRow)
    cause = cause or (isinstance(row, rows.ConcernRow) and stopped)
    return cause and row.party_id == step.party_id  # type: ignore[attr-defined]


def _known(found: list[Any], known: Callable[[Row, datetime], bool]) -> list[Any]:
    return [_as_known(row, known) for row in found if known(row, row.created_at)]


def _as_known(row: Any, known: Callable[[Row, datetime], bool]) -> Any:
    """A row without later changes."""
    empty = {
        column: None
        for when, others in row.SETTLES.items()
        if (settled := getattr(row, when)) is not None and not known(row, settled)
        for column in (when, *others)
    }
    return replace(row, **empty) if empty else row
