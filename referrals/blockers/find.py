"""Finds the blockers of a gate, from all facts. shown.py decides which of them one user may see."""

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
    """A code that applies now, for one party or for the whole referral. Internal: never for a page."""

    code: str
    party_id: UUID | None = None


def find_blockers(facts: Facts, gate: Gate) -> list[Blocker]:
    """All blockers at a gate as of `facts.at`. Empty means that the meeting may go ahead."""
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
    """The codes that apply to one party."""
    return frozenset(row.code for row in find_blockers(facts, gate) if row.party_id == party)


def blockers(referral: Referral, gate: Gate, at: datetime) -> list[Blocker]:
    """The blockers from facts read now; an action calls this under the lock."""
    return find_blockers(facts_of(referral.pk, at), gate)


def open_compartments(found: Iterable[Blocker], but: frozenset[str]) -> set[UUID]:
    """Parties with a blocker, except for some codes."""
    return {row.party_id for row in found if row.party_id and row.code not in but}
