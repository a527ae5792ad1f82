"""The answers that meetings give to referrals, which may not import them: see referrals/meetings_port.py."""

from meetings.outcome import calls_left, dates, outcome
from meetings.presenters import first_settle
from referrals.meetings_port import MeetingsPort

PORT = MeetingsPort(dates, outcome, calls_left, first_settle)
