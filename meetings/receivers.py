"""Calls meetings off on events of a referral, in the same transaction."""

from typing import Any

from meetings.actions.calling_off import call_off_pending
from meetings.enums import CallOffReason
from referrals import events
from referrals.models import Party, Referral


def _calls_off(reason: CallOffReason):
    def receiver(
        sender: type, *, referral: Referral, party: Party | None, by: Any, at: Any, **kwargs: Any
    ) -> None:
        call_off_pending(referral, party=party, reason=reason, by=by, at=at)

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
