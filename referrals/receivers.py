"""What this app does itself on its events, in the same transaction: handoffs begin with the first contact, and end
with the consent that they rest on."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import Signal

from referrals import events
from referrals.actions import handed_over
from referrals.models import Party, Referral
from restorative.accounts.models import User


def _begins(sender: type, *, referral: Referral, by: User, at: datetime, **kwargs: Any) -> None:
    handed_over.met_by(referral, by=by, at=at)


def _share_ends(
    sender: type,
    *,
    referral: Referral,
    party: Party,
    by: User | None,
    at: datetime,
    organisation: UUID,
    **kwargs: Any,
) -> None:
    handed_over.share_ended(referral, party=party, organisation=organisation, by=by, at=at)


def _ends(sender: type, *, referral: Referral, by: User | None, at: datetime, **kwargs: Any) -> None:
    handed_over.withdraw_all(referral, by=by, at=at)


RECEIVERS: dict[Signal, Callable[..., None]] = {
    events.contacted: _begins,
    events.share_ended: _share_ends,
    events.closed: _ends,
    events.died: _ends,
}


def connect() -> None:
    """Connect the receivers to their events, once."""
    for signal, receiver in RECEIVERS.items():
        signal.connect(receiver, weak=False, dispatch_uid="referrals.handed_over")
