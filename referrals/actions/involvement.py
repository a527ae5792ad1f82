"""Adds and ends workers' parts in a referral. Only actions call this, under the lock of the referral."""

from datetime import datetime
from typing import TYPE_CHECKING

from referrals.actions.lifecycle import made
from referrals.enums import Part
from referrals.models import Involvement, Party, Referral

if TYPE_CHECKING:
    from restorative.accounts.models import User


def note_lead(referral: Referral, lead: "User", *, by: "User | None", at: datetime) -> None:
    """Record who leads from now on, and end the previous lead's part."""
    open_rows = Involvement.objects.unscoped("the lead changes").filter(referral=referral, part=Part.LEAD)
    open_rows.filter(until__isnull=True).update(until=at)
    Involvement.objects.create(referral=referral, user=lead, part=Part.LEAD, since=at, **made(by, at))


def note_keyworker(party: Party, keyworker: "User | None", *, by: "User | None", at: datetime) -> None:
    """Record who supports a party from now on, and end the previous keyworker's part."""
    open_rows = Involvement.objects.unscoped("the keyworker changes").filter(party=party, part=Part.KEYWORKER)
    open_rows.filter(until__isnull=True).update(until=at)
    if keyworker is not None:
        note_party_part(party, keyworker, Part.KEYWORKER, by=by, at=at)


def note_party_part(
    party: Party, user: "User", part: Part, *, by: "User | None", at: datetime, until: datetime | None = None
) -> None:
    """Record that a worker knows the side of this party, also after their part has ended."""
    Involvement.objects.create(
        referral_id=party.referral_id,
        party=party,
        user=user,
        part=part,
        since=at,
        until=until,
        **made(by, at),
    )
