"""The answers that meetings give to referrals, which may not import them: see referrals/meetings_port.py."""

from meetings.outcome import calls_left, dates, has_pending, has_started, outcome
from meetings.presenters import first_settle
from referrals.meetings_port import MeetingsPort

PORT = MeetingsPort(has_started, has_pending, outcome, calls_left, first_settle, dates)
