"""Messages about meetings: to the people, to workers before and after, to whoever releases what was called off.
Each is planned from facts read once. Claiming and sending are the outbox's, reaching somebody referrals/reminders's."""

from datetime import datetime
from uuid import UUID

from meetings.duties import KINDS
from meetings.reminders import after, people, release, workers
from meetings.reminders.facts import read
from meetings.reminders.people import NOT_HAPPENING, PARTY_KINDS
from referrals.reminders import work
from restorative.notify.registry import Planned

__all__ = ["NOT_HAPPENING", "PARTY_KINDS", "plan", "register_kinds"]

ROOMS = (people, workers, release, after)


def plan(group: UUID, at: datetime) -> list[Planned]:
    """The plan that all these kinds share."""
    facts = read(group, at)
    if facts is None:
        return []
    return [message for room in ROOMS for one in room.PLANS for message in one(facts)]


def register_kinds() -> None:
    """Tell the outbox of every kind of message about meetings."""
    for room in ROOMS:
        room.register_kinds(plan)
    work.register_kinds(KINDS)
