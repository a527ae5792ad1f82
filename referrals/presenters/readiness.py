"""A readiness check in short."""

from datetime import datetime
from typing import Any

from referrals import presenters
from referrals.enums import READINESS_QUESTIONS, Answer, Ready
from referrals.models import ReadinessCheck
from restorative.accounts.models import User
from restorative.common import clock

Row = dict[str, Any]


def check_rows(check: ReadinessCheck, user: User, *, until: datetime) -> list[Row]:
    """A readiness check in short, for the manager who is asked to accept it."""
    answers = [value for key, value in check.answers.items() if key in READINESS_QUESTIONS]
    yes = sum(value == Answer.YES for value in answers)
    rows = [
        {
            "key": "Asked",
            "value": f"{clock.show_day(check.completed_at)}, by "
            f"{presenters.you_or_name(check.completed_by, user)}",
        },
        {"key": "Answers", "value": f"{yes} of {len(answers)} yes"},
        {"key": "Judgement", "value": str(Ready(check.judgement).label)},
    ]
    if check.reason:
        rows.append({"key": "Why", "value": check.reason})
    return [*rows, {"key": "Could count until", "value": clock.show_day(until)}]
