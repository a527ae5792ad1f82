"""What puts a booked meeting on hold: a blocker at the gate `book`, or a facilitator who cannot come.
Computed each time and never stored. This module decides who may see it; presenters put it into words."""

from dataclasses import dataclass, field
from datetime import datetime

from meetings.enums import MeetingStatus
from meetings.models import Meeting, Unavailable
from referrals.blockers import ShownBlocker
from referrals.disclosure import shown_blockers
from referrals.enums import Gate
from referrals.facts import facts_of
from restorative.accounts.models import User


@dataclass(frozen=True)
class Causes:
    """Why a meeting is on hold, as one user may know it. Empty for a user who sees it as booked."""

    rows: list[ShownBlocker] = field(default_factory=list)
    away: list[Unavailable] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.away)


def causes(meeting: Meeting, user: User, at: datetime) -> Causes:
    """Why a meeting that this user sees as booked is on hold, as far as they may know: named causes only.

    The sealed sentence is not a cause: a user who may not know more sees the meeting as booked, whatever happens in
    a compartment they do not open.
    """
    if meeting.shown_status != MeetingStatus.BOOKED:
        return Causes()
    away = Unavailable.objects.visible_to(user).away(at, user).filter(meeting=meeting)
    page = shown_blockers(user, facts_of(meeting.referral_id, at), Gate.BOOK)
    return Causes(rows=[row for row in page if row.code], away=list(away.select_related("user")))


def away_sentences(meeting: Meeting, at: datetime) -> list[str]:
    """Facilitators who cannot come, in the words of a refusal."""
    rows = Unavailable.objects.unscoped("who cannot be there").away(at)
    rows = rows.filter(meeting=meeting).select_related("user")
    return [CANNOT_BE_THERE.format(name=row.user.first_name) for row in rows]


CANNOT_BE_THERE = "{name} cannot be there, and nobody stands in."
