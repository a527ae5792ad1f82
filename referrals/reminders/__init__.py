"""Messages about a referral itself: how somebody may be reached, and each reminder to a worker, one rule a reminder.
The outbox asks; nothing here sends. What is planned about meetings is in meetings/reminders."""

from referrals.duties import KINDS
from referrals.reminders import grants, handoffs, ring, work
from referrals.reminders.reach import (
    CANNOT_BE_USED,
    CHANNELS,
    LOOK_AGAIN,
    OUTSIDE_HOURS,
    RING_INSTEAD,
    Reach,
    Ways,
    barred_from,
    can_be_written_to,
    managers_there,
    of_somebody_else,
    party_of,
    reach,
    referral_page,
    say,
    shared_routes,
    tell_worker,
    to_participant,
    to_worker,
    ways_to_reach,
    who_rings,
    worker_of,
)
from referrals.reminders.ring import plan_again, unsent

__all__ = [
    "CANNOT_BE_USED",
    "CHANNELS",
    "LOOK_AGAIN",
    "OUTSIDE_HOURS",
    "RING_INSTEAD",
    "Reach",
    "Ways",
    "barred_from",
    "can_be_written_to",
    "managers_there",
    "of_somebody_else",
    "party_of",
    "plan_again",
    "reach",
    "referral_page",
    "register_kinds",
    "say",
    "shared_routes",
    "tell_worker",
    "to_participant",
    "to_worker",
    "unsent",
    "ways_to_reach",
    "who_rings",
    "worker_of",
]


def register_kinds() -> None:
    """Tell the outbox of the kinds of message about a referral itself."""
    ring.register_kinds()
    work.register_kinds(KINDS.values())
    handoffs.register_kinds()
    grants.register_kinds()
