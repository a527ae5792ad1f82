"""The data of one person's page, read once, for a user who opens their compartment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from referrals import presenters
from referrals.blockers import party_codes
from referrals.disclosure import before_step
from referrals.enums import Gate, Purpose
from referrals.facts import Facts, PartyFacts
from referrals.facts.rows import ApproachRow
from referrals.models import Consent, ContactRoute, Party, Referral
from referrals.presenters.reach import routes_of
from referrals.querysets_rules import Within
from restorative.accounts.models import User


@dataclass
class ShownPerson:
    """The data of one person's page. `known` are their facts; `codes` are their blockers."""

    party: Party
    referral: Referral
    user: User
    at: datetime
    known: PartyFacts
    codes: frozenset[str]
    consents: list[Consent]
    routes: list[ContactRoute]
    people: list[Party]

    @property
    def facts(self) -> Facts:
        return self.known.facts

    @property
    def approaches(self) -> list[ApproachRow]:
        """The attempts to reach them, newest first."""
        return self.known.rows(ApproachRow)[::-1]

    def flag(self, code: str) -> bool:
        """Whether this code blocks booking for this person.

        "Words not approved" counts until they have answered; after that it concerns the approver's side.
        """
        stands = code in self.codes
        if stands and code == "wording_not_approved":
            before = before_step(self.facts, self.within.opened)
            approved_then = before is not None and self.party.pk in before.words
            return not self.party.answered_at and not approved_then
        return stands

    @property
    def within(self) -> Within:
        """What this user sees and opens, for scopes."""
        return presenters.within(self.referral, self.user)

    def href(self, name: str, *args: Any) -> str:
        return reverse(f"referrals:{name}", args=[self.referral.reference, self.party.pk, *args])

    def newest(self, purpose: Purpose, recipient: Any = None) -> Consent | None:
        """The newest answer for one purpose and recipient."""
        found = [
            row
            for row in self.consents
            if row.purpose == purpose and (recipient is None or row.recipient == recipient)
        ]
        return max(found, key=lambda row: row.seq, default=None)


def gather(party: Party, user: User, at: datetime) -> ShownPerson:
    """Read what the page needs, in a fixed number of queries."""

    here, facts = presenters.within(party.referral, user), presenters.facts_for(party.referral, at)
    consents = Consent.objects.visible_to(here).filter(party=party)
    return ShownPerson(
        party=party,
        referral=party.referral,
        user=user,
        at=at,
        known=facts.parties[party.pk],
        codes=party_codes(facts, party.pk, Gate.BOOK),
        consents=list(consents.select_related("taken_by", "sheet").order_by("-taken_at", "-seq", "pk")),
        routes=routes_of(party, user),
        people=presenters.parties_for(party.referral, user),
    )
