"""Meetings and their results: rows and constraints, nothing else."""

from meetings.models.agreement import Action, ActionUpdate, Agreement, AgreementAnswer
from meetings.models.follow_up import Attempt, FollowUp
from meetings.models.meeting import Attendance, CallOff, Meeting, Record, Unavailable, Venue

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
