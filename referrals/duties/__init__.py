"""Duties: what is to be done, by which worker, from when and by when. Plain rules over facts, one function a kind.
Reminders, My work and the lists of managers read duties; no due date is computed anywhere else."""

from referrals.duties import people, referral, safety, turns
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

for topic in (people, turns, safety, referral):
    register(topic.RULES, topic.KINDS)
register((), (), even_closed=safety.EVEN_CLOSED)
