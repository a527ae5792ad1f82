"""What the referral page reads besides the referral: its meeting, absences, and call-offs that wait for release."""

from datetime import datetime
from typing import TYPE_CHECKING

from meetings.enums import PENDING
from meetings.models import CallOff, Meeting, Unavailable
from referrals.enums import Stage
from referrals.models import Referral
from referrals.presenters.shown_referral import ShownReferral, gather

if TYPE_CHECKING:
    from restorative.accounts.models import User


def read_page(referral: Referral, user: "User", at: datetime) -> ShownReferral:
    """The referral with its meeting, as this user may know them, in a fixed number of queries."""
    booked = referral.shown_stage == Stage.BOOKED
    meeting = pending_meeting(referral, user, at) if booked else None
    away = who_is_away(meeting, user, at) if meeting is not None and meeting.facilitator_away else ()
    release = None if booked else waits_for_release(referral, user)
    return gather(referral, user, at, meeting=meeting, away=away, release=release)


def pending_meeting(referral: Referral, user: "User", at: datetime) -> Meeting | None:
    """The meeting that this user sees as booked or under way, if any."""
    return (
        Meeting.objects.visible_to(user)
        .filter(referral=referral, shown_status__in=PENDING)
        .with_away(at, user)
        .select_related("venue")
        .order_by("-starts_at", "-pk")
        .first()
    )


def who_is_away(meeting: Meeting, user: "User", at: datetime) -> list[Unavailable]:
    """Facilitators who cannot come and have no stand-in."""
    rows = Unavailable.objects.visible_to(user).away(at, user).filter(meeting=meeting)
    return list(rows.select_related("user"))


def waits_for_release(referral: Referral, user: "User") -> CallOff | None:
    """A call-off that this user may know of and that is not released yet."""
    call_offs = CallOff.objects.visible_to(user).waiting().select_related("meeting")
    return call_offs.filter(meeting__referral=referral, party__isnull=False).first()
