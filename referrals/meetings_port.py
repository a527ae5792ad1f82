"""What this app asks of meetings, which stand above it and may not be imported here.
meetings/apps.py registers the answers when the service starts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from referrals.enums import Outcome

if TYPE_CHECKING:
    from referrals.models import Referral
    from restorative.accounts.models import User


@dataclass(frozen=True)
class CallsLeft:
    """Debriefs and follow-up calls not done, as far as one user may know.

    `sentences` name them. `only_tried` says that each is to a person who could not be reached often enough. `hidden`:
    some are with a person this user does not open.
    """

    sentences: list[str] = field(default_factory=list)
    only_tried: bool = True
    hidden: bool = False


@dataclass(frozen=True)
class MeetingsPort:
    """Questions about the meetings of one referral."""

    has_started: Callable[[UUID], bool]
    has_pending: Callable[[UUID], bool]
    outcome: Callable[[UUID, datetime], Outcome]
    calls_left: Callable[[UUID, "User"], CallsLeft]
    # What must be settled before the referral can go on, as this user may know it: a banner, or None.
    first_settle: Callable[["Referral", "User"], dict[str, str] | None]


_registered: list[MeetingsPort] = []


def register(port: MeetingsPort) -> None:
    """Say who answers. Called once, when the service starts."""
    _registered[:] = [port]


def meetings() -> MeetingsPort:
    """The registered answers. Raises IndexError before meetings have registered."""
    return _registered[0]
