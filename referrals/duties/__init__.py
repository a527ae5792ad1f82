"""Duties: what is to be done, by which worker, from when and by when. Plain rules over facts, one function a kind.
Reminders, My work and the lists of managers all read what these say; no date is computed anywhere else."""

from referrals.duties import handoffs, people, records, referral, safety, tasks, turns
from referrals.duties.duty import (
    KINDS,
    OF_USE,
    DutyKind,
    NewDuty,
    Reminder,
    Section,
    duties_of,
    register,
    shown_ahead,
)

__all__ = [
    "KINDS",
    "OF_USE",
    "DutyKind",
    "NewDuty",
    "Reminder",
    "Section",
    "duties_of",
    "register",
    "shown_ahead",
]

for room in (people, turns, safety, records, referral, tasks, handoffs):
    register(room.RULES, room.KINDS)
register((), (), even_closed=safety.EVEN_CLOSED)
