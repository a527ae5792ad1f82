"""Meetings and what came of them: rows and constraints, nothing else."""

from meetings.models.meeting import Attendance, CallOff, Meeting, Venue
from meetings.models.record import Record

__all__ = ["Attendance", "CallOff", "Meeting", "Record", "Venue"]
