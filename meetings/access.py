"""Whether a user may book, call off, release, start or record. blockers.py and the actions say what is possible
now."""

from meetings.models import Action, CallOff, Meeting
from referrals import access
from referrals.models import Party, Referral
from restorative.accounts.models import User
from restorative.common.decisions import ALLOWED, Decision, refuse


def may_call_off(user: User, meeting: Meeting) -> Decision:
    """Call a meeting off: a user who may run the referral."""
    return access.may_run(user, meeting.referral)


def may_say_unavailable(user: User, meeting: Meeting, who: User) -> Decision:
    """Record that a facilitator cannot come, or can after all: the facilitator, or the lead for them."""
    if user.pk == who.pk:
        return access.may_start(user, meeting.referral)
    if user.pk == meeting.referral.lead_id:
        return ALLOWED
    return refuse("Only the facilitator, or the lead for them, may say this.")


def may_say_safe(user: User, call_off: CallOff) -> Decision:
    """Record that it is safe if the others hear today: a worker who opens the compartment it came from."""
    return access.may_open(user, call_off.party)


def may_release(user: User, call_off: CallOff) -> Decision:
    """Release a call-off, as one's own decision: a user who runs the referral and knows of it."""
    if not access.may_open(user, call_off.party):
        return refuse(access.SEALED)
    return access.may_run(user, call_off.meeting.referral)


def may_record(user: User, meeting: Meeting) -> Decision:
    """Write the record: the workers who ran the meeting, and the lead."""
    if user.pk == meeting.referral.lead_id:
        return ALLOWED
    return access.may_start(user, meeting.referral)


def may_agree(user: User, meeting: Meeting) -> Decision:
    """Write the agreement: a user who may write the record; or who recorded a conversation that already happened."""
    if meeting.already_happened and meeting.created_by_id == user.pk:
        return ALLOWED
    return may_record(user, meeting)


def may_update(user: User, action: Action) -> Decision:
    """Record the result of an action: a worker who opens its owner's compartment and reads the agreement."""
    if not Action.objects.visible_to(user).filter(pk=action.pk).exists():
        return refuse(access.SEALED)
    return access.may_open(user, action.owner)


def may_tell(user: User, referral: Referral) -> Decision:
    """Record a conversation that already happened: a user who runs the referral or supports a party in it."""
    opened = Party.objects.opened_by(user).filter(referral=referral, left_at__isnull=True)
    if opened.exists() or access.may_run(user, referral):
        return ALLOWED
    return refuse("Only workers who support somebody here may do this.")
