"""The rows that rules read: a small frozen class per table, with the columns that rules may need.
reader.py reads them; derived properties are in party.py and referral.py."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar
from uuid import UUID

from referrals.enums import UNANSWERED, HandoffKind, HandoffState, Part


class Row:
    """What each kind of row declares, for facts as they were known before a moment.

    `MADE` names the column with its creation time. `SETTLES` names times that are set on a row later, each with the
    columns that change with it: before such a time those columns are empty.
    """

    __slots__ = ()
    MADE: ClassVar[str] = "created_at"
    SETTLES: ClassVar[tuple[tuple[str, ...], ...]] = ()
    # Whether such a row exists only if its party spoke with us.
    SPOKEN: ClassVar[bool] = False

    @property
    def moments(self) -> list[datetime]:
        """When the row came to be, and when something on it was settled."""
        names = [self.MADE, *(when for when, *_ in self.SETTLES if when != "sheet_changed_at")]
        return [when for name in names if (when := getattr(self, name)) is not None]


@dataclass(frozen=True, slots=True)
class ReferralRow(Row):
    id: UUID
    created_at: datetime
    reference: str
    kind: str
    stage: str
    paused_from: str
    review_on: date | None
    lead_id: UUID
    lead_organisation_id: UUID
    version: int
    logged_at: datetime
    last_activity_at: datetime
    first_ready_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PartyRow(Row):
    SETTLES: ClassVar = (("answered_at",), ("left_at",), ("forgotten_at",), ("died_recorded_at", "died_on"))

    id: UUID
    created_at: datetime
    person_id: UUID
    place: str
    beside_id: UUID | None
    known_as: str
    organisation_id: UUID
    named_by_id: UUID
    keyworker_id: UUID | None
    answered_at: datetime | None
    left_at: datetime | None
    forgotten_at: datetime | None
    given: str
    family: str
    born_on: date | None
    died_on: date | None
    died_recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class StageChangeRow(Row):
    """One step between stages. With a party, it is hidden from the others until it is released."""

    SETTLES: ClassVar = (("released_at",),)

    id: int
    created_at: datetime
    step: str
    from_stage: str
    to_stage: str
    party_id: UUID | None
    released_at: datetime | None

    @property
    def waits_for_release(self) -> bool:
        return self.party_id is not None and self.released_at is None


@dataclass(frozen=True, slots=True)
class InvolvementRow(Row):
    SETTLES: ClassVar = (("until",),)

    id: UUID
    created_at: datetime
    user_id: UUID
    part: str
    party_id: UUID | None
    since: datetime
    until: datetime | None

    def runs_at(self, at: datetime) -> bool:
        """Whether the part is active at that moment: until it ends; a stand-in's only on their day."""
        if self.part == Part.STAND_IN:
            return self.since <= at and (self.until is None or self.until > at)
        return self.until is None


@dataclass(frozen=True, slots=True)
class GrantRow(Row):
    SETTLES: ClassVar = (("given_at",), ("ended_at",))

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    party_id: UUID | None
    user_id: UUID
    organisation_id: UUID
    kind: str
    until: datetime
    given_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class BarRow(Row):
    SETTLES: ClassVar = (("lifted_at",),)

    id: UUID
    created_at: datetime
    user_id: UUID
    organisation_id: UUID
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandoffRow(Row):
    id: UUID
    created_at: datetime
    party_id: UUID | None
    kind: str
    decided_kind: str
    from_org_id: UUID
    to_org_id: UUID
    state: str
    stood_as: str
    reply_by: date
    sent_at: datetime
    sent_by_id: UUID
    seen_at: datetime | None
    seen_by_id: UUID | None
    decided_at: datetime | None
    decided_by_id: UUID | None
    receiver_id: UUID | None
    starts_on: date | None
    moved_at: datetime | None
    lead_before_id: UUID | None
    ended_at: datetime | None
    ended_for_id: UUID | None

    @property
    def unanswered(self) -> bool:
        return self.state in UNANSWERED

    @property
    def lead_moved(self) -> bool:
        """Whether the lead moved with it and has not moved back."""
        over = (HandoffState.ACCEPTED, HandoffState.COMPLETED)
        return self.state in over and self.decided_kind == HandoffKind.LEAD and self.moved_at is not None


@dataclass(frozen=True, slots=True)
class RecordsCheckRow(Row):
    SETTLES: ClassVar = (("matched_at",), ("done_at", "done_by_id"), ("released_at",))

    id: UUID
    created_at: datetime
    asked_at: datetime
    asked_by_id: UUID
    matched_at: datetime | None
    done_at: datetime | None
    done_by_id: UUID | None
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class HitBarRow(Row):
    """Somebody whom a records check found, and a worker barred from a referral that they are in; or none."""

    id: UUID
    created_at: datetime
    records_check_id: UUID
    user_id: UUID | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class SuitabilityRow(Row):
    id: UUID
    created_at: datetime
    party_id: UUID | None
    decision: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ClosureRow(Row):
    id: UUID
    created_at: datetime
    party_id: UUID | None
    outcome: str
    reason: str
    stopped_at_stage: str


@dataclass(frozen=True, slots=True)
class TaskRow(Row):
    SETTLES: ClassVar = (("done_at",),)

    id: UUID
    created_at: datetime
    party_id: UUID | None
    assignee_id: UUID
    kind: str
    due_on: date
    done_at: datetime | None
    blocks_id: UUID | None


@dataclass(frozen=True, slots=True)
class NoteRow(Row):
    id: UUID
    created_at: datetime
    party_id: UUID | None


# --- Rows of one party ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConsentRow(Row):
    SETTLES: ClassVar = (("heard_alone_at",), ("sheet_changed_at",))
    SPOKEN: ClassVar = True

    id: UUID
    created_at: datetime
    party_id: UUID
    purpose: str
    recipient: UUID
    seq: int
    answer: str
    heard_alone_at: datetime | None
    how: str
    capacity: str
    counts_from: datetime
    expires_on: date
    taken_at: datetime
    sheet_id: UUID
    sheet_changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApproachRow(Row):
    id: UUID
    created_at: datetime
    party_id: UUID
    asked_first: bool
    told_unprompted: bool
    result: str


@dataclass(frozen=True, slots=True)
class RouteRow(Row):
    SETTLES: ClassVar = (("confirmed_at",), ("replaced_at",))

    id: UUID
    created_at: datetime
    party_id: UUID
    kind: str
    value_key: str
    allowed: bool
    read_by_others: bool
    screen_private: bool
    days: str
    hours: str
    confirmed_at: datetime | None
    replaced_at: datetime | None


@dataclass(frozen=True, slots=True)
class SafetyRow(Row):
    SPOKEN: ClassVar = True

    id: UUID
    created_at: datetime
    party_id: UUID
    asked_alone: bool
    shares_home: bool
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ReadinessRow(Row):
    SETTLES: ClassVar = (("accepted_late_at",),)
    SPOKEN: ClassVar = True

    id: UUID
    created_at: datetime
    party_id: UUID
    kind: str
    judgement: str
    completed_at: datetime
    completed_by_id: UUID
    capacity: str
    expires_at: datetime
    accepted_late_at: datetime | None


@dataclass(frozen=True, slots=True)
class PreparationRow(Row):
    SPOKEN: ClassVar = True

    id: UUID
    created_at: datetime
    party_id: UUID
    held_at: datetime


@dataclass(frozen=True, slots=True)
class RatingRow(Row):
    SPOKEN: ClassVar = True

    id: UUID
    created_at: datetime
    party_id: UUID
    point: str


@dataclass(frozen=True, slots=True)
class CapacityRow(Row):
    SPOKEN: ClassVar = True

    id: UUID
    created_at: datetime
    party_id: UUID
    result: str
    assessed_at: datetime


@dataclass(frozen=True, slots=True)
class ConcernRow(Row):
    SETTLES: ClassVar = (("cleared_at",),)

    id: UUID
    created_at: datetime
    party_id: UUID
    kind: str
    raised_at: datetime
    raised_by_id: UUID
    cleared_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.cleared_at is None


@dataclass(frozen=True, slots=True)
class SignOffRow(Row):
    id: UUID
    created_at: datetime
    party_id: UUID
    concern_id: UUID
    decision: str
    decided_at: datetime
    decided_by_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ProtectiveShareRow(Row):
    SETTLES: ClassVar = (("looked_at",),)

    id: UUID
    created_at: datetime
    party_id: UUID
    shared_at: datetime
    shared_by_id: UUID
    looked_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvitedRow(Row):
    SETTLES: ClassVar = (("left_out_at",),)

    id: UUID
    created_at: datetime
    party_id: UUID
    left_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptLongerRow(Row):
    id: UUID
    created_at: datetime
    party_id: UUID
    until: datetime


# --- Staff ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Worker:
    """A member of staff, with the columns that rules need."""

    id: UUID
    first_name: str
    organisation_id: UUID
    team_id: UUID | None
    manager_id: UUID | None  # of their team
    role: str
    safeguarding_lead: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class House:
    """When an organisation is open: until which hour, and on which days it is closed."""

    closes_at: time
    closures: frozenset[date]
