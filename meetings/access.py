"""May this person book, call off, release, start or record? What is possible now is blockers' and the actions'."""

from typing import TYPE_CHECKING

from meetings.models import CallOff, Meeting
from referrals import access
from referrals.models import Party
from restorative.common.decisions import ALLOWED, Decision, refuse

if TYPE_CHECKING:
    from restorative.accounts.models import User


def may_call_off(user: "User", meeting: Meeting) -> Decision:
    """Call a meeting off: who may run the referral."""
    return access.may_run(user, meeting.referral)


def may_say_safe(user: "User", call_off: CallOff) -> Decision:
    """Say that it is safe if the others hear today: a worker who opens the compartment it came from."""
    return access.may_open(user, call_off.party)


def may_release(user: "User", call_off: CallOff) -> Decision:
    """Give a call-off to the others, as one's own decision: who runs the referral and knows of it."""
    if not access.may_open(user, call_off.party):
        return refuse(access.SEALED)
    return access.may_run(user, call_off.meeting.referral)


def may_record(user: "User", meeting: Meeting) -> Decision:
    """Write the record: those who ran it, and the lead."""
    if user.pk == meeting.referral.lead_id:
        return ALLOWED
    return access.may_start(user, meeting.referral)


def opens_all(user: "User", meeting: Meeting) -> bool:
    """Whether somebody opens the compartment of everyone expected at a meeting."""
    expected = Party.objects.unscoped("who is expected").filter(attendances__meeting=meeting).count()
    return Party.objects.opened_by(user).filter(attendances__meeting=meeting).count() == expected
