"""The rows of meetings that rules read, and what follows from them. They are read with the referral's own facts."""

from collections.abc import Collection
from datetime import date, datetime
from functools import cached_property
from typing import Annotated
from uuid import UUID

from meetings.enums import ActionStatus, Agreed, Came, MeetingStatus
from referrals.enums import MEETING_PARTS, Purpose
from referrals.facts import Facts
from referrals.facts.table import From, Later, OfParty, Row, table


@table("meetings.Meeting")
class MeetingRow(Row):
    created_by_id: UUID | None
    status: str
    starts_at: datetime
    already_happened: bool
    version: int
    supersedes_id: UUID | None


@table("meetings.Attendance", referral="meeting__referral", spoken=True)
class AttendanceRow(OfParty):
    meeting_id: UUID
    arrives_at: datetime
    status: str


@table("meetings.CallOff", referral="meeting__referral")
class CallOffRow(Row):
    meeting_id: UUID
    party_id: UUID | None
    reason: str
    released_at: Later


@table("meetings.FollowUp", referral="meeting__referral")
class FollowUpRow(OfParty):
    meeting_id: UUID
    kind: str
    due_on: date
    done_at: Later
    result: str


@table("meetings.Agreement", referral="meeting__referral")
class AgreementRow(Row):
    meeting_id: UUID
    nothing_agreed: bool


@table("meetings.AgreementAnswer", referral="agreement__meeting__referral")
class AgreementAnswerRow(OfParty):
    agreement_id: UUID
    seq: int
    answer: str


@table("meetings.Action", referral="agreement__meeting__referral")
class ActionRow(Row):
    agreement_id: UUID
    owner_id: UUID
    due_on: date
    status: str
    from_id: Annotated[UUID | None, From("came_from")]


@table("meetings.Unavailable", referral="meeting__referral")
class UnavailableRow(Row):
    meeting_id: UUID
    user_id: UUID
    stand_in_id: UUID | None
    settled_at: Later


class MeetingsFacts:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def by_id(self) -> dict[UUID, MeetingRow]:
        return {row.id: row for row in self.facts.rows(MeetingRow)}

    def those(self, *statuses: MeetingStatus) -> list[MeetingRow]:
        """Meetings that stand so, in fact."""
        return [row for row in self.by_id.values() if row.status in statuses]

    def expected(self, meeting: UUID) -> list[AttendanceRow]:
        return [row for row in self.facts.rows(AttendanceRow) if row.meeting_id == meeting]

    def attendance(self, meeting: UUID, party: UUID) -> AttendanceRow | None:
        return next((row for row in self.expected(meeting) if row.party_id == party), None)

    @cached_property
    def runners(self) -> list[UUID]:
        """Those who have a part in running the meetings."""
        rows = self.facts.involvements
        return list(
            dict.fromkeys(row.user_id for row in rows if row.part in MEETING_PARTS and row.until is None)
        )

    # --- Called off ---

    def call_offs(self, meeting: UUID) -> list[CallOffRow]:
        return [row for row in self.facts.rows(CallOffRow) if row.meeting_id == meeting]

    @cached_property
    def waiting(self) -> list[CallOffRow]:
        """Call-offs of which the others have not heard yet."""
        return [
            row
            for meeting in self.those(MeetingStatus.CALLED_OFF)
            if not self.is_known_off(meeting.id)
            for row in self.call_offs(meeting.id)
        ]

    def is_known_off(self, meeting: UUID) -> bool:
        """Whether all workers may know of a call-off of this meeting."""
        return any(row.party_id is None or row.released_at for row in self.call_offs(meeting))

    def shown_status(self, meeting: MeetingRow, opened: Collection[UUID]) -> MeetingStatus:
        """The status as far as a worker who opens these compartments may know."""
        known = any(row.party_id in opened for row in self.call_offs(meeting.id)) or self.is_known_off(
            meeting.id
        )
        hidden = meeting.status == MeetingStatus.CALLED_OFF and not known
        return MeetingStatus.BOOKED if hidden else MeetingStatus(meeting.status)

    def booked_for(self, meeting: MeetingRow, opened: Collection[UUID]) -> bool:
        """Whether a meeting is booked as far as a worker who opens these compartments may know."""
        return self.shown_status(meeting, opened) == MeetingStatus.BOOKED

    def were_there(self, meeting: UUID) -> set[UUID]:
        came = (Came.CAME, Came.LEFT_EARLY)
        return {row.party_id for row in self.expected(meeting) if row.status in came}

    def away(self, meeting: MeetingRow, opened: Collection[UUID]) -> list[UnavailableRow]:
        """Facilitators who cannot come and have no stand-in that all parties accepted, as far as a reader of these
        compartments may know."""
        return [
            row
            for row in self.facts.rows(UnavailableRow)
            if row.meeting_id == meeting.id
            and row.settled_at is None
            and row.user_id in self.runners
            and not self._stood_in_for(row, meeting, opened)
        ]

    def _stood_in_for(self, row: UnavailableRow, meeting: MeetingRow, opened: Collection[UUID]) -> bool:
        stand_in = next((each for each in self.facts.involvements if each.id == row.stand_in_id), None)
        if stand_in is None or stand_in.until is None:
            return False
        there = stand_in.since <= meeting.starts_at < stand_in.until
        asked = [party for party in self.facts.present if party.id in opened]
        return there and all(party.consent_to(Purpose.SECOND_WORKER, stand_in.user_id) for party in asked)

    # --- Agreed ---

    def reads_agreement(self, user: UUID, opened: Collection[UUID], agreement: AgreementRow) -> bool:
        """Whether a worker who opens these compartments reads what was agreed: they open a side that said yes and has
        sight of it; or they ran the meeting and open a person who was there."""
        sides = [self.facts.parties[key] for key in opened if key in self._agreed(agreement.id)]
        if any(side.present and side.consent_to(Purpose.SIGHT) for side in sides):
            return True
        meeting = self.by_id[agreement.meeting_id]
        ran = any(
            row.user_id == user
            and row.part in MEETING_PARTS
            and row.until is None
            and row.since <= meeting.starts_at
            for row in self.facts.involvements
        )
        return ran and not self.were_there(meeting.id).isdisjoint(opened)

    def agreed_actions(self, meeting: UUID) -> list[ActionRow]:
        """Actions that all participants who came said yes to; changed ones count as their new version."""
        came = {key for key in self.were_there(meeting) if self.facts.parties[key].is_participant}
        agreements = {row.id for row in self.facts.rows(AgreementRow) if row.meeting_id == meeting}
        settled = (ActionStatus.RENEGOTIATED, ActionStatus.RELEASED)
        return [
            row
            for row in self.facts.rows(ActionRow)
            if row.agreement_id in agreements
            and row.status not in settled
            and came <= self._agreed(row.agreement_id)
        ]

    def _agreed(self, agreement: UUID) -> set[UUID]:
        """Parties whose newest answer to what was agreed is yes."""
        rows = [row for row in self.facts.rows(AgreementAnswerRow) if row.agreement_id == agreement]
        newest = {row.party_id: row.answer for row in sorted(rows, key=lambda row: row.seq)}
        return {party for party, answer in newest.items() if answer == Agreed.YES}
