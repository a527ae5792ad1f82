"""What the referral page reads besides the referral: its meeting, absences, and call-offs that wait for release."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from meetings.enums import PENDING, MeetingStatus
from meetings.facts import MeetingsFacts
from referrals.enums import Stage
from referrals.models import Referral
from referrals.presenters import facts_for, within
from referrals.presenters.shown_referral import ShownReferral, gather
from referrals.querysets_rules import Within
from restorative.accounts.models import User


@dataclass(frozen=True)
class ShownMeeting:
    """A meeting with the status as one user may know it."""

    pk: UUID
    starts_at: datetime
    shown_status: MeetingStatus


def read_page(referral: Referral, user: User, at: datetime) -> ShownReferral:
    """The referral with its meeting, as this user may know them, in a fixed number of queries."""
    here, meetings = within(referral, user), MeetingsFacts(facts_for(referral, at))
    if referral.shown_stage != Stage.BOOKED:
        waiting = (row.meeting_id for row in meetings.waiting if row.party_id in here.opened)
        return gather(referral, user, at, release=next(waiting, None))
    meeting = _pending(meetings, here)
    away = away_names(meetings, meeting.pk, here) if meeting else []
    return gather(referral, user, at, meeting=meeting, away=away)


def _pending(meetings: MeetingsFacts, here: Within) -> ShownMeeting | None:
    """The newest meeting that this user sees as booked or under way, if any."""
    shown = [
        ShownMeeting(row.id, row.starts_at, meetings.shown_status(row, here.opened))
        for row in meetings.by_id.values()
    ]
    pending = [row for row in shown if row.shown_status in PENDING]
    return max(pending, key=lambda row: (row.starts_at, row.pk), default=None)


def away_names(meetings: MeetingsFacts, meeting: UUID, here: Within) -> list[str]:
    """The first names of facilitators who cannot be there and have no stand-in, as far as this user may know."""
    found = meetings.away(meetings.by_id[meeting], here.opened)
    return [meetings.facts.staff[row.user_id].first_name for row in found]
