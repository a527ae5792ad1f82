"""What stands in the way of a handoff: parties who have not agreed to share with the organisation, and safe
contacts that are not fresh. Checked on sending; consent again on acceptance and first contact."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from referrals.blockers.shown import SEALED_SENTENCE
from referrals.enums import HandoffKind, Purpose
from referrals.facts import Facts, PartyFacts
from referrals.facts.rows import ConsentRow, RouteRow
from restorative.accounts.models import Organisation
from restorative.common.rules import rules

SHARE, CONTACT = "share_missing", "contact_not_fresh"
SENTENCES = {
    SHARE: "{name} has not said yes to sharing with {organisation}.",
    CONTACT: "How to reach {name} safely was not confirmed in the last {days} days.",
}


@dataclass(frozen=True)
class Missing:
    """One missing item of one party. Internal: never for a page."""

    code: str
    party: PartyFacts


@dataclass(frozen=True)
class ShownMissing:
    """A missing item as one user may see it: without code and party if it is sealed from them."""

    sentence: str
    code: str = ""
    party: PartyFacts | None = None


@dataclass(frozen=True)
class HandingOver:
    """A handoff of the lead, or of help for one party, from one organisation to another, as the facts are now."""

    facts: Facts
    kind: str
    party: UUID | None
    from_org: UUID
    to_org: UUID

    @property
    def moved(self) -> list[PartyFacts]:
        """The parties whose support moves. With help: the person and their supporters. With the lead: all parties
        that the lead supports because they have no keyworker."""
        if self.kind == HandoffKind.HELP:
            return [each for each in self.facts.present if self.party in (each.id, each.row.beside_id)]
        return [each for each in self._leaving if each.row.keyworker_id is None]

    @property
    def named(self) -> list[PartyFacts]:
        """The parties whose name or compartment moves: with the lead, also all that the sender's organisation
        supports."""
        moved = {each.id for each in self.moved}
        if self.kind != HandoffKind.HELP:
            ours = (each for each in self._leaving if each.row.organisation_id == self.from_org)
            moved |= {each.id for each in ours if not each.is_supporter}
        return [each for each in self.facts.present if each.id in moved]

    @property
    def _leaving(self) -> list[PartyFacts]:
        return [each for each in self.facts.present if each.row.organisation_id != self.to_org]

    def share(self, party: PartyFacts) -> ConsentRow | None:
        """A party's yes to sharing with the organisation, if it counts now and was heard from them alone."""
        return party.consent_to(Purpose.SHARE, self.to_org)

    @property
    def unshared(self) -> bool:
        """Whether a consent to share is missing now; checked again at each step.

        Safe contact is checked only on sending, because it was passed on then.
        """
        return not all(self.share(each) for each in self.named)

    def missing(self) -> list[Missing]:
        """Everything that is missing, from all facts: never for a page."""
        found = [Missing(SHARE, each) for each in self.named if not self.share(each)]
        moved = [each for each in self.moved if not each.is_supporter]
        return found + [Missing(CONTACT, each) for each in moved if not fresh_contact(each)]

    def rests_on(self, before: Iterable[str] = ()) -> list[str]:
        """Ids of the answers it rests on now: those at sending, and those of parties who move in addition."""
        shares = [self.share(each) for each in self.named]
        return sorted({*before, *(str(row.id) for row in shares if row)})


def fresh_contact(party: PartyFacts) -> list[RouteRow]:
    """A party's safe contact routes that were confirmed recently enough."""
    since = party.facts.at - timedelta(days=rules().handoff_contact_days)
    return [row for row in party.safe_routes if row.confirmed_at and row.confirmed_at >= since]


def shown_missing(found: list[Missing], opened: frozenset[UUID], to_org: Organisation) -> list[ShownMissing]:
    """What a user who opens these parties may see of it: party and item for these, one sentence for all others."""
    days = rules().handoff_contact_days
    rows = [
        ShownMissing(
            SENTENCES[row.code].format(name=row.party.name, organisation=to_org.name, days=days),
            row.code,
            row.party,
        )
        for row in found
        if row.party.id in opened
    ]
    if any(row.party.id not in opened for row in found):
        rows.append(ShownMissing(SEALED_SENTENCE.format(them="another person")))
    return rows
