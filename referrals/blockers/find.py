"""Finds what stands in the way at a gate, on all facts. What one person may be shown of it is in shown.py."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from referrals.blockers.codes import CODES
from referrals.enums import Gate
from referrals.facts import Facts, facts_of
from referrals.models import Referral


@dataclass(frozen=True)
class Blocker:
    """A code that holds now, for one party or for the referral as a whole. For the program, not for a page."""

    code: str
    party_id: UUID | None = None


def find_blockers(facts: Facts, gate: Gate) -> list[Blocker]:
    """Everything that stands in the way at a gate as of `facts.at`. Empty means that it may go ahead."""
    found = []
    for code in CODES:
        if gate not in code.gates:
            continue
        if code.referral and code.referral(facts):
            found.append(Blocker(code.key))
        if code.party:
            found += [Blocker(code.key, party.id) for party in facts.present if code.party(party, gate)]
    return found


def party_codes(facts: Facts, party: UUID, gate: Gate) -> frozenset[str]:
    """The codes that stand in the way with one party."""
    return frozenset(row.code for row in find_blockers(facts, gate) if row.party_id == party)


def blockers(referral: Referral, gate: Gate, at: datetime) -> list[Blocker]:
    """The same, on facts read now: under the lock where an action asks."""
    return find_blockers(facts_of(referral.pk, at), gate)


def open_compartments(found: Iterable[Blocker], but: frozenset[str]) -> set[UUID]:
    """Parties with something open, left out some codes."""
    return {row.party_id for row in found if row.party_id and row.code not in but}
