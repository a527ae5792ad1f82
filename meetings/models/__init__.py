"""Meetings and their results: rows and constraints, nothing else."""

from meetings.models.agreement import Action, ActionUpdate, Agreement, AgreementAnswer
from meetings.models.follow_up import Attempt, FollowUp
from meetings.models.meeting import Attendance, CallOff, Meeting, Venue
from meetings.models.record import Record
from meetings.models.unavailable import Unavailable

__all__ = [
    "Action",
    "ActionUpdate",
    "Agreement",
    "AgreementAnswer",
    "Attempt",
    "Attendance",
    "CallOff",
    "FollowUp",
    "Meeting",
    "Record",
    "Unavailable",
    "Venue",
]
