"""The rows that rules read: a small frozen class per table, with the columns that rules may need.
reader.py reads them; derived properties are in party.py and referral.py."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from referrals.enums import HandoffKind, HandoffState, Part
from referrals.facts.table import LATER, From, Later, OfParty, Row, With, table


@table("referrals.Referral", referral="id")
class ReferralRow(Row):
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


@table("referrals.Party")
class PartyRow(Row):
    person_id: UUID
    place: str
    beside_id: UUID | None
    known_as: str
    organisation_id: UUID
    named_by_id: UUID
    keyworker_id: UUID | None
    answered_at: Later
    left_at: Later
    forgotten_at: Later
    given: Annotated[str, From("person__given")]
    family: Annotated[str, From("person__family")]
    born_on: Annotated[date | None, From("person__born_on")]
    died_on: Annotated[date | None, With("died_recorded_at"), From("person__died_on")]
    died_recorded_at: Annotated[datetime | None, LATER, From("person__died_recorded_at")]


@table("referrals.StageChange")
class StageChangeRow(Row):
    """One step between stages. With a party, it is hidden from the others until it is released."""

    id: int  # type: ignore[assignment]
    to_stage: str
    party_id: UUID | None
    released_at: Later

    @property
    def waits_for_release(self) -> bool:
        return self.party_id is not None and self.released_at is None


@table("referrals.Involvement")
class InvolvementRow(Row):
    user_id: UUID
    part: str
    party_id: UUID | None
    since: datetime
    until: Later

    def runs_at(self, at: datetime) -> bool:
        """Whether the part is active at that moment: until it ends; a stand-in's only on their day."""
        if self.part == Part.STAND_IN:
            return self.since <= at and (self.until is None or self.until > at)
        return self.until is None


@table("referrals.Grant")
class GrantRow(Row):
    created_by_id: UUID | None
    party_id: UUID | None
    user_id: UUID
    organisation_id: UUID
    kind: str
    until: datetime
    given_at: Later
    ended_at: Later


@table("referrals.Bar")
class BarRow(Row):
    user_id: UUID
    organisation_id: UUID
    lifted_at: Later


@table("referrals.Handoff")
class HandoffRow(Row):
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
    def lead_moved(self) -> bool:
        """Whether the lead moved with it and has not moved back."""
        over = (HandoffState.ACCEPTED, HandoffState.COMPLETED)
        return self.state in over and self.decided_kind == HandoffKind.LEAD and self.moved_at is not None


@table("referrals.RecordsCheck")
class RecordsCheckRow(Row):
    asked_at: datetime
    asked_by_id: UUID
    matched_at: Later
    done_at: Later
    done_by_id: Annotated[UUID | None, With("done_at")]
    released_at: Later


@table("referrals.RecordsHit", referral="records_check__referral")
class HitBarRow(Row):
    """A person found by a records check, and a worker barred from a referral of that person; or none."""

    records_check_id: UUID
    user_id: Annotated[UUID | None, From("matched__parties__referral__bars__user")]
    lifted_at: Annotated[datetime | None, From("matched__parties__referral__bars__lifted_at")]


@table("referrals.Suitability")
class SuitabilityRow(Row):
    party_id: UUID | None
    decision: str
    decided_at: datetime


@table("referrals.Closure")
class ClosureRow(Row):
    party_id: UUID | None


@table("referrals.Task")
class TaskRow(Row):
    party_id: UUID | None
    assignee_id: UUID
    kind: str
    due_on: date
    done_at: Later
    blocks_id: UUID | None


@table("referrals.Note")
class NoteRow(Row):
    party_id: UUID | None


# --- Rows of one party ------------------------------------------------------------------------------------------


@table("referrals.Consent", spoken=True)
class ConsentRow(OfParty):
    purpose: str
    recipient: UUID
    seq: int
    answer: str
    heard_alone_at: Later
    how: str
    interpreter: bool
    capacity: str
    counts_from: datetime
    expires_on: date
    taken_at: datetime
    sheet_id: UUID
    sheet_changed_at: Annotated[datetime | None, LATER, From("sheet__materially_changed_at")]


@table("referrals.Approach")
class ApproachRow(OfParty):
    asked_first: bool
    told_unprompted: bool
    result: str


@table("referrals.ContactRoute")
class RouteRow(OfParty):
    kind: str
    value_key: str
    allowed: bool
    read_by_others: bool
    screen_private: bool
    days: str
    hours: str
    confirmed_at: Later
    replaced_at: Later


@table("referrals.SafetyAnswers", spoken=True)
class SafetyRow(OfParty):
    asked_alone: bool
    shares_home: bool
    asked_at: datetime


@table("referrals.ReadinessCheck", spoken=True)
class ReadinessRow(OfParty):
    kind: str
    judgement: str
    completed_at: datetime
    capacity: str
    expires_at: datetime
    accepted_late_at: Later


@table("referrals.Preparation", spoken=True)
class PreparationRow(OfParty):
    held_at: datetime


@table("referrals.Rating", spoken=True)
class RatingRow(OfParty):
    point: str


@table("referrals.CapacityAssessment", spoken=True)
class CapacityRow(OfParty):
    result: str
    assessed_at: datetime


@table("referrals.Concern")
class ConcernRow(OfParty):
    kind: str
    raised_at: datetime
    raised_by_id: UUID
    cleared_at: Later

    @property
    def is_open(self) -> bool:
        return self.cleared_at is None


@table("referrals.SignOff")
class SignOffRow(OfParty):
    concern_id: UUID
    decision: str
    decided_at: datetime
    decided_by_id: UUID
    expires_at: datetime


@table("referrals.ProtectiveShare")
class ProtectiveShareRow(OfParty):
    shared_at: datetime
    shared_by_id: UUID
    looked_at: Later


@table("referrals.Invited")
class InvitedRow(OfParty):
    left_out_at: Later


@table("referrals.KeptLonger")
class KeptLongerRow(OfParty):
    until: datetime


# --- Staff ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Worker:
    """A member of staff, with the columns that rules need."""

    id: UUID
    first_name: str
    organisation_id: UUID
    team_id: UUID | None
    manager_id: Annotated[UUID | None, From("team__manager_id")]
    duty_worker_id: Annotated[UUID | None, From("team__duty_worker_id")]
    work_phone: str
    role: str
    safeguarding_lead: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class House:
    """When an organisation is open: until which hour, and on which days it is closed."""

    closes_at: time
    closures: frozenset[date]
