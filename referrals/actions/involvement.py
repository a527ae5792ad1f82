"""Adds and ends workers' parts in a referral, within another action."""

from datetime import datetime

from referrals.actions.change import Change
from referrals.enums import Part
from referrals.models import Involvement, Party
from restorative.accounts.models import User


def note_lead(change: Change, lead: User) -> None:
    """Record who leads from now on, and end the previous lead's part."""
    rows = Involvement.objects.unscoped("the lead changes").filter(referral=change.referral, part=Part.LEAD)
    change.update(rows.filter(until__isnull=True), until=change.at)
    change.add(Involvement, referral=change.referral, user=lead, part=Part.LEAD, since=change.at)


def note_keyworker(change: Change, party: Party, keyworker: User | None) -> None:
    """Record who supports a party from now on, and end the previous keyworker's part."""
    rows = Involvement.objects.unscoped("the keyworker changes").filter(party=party, part=Part.KEYWORKER)
    change.update(rows.filter(until__isnull=True), until=change.at)
    if keyworker is not None:
        note_party_part(change, party, keyworker, Part.KEYWORKER)


def note_party_part(
    change: Change, party: Party, user: User, part: Part, *, until: datetime | None = None
) -> None:
    """Record that a worker knows the side of this party, also after their part has ended."""
    change.add(
        Involvement,
        referral=change.referral,
        party=party,
        user=user,
        part=part,
        since=change.at,
        until=until,
    )
