"""What one person agreed to have carried to another, in their own words, for facilitators."""

from datetime import datetime

from referrals.disclosure import may_carry
from referrals.models import Consent, Party, Referral
from referrals.presenters import OTHER, facts_for, parties_for, shown_name, within
from restorative.accounts.models import User


def carried_rows(
    referral: Referral, user: User, at: datetime, *, to: Party | None = None
) -> list[dict[str, str]]:
    """Summary rows: who says it to which person, and the words; with `to`, only those to that person. A fixed number
    of queries."""
    facts, here = facts_for(referral, at), within(referral, user)
    keys = [row.id for row in may_carry(facts, user, here.opened) if to is None or row.recipient == to.pk]
    found = list(Consent.objects.words_of(keys)) if keys else []
    people = {party.pk: party for party in parties_for(referral, user)} if found else {}
    return [
        {
            "key": f"In {_named(people[row.party_id], user)}’s own words, to "
            f"{_named(people[row.recipient], user)}",
            "value": f"“{row.wording}”",
        }
        for row in found
        if row.recipient in people
    ]


def _named(party: Party, user: User) -> str:
    name = shown_name(party, user)
    return name.lower() if name == OTHER else name
