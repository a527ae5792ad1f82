"""What this app needs to know of meetings, an app above that it may not import.
meetings/apps.py registers the answers when the service starts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from referrals.enums import Outcome
from restorative.accounts.models import User

if TYPE_CHECKING:
    from referrals.facts import Facts
    from referrals.models import Referral


@dataclass(frozen=True)
class CallsLeft:
    """Unfinished debriefs and follow-up calls, as far as one user may know.

    `sentences` name them. `only_tried`: each is to a person who could not be reached often enough. `hidden`: some
    are with a person this user does not open.
    """

    sentences: list[str] = field(default_factory=list)
    only_tried: bool = True
    hidden: bool = False


@dataclass(frozen=True)
class MeetingDates:
    """When the next meeting begins, whether it has begun, and when the first one that took place did. Not yet as a user
    may know them."""

    coming: datetime | None
    started: bool
    held: datetime | None


@dataclass(frozen=True)
class MeetingsPort:
    """Questions about the meetings of one referral."""

    dates: Callable[["Facts"], MeetingDates]
    outcome: Callable[["Facts"], Outcome]
    calls_left: Callable[["Facts", User], CallsLeft]
    # What must be settled before the referral can continue, as this user may know it: a banner, or None.
    first_settle: Callable[["Referral", User], dict[str, str] | None]


_registered: list[MeetingsPort] = []


def register(port: MeetingsPort) -> None:
    """Register the answers. Called once, when the service starts."""
    _registered[:] = [port]


def meetings() -> MeetingsPort:
    """The registered answers. Raises IndexError before meetings have registered."""
    return _registered[0]
