"""Calls meetings off on events of a referral, in the same transaction."""

from collections.abc import Callable
from typing import Any

from meetings.actions.calling_off import call_off_pending
from meetings.enums import CallOffReason
from referrals import events
from referrals.actions.change import Change
from referrals.models import Party


def _calls_off(reason: CallOffReason) -> Callable[..., None]:
    def receiver(sender: type, *, change: Change, party: Party | None, **kwargs: Any) -> None:
        call_off_pending(change, party, reason)

    return receiver


RECEIVERS = {
    events.withdrawn: _calls_off(CallOffReason.WITHDREW),
    events.stopped: _calls_off(CallOffReason.STOP),
    events.capacity_doubted: _calls_off(CallOffReason.CAPACITY),
    events.facilitator_lost: _calls_off(CallOffReason.FACILITATOR),
    events.paused: _calls_off(CallOffReason.NOT_NOW),
    events.died: _calls_off(CallOffReason.NOT_NOW),
    events.closed: _calls_off(CallOffReason.CLOSED),
}


def connect() -> None:
    """Connect the receivers to their events, once."""
    for signal, receiver in RECEIVERS.items():
        signal.connect(receiver, weak=False, dispatch_uid="meetings.calls_off")
