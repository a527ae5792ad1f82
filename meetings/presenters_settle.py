"""What about a meeting must be settled before a referral can continue, for one user."""

from typing import TYPE_CHECKING

from django.urls import reverse

from meetings.enums import PENDING
from meetings.models import CallOff, Meeting
from referrals.enums import Stage
from referrals.models import Referral
from referrals.stages import RELEASE_FIRST, STILL_BOOKED

if TYPE_CHECKING:
    from restorative.accounts.models import User


def first_settle(referral: Referral, user: "User") -> dict[str, str] | None:
    """Why a meeting must be settled before this step, as a banner with a link; None if there is none."""
    reference = referral.reference
    if referral.shown_stage == Stage.BOOKED:
        meetings = Meeting.objects.visible_to(user).filter(referral=referral, shown_status__in=PENDING)
        meeting = meetings.order_by("-starts_at", "-pk").first()
        href = reverse("meetings:show", args=[reference, meeting.pk]) if meeting else ""
        return {"title": STILL_BOOKED, "action_text": "Open the meeting", "action_href": href}
    call_offs = CallOff.objects.visible_to(user).waiting().filter(meeting__referral=referral)
    if call_off := call_offs.order_by("created_at", "pk").first():
        href = reverse("meetings:release", args=[reference, call_off.meeting_id])
        return {"title": RELEASE_FIRST, "action_text": "Release", "action_href": href}
    return None
