"""The table of compartments in docs/domain.md, computed plainly from the rows of one referral, to check stored
access. Nothing here calls the product's own rules."""

from datetime import datetime
from typing import Any
from uuid import UUID

from referrals.enums import Answer, HandoffKind, HandoffState, Part, Purpose
from referrals.models import (
    Bar,
    Concern,
    Consent,
    Grant,
    Handoff,
    Involvement,
    Party,
    RecordsCheck,
    Referral,
)
from restorative.accounts.models import User
from restorative.common import clock
from tests.rows_of import rows


class Compartments:
    """One referral at one moment, and what each user may see and open of it."""

    def __init__(self, key: UUID, at: datetime) -> None:
        self.at = at
        self.referral = Referral.objects.unscoped("look").select_related("lead").get(pk=key)
        self.parties = list(Party.objects.unscoped("look").filter(referral=key).select_related("keyworker"))
        self.present = [party for party in self.parties if party.left_at is None]
        self.worked = rows(Involvement, referral=key)
        self.consents = list(
            Consent.objects.unscoped("look").filter(party__referral=key).select_related("sheet")
        )
        self.handoffs = rows(Handoff, referral=key)
        self.grants = rows(Grant, referral=key)
        self.barred = {row.user_id for row in rows(Bar, referral=key, lifted_at=None)}
        self.worrying = {row.party_id for row in rows(Concern, party__referral=key, cleared_at=None)}
        self.records_wait = bool(rows(RecordsCheck, referral=key, released_at=None))

    # --- The columns of the table ---

    def sees(self, who: User) -> bool:
        """Column 'shell'."""
        if who.pk in self.barred or not who.is_active:
            return False
        if any(self._granted(who, row) for row in self.grants):
            return True
        return who.does_casework and (
            self._works(who) or self._manages(who) or self._safeguards(who) or self._handed(who)
        )

    def opens(self, who: User, party: Party) -> bool:
        """The whole column 'compartment'."""
        if who.pk in self.barred or not who.is_active:
            return False
        if not self.of_another_side(who, party) and any(
            self._granted(who, row) and row.party_id in {party.pk, party.beside_id} - {None}
            for row in self.grants
        ):
            return True
        return who.does_casework and (
            self._worker(party) == who.pk
            or (who.is_manager and party.organisation_id == who.organisation_id)
            or (self._shares(party, who.organisation_id) and self._runs(who, party))
            or (self._shares(party, who.organisation_id) and self._helps(who, party))
        )

    def opens_safety(self, who: User, party: Party) -> bool:
        """For safeguarding leads, parties of whom they open only concerns and safety answers."""
        if self.opens(who, party):
            return True
        theirs = party.organisation_id == who.organisation_id and party.pk in self.worrying
        allowed = who.is_active and who.does_casework and who.safeguarding_lead
        return allowed and theirs and who.pk not in self.barred and not self.of_another_side(who, party)

    # --- Its rows ---

    def _works(self, who: User) -> bool:
        """Leads it, supports a party, runs its meetings, or is a team mate of the lead or a keyworker."""
        workers = [self.referral.lead, *(party.keyworker for party in self.present if party.keyworker)]
        in_team = who.team_id is not None and who.team_id in {worker.team_id for worker in workers}
        return in_team or who.pk in {worker.pk for worker in workers} or bool(self._parts(who))

    def _manages(self, who: User) -> bool:
        houses = {self.referral.lead_organisation_id, *(party.organisation_id for party in self.present)}
        return who.is_manager and who.organisation_id in houses

    def _safeguards(self, who: User) -> bool:
        if not who.safeguarding_lead:
            return False
        waits = self.records_wait and self.referral.lead_organisation_id == who.organisation_id
        return waits or any(
            party.organisation_id == who.organisation_id
            and party.pk in self.worrying
            and not self.of_another_side(who, party)
            for party in self.present
        )

    def _handed(self, who: User) -> bool:
        """Accepted a handoff and still belongs to that organisation; or sent it, or led, before the lead moved; or
        manages these."""
        moved = (HandoffState.ACCEPTED, HandoffState.COMPLETED)
        for row in self.handoffs:
            taken = row.state == HandoffState.ACCEPTED and row.to_org_id == who.organisation_id
            if taken and (who.is_manager or row.receiver_id == who.pk):
                return True
            gone = row.state in moved and row.decided_kind == HandoffKind.LEAD and row.moved_at is not None
            ours = gone and row.from_org_id == who.organisation_id
            if ours and (who.is_manager or who.pk in (row.sent_by_id, row.lead_before_id)):
                return True
        return False

    def _granted(self, who: User, row: Any) -> bool:
        """An active grant of a worker of that organisation, while it supports those it covers."""
        if row.user_id != who.pk or row.organisation_id != who.organisation_id:
            return False
        if row.given_at is None or row.ended_at is not None or row.until <= self.at:
            return False
        if not (who.does_casework or who.is_governance):
            return False
        covered = self.present if row.party_id is None else [self._party(row.party_id)]
        return any(party.organisation_id == row.organisation_id for party in covered)

    def _runs(self, who: User, party: Party) -> bool:
        """Facilitates, is an accepted stand-in, or is second worker for a party whom no facilitator supports."""
        if self.supports_anyone(who):
            return False
        parts = self._parts(who)
        running = {row.user_id for row in self.worked if row.part == Part.FACILITATOR and row.until is None}
        newest = self._newest(party, Purpose.SECOND_WORKER, who.pk)
        refused = newest is not None and newest.answer != Answer.YES
        return (
            Part.FACILITATOR in parts
            or (Part.STAND_IN in parts and self._counts(newest))
            or (Part.SECOND_WORKER in parts and not refused and self._worker(party) not in running)
        )

    def _helps(self, who: User, party: Party) -> bool:
        return any(
            row.party_id == party.pk
            and row.receiver_id == who.pk
            and row.to_org_id == who.organisation_id
            and row.state == HandoffState.ACCEPTED
            and row.decided_kind == HandoffKind.HELP
            and row.moved_at is None
            for row in self.handoffs
        )

    # --- What they rest on ---

    def _party(self, key: UUID) -> Party:
        return next(party for party in self.parties if party.pk == key)

    def _worker(self, party: Party) -> UUID:
        """Their keyworker, or the lead who stands in."""
        return party.keyworker_id or self.referral.lead_id

    def _parts(self, who: User) -> set[str]:
        meetings = (Part.FACILITATOR, Part.SECOND_WORKER, Part.STAND_IN)
        mine = [row for row in self.worked if row.user_id == who.pk and row.part in meetings]
        return {
            row.part
            for row in mine
            if row.until is None or (row.part == Part.STAND_IN and row.since <= self.at < row.until)
        }

    def supports_anyone(self, who: User) -> bool:
        ever = any(row.user_id == who.pk and row.party_id for row in self.worked)
        return ever or any(self._worker(party) == who.pk for party in self.present)

    def of_another_side(self, who: User, party: Party) -> bool:
        """Supports or ever supported another participant there, or stands in for one as the lead."""
        side = party.beside_id or party.pk
        known = [self._party(row.party_id) for row in self.worked if row.user_id == who.pk and row.party_id]
        if any((other.beside_id or other.pk) != side for other in known):
            return True
        stands_in_for = [
            other for other in self.present if other.keyworker_id is None and other.beside_id is None
        ]
        return self.referral.lead_id == who.pk and any(other.pk != side for other in stands_in_for)

    def _newest(self, party: Party, purpose: Purpose, recipient: UUID) -> Consent | None:
        asked = (party.pk, purpose, recipient)
        said = [row for row in self.consents if (row.party_id, row.purpose, row.recipient) == asked]
        return max(said, key=lambda row: row.seq, default=None)

    def _counts(self, row: Consent | None) -> bool:
        """A yes that counts now."""
        if row is None or row.answer != Answer.YES or row.heard_alone_at is None:
            return False
        changed = row.sheet.materially_changed_at
        in_time = row.counts_from <= self.at and row.expires_on >= clock.today(self.at)
        return in_time and (changed is None or changed > self.at)

    def _shares(self, party: Party, organisation: UUID) -> bool:
        ours = party.organisation_id == organisation
        return ours or self._counts(self._newest(party, Purpose.SHARE, organisation))
