"""Adds and ends parts in a referral. Only actions call it, under the lock of the referral."""

from datetime import datetime
from typing import TYPE_CHECKING

from referrals.actions.lifecycle import made
from referrals.enums import Part
from referrals.models import Involvement, Party, Referral

if TYPE_CHECKING:
    from restorative.accounts.models import User


def note_lead(referral: Referral, lead: "User", *, by: "User | None", at: datetime) -> None:
    """Note who leads from now on, and end the part of who led before."""
    open_rows = Involvement.objects.unscoped("the lead changes").filter(referral=referral, part=Part.LEAD)
    open_rows.filter(until__isnull=True).update(until=at)
    Involvement.objects.create(referral=referral, user=lead, part=Part.LEAD, since=at, **made(by, at))


def note_keyworker(party: Party, keyworker: "User | None", *, by: "User | None", at: datetime) -> None:
    """Note who supports a party from now on, and end the part of who did before."""
    open_rows = Involvement.objects.unscoped("the keyworker changes").filter(party=party, part=Part.KEYWORKER)
    open_rows.filter(until__isnull=True).update(until=at)
    if keyworker is not None:
        note_party_part(party, keyworker, Part.KEYWORKER, by=by, at=at)


def note_party_part(
    party: Party, user: "User", part: Part, *, by: "User | None", at: datetime, until: datetime | None = None
) -> None:
    """Note that somebody knows the side of this party from now on, also when their part has ended."""
    Involvement.objects.create(
        referral_id=party.referral_id,
        party=party,
        user=user,
        part=part,
        since=at,
        until=until,
        **made(by, at),
    )
