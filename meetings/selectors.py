"""Lists of meetings for one person. All start from visible_to."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from meetings.blockers import Causes, causes_of_many
from meetings.enums import MeetingStatus
from meetings.models import Meeting
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User


# Called off is shown as booked to whoever may not know yet; causes_of_many reads only what is shown as booked.
MAY_SHOW_AS_BOOKED = (MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF)


@dataclass(frozen=True)
class OnHold:
    """A meeting on hold, with its referral and lead, and the causes this user may know."""

    meeting: Meeting
    causes: Causes


def meetings_on_hold(user: "User", at: datetime | None = None) -> list[OnHold]:
    """Meetings to come that are on hold, as far as this user may know why; the next first. A fixed number of queries.

    One whose cause is sealed to them is not there: to them it is booked.
    """
    at = at or clock.now()
    coming = Meeting.objects.visible_to(user).filter(starts_at__gt=at, status__in=MAY_SHOW_AS_BOOKED)
    meetings = list(coming.select_related("referral", "referral__lead", "venue").order_by("starts_at", "pk"))
    causes = causes_of_many(meetings, user, at)
    return [OnHold(meeting, causes[meeting.pk]) for meeting in meetings if meeting.pk in causes]
