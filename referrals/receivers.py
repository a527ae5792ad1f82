"""What this app does itself when something happens, in that same transaction: requests to another organisation begin
with what was done and end with what they rest on; and what rests on staff and closed days is computed anew."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal

from referrals import events
from referrals.actions import handed_over
from referrals.actions.change import Change
from referrals.models import Party
from referrals.projections import mark_stale_of_house, mark_stale_of_worker
from restorative.accounts.models import Closure, User


def _begins(sender: type, *, change: Change, **kwargs: Any) -> None:
    handed_over.met_by(change)


def _share_ends(sender: type, *, change: Change, party: Party, organisation: UUID, **kwargs: Any) -> None:
    handed_over.share_ended(change, party, organisation)


def _ends(sender: type, *, change: Change, **kwargs: Any) -> None:
    handed_over.withdraw_all(change)


RECEIVERS: dict[Signal, Callable[..., None]] = {
    events.contacted: _begins,
    events.share_ended: _share_ends,
    events.closed: _ends,
    events.died: _ends,
}


def _closed_days_changed(sender: type, *, instance: Closure, **kwargs: Any) -> None:
    """Working days change in the referrals that an organisation leads or supports a party in."""
    mark_stale_of_house(instance.organisation_id)


def _worker_changed(sender: type, *, instance: User, update_fields: Any = None, **kwargs: Any) -> None:
    """Who may run a meeting, and who is a second person, follows from a worker's row."""
    if update_fields is not None and not WORKER & set(update_fields):
        return
    mark_stale_of_worker(instance.pk)


WORKER = {"is_active", "role", "team", "organisation", "safeguarding_lead"}


def connect() -> None:
    """Join the receivers to their events, once."""
    for changed in (post_save, post_delete):
        changed.connect(_closed_days_changed, sender=Closure, weak=False, dispatch_uid="referrals.closures")
    post_save.connect(_worker_changed, sender=User, weak=False, dispatch_uid="referrals.staff")
    for signal, receiver in RECEIVERS.items():
        signal.connect(receiver, weak=False, dispatch_uid="referrals.handed_over")
