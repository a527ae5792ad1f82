"""What is known of one party's safety: concerns, decisions on them, and the safety answers."""

from datetime import datetime, timedelta
from functools import cached_property

from referrals.enums import SIGN_OFFS, STOPS, ConcernKind, SignOffDecision
from referrals.facts import rows
from referrals.facts.party_rows import PartyRows, newest_of
from restorative.common.rules import rules


class PartySafety(PartyRows):
    """A party's concerns and safety answers."""

    @cached_property
    def open_concerns(self) -> list[rows.ConcernRow]:
        return [row for row in self.rows(rows.ConcernRow) if row.is_open]

    @property
    def stops(self) -> list[rows.ConcernRow]:
        return [row for row in self.rows(rows.ConcernRow) if row.kind in STOPS]

    @cached_property
    def open_stops(self) -> list[rows.ConcernRow]:
        return [row for row in self.open_concerns if row.kind in STOPS]

    @property
    def undecided_concerns(self) -> list[rows.ConcernRow]:
        """Open concerns without any decision."""
        return [row for row in self.open_concerns if not self.decisions_on(row)]

    def has_open(self, *kinds: ConcernKind) -> bool:
        return any(row.kind in kinds for row in self.open_concerns)

    @cached_property
    def newest_concern_at(self) -> datetime | None:
        return max((row.raised_at for row in self.rows(rows.ConcernRow)), default=None)

    def decisions_on(self, concern: rows.ConcernRow) -> list[rows.SignOffRow]:
        """The decisions on a concern, oldest first."""
        found = [row for row in self.rows(rows.SignOffRow) if row.concern_id == concern.id]
        return sorted(found, key=lambda row: (row.decided_at, row.created_at))

    def decision_stands(self, decision: rows.SignOffRow) -> bool:
        """Whether a decision is still by a second person, newer than every concern, and not expired."""
        newer = self.newest_concern_at is not None and self.newest_concern_at > decision.decided_at
        return not (
            newer or self.facts.works_on(decision.decided_by_id) or decision.expires_at < self.facts.at
        )

    def signed_off(self, concern: rows.ConcernRow) -> rows.SignOffRow | None:
        """The newest decision on a sign-off concern, if it says go, still counts, and all its steps are done."""
        decisions = self.decisions_on(concern)
        go = (SignOffDecision.GO, SignOffDecision.GO_WITH_STEPS)
        for row in decisions:
            newest = row.decided_at == decisions[-1].decided_at
            if (
                newest
                and row.decision in go
                and self.decision_stands(row)
                and not self.facts.undone_steps(row.id)
            ):
                return row
        return None

    @cached_property
    def not_signed_off(self) -> list[rows.ConcernRow]:
        """Open sign-off concerns without a sign-off that counts."""
        return [row for row in self.open_concerns if row.kind in SIGN_OFFS and not self.signed_off(row)]

    @cached_property
    def waits_for_decision(self) -> list[rows.ConcernRow]:
        """Open stops, and open sign-off concerns without a decision that counts."""
        decided = {row.concern_id for row in self.rows(rows.SignOffRow) if self.decision_stands(row)}
        return [row for row in self.open_concerns if row.kind in STOPS or row.id not in decided]

    @cached_property
    def asked_alone(self) -> rows.SafetyRow | None:
        asked = [row for row in self.rows(rows.SafetyRow) if row.asked_alone]
        return max(asked, key=lambda row: (row.asked_at, row.created_at), default=None)

    def safety_until(self, *, to_start: bool = False) -> datetime | None:
        """Until when their safety answers count; None if they were not asked alone since their newest concern."""
        asked = self.asked_alone
        if asked is None or (self.newest_concern_at is not None and self.newest_concern_at > asked.asked_at):
            return None
        days = rules().safety_answers_days_to_start if to_start else rules().safety_answers_days
        return asked.asked_at + timedelta(days=days)

    @cached_property
    def shares_home(self) -> bool | None:
        """Whether they share a home with another party, when last asked; None if never asked."""
        newest = newest_of(self.rows(rows.SafetyRow), "asked_at")
        return any(row.shares_home for row in newest) if newest else None
