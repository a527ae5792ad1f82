"""Calling a meeting off, by a worker or because of a fact; and releasing the call-off when it is safe to tell the
others.
Until a sealed cause is released, users who do not open that compartment see the meeting unchanged."""

from datetime import datetime

from meetings import access
from meetings.actions.planning import NOT_BOOKED, as_known
from meetings.enums import COMING, CallOffReason, MeetingStatus
from meetings.models import CallOff, Meeting
from referrals.actions.change import Change, changing
from referrals.enums import Stage
from referrals.models import Party, StageChange
from restorative.accounts.models import User
from restorative.common.decisions import NotPossible

ALREADY_TOLD = "The others have already been told."
SAID_SAFE = ("said_safe_at", "said_safe_by")


def call_off(*, meeting: Meeting, by: User, at: datetime | None = None) -> CallOff:
    """Call a meeting off as a worker's own decision; all workers are told at once.

    Also works for a meeting that was already called off for a cause hidden from `by`.
    """
    access.may_call_off(by, meeting).require()
    with changing(meeting.referral_id, by=by, at=at) as change:
        known = as_known(meeting, by)
        if known.meeting.status == MeetingStatus.STARTED:
            raise NotPossible("This meeting has started. Record it, and write why it stopped.")
        if known.off or known.meeting.status not in (*COMING, MeetingStatus.CALLED_OFF):
            raise NotPossible(NOT_BOOKED)
        return _call_off(change, known.meeting, None, CallOffReason.BY_WORKER)


def call_off_pending(change: Change, party: Party | None, reason: CallOffReason) -> list[CallOff]:
    """Call off the upcoming meeting because of a fact. For the receivers of events.

    With a party the others are not told until release. If a call-off is already waiting for release, a second one
    is recorded: without a party for all users, otherwise for users who open this party. A meeting that has started
    is recorded instead.
    """
    known = CallOff.objects.unscoped("call off").open_to_all()
    found = (
        Meeting.objects.unscoped("call off")
        .filter(referral=change.referral, status__in=[*COMING, MeetingStatus.CALLED_OFF])
        .exclude(pk__in=known.values("meeting"))
    )
    if party is not None:
        same = CallOff.objects.unscoped("call off").filter(party=party)
        found = found.exclude(pk__in=same.values("meeting"))
    return [_call_off(change, meeting, party, reason) for meeting in found]


def _call_off(change: Change, meeting: Meeting, party: Party | None, reason: CallOffReason) -> CallOff:
    row = change.add(CallOff, meeting=meeting, party=party, reason=reason)
    change.record("meeting_called_off", meeting, party=party, fields=["status"], why=reason)
    if meeting.status in COMING:
        change.set(meeting, status=MeetingStatus.CALLED_OFF, version=meeting.version + 1)
        if change.referral.stage == Stage.BOOKED:
            change.take_step("call_off", party=party)
    else:
        # It was already off, hidden from some users. They now see this step, dated today. A user who knew of the first
        # and may not know of this one sees this party's compartment unchanged.
        change.add(
            StageChange,
            referral=change.referral,
            step="call_off",
            from_stage=Stage.BOOKED,
            to_stage=Stage.PREPARING,
            party=party,
        )
    return row


def say_safe(*, call_off: CallOff, by: User, safe: bool = True, at: datetime | None = None) -> None:
    """Record whether it is safe for this party if the others hear today. Any answer but yes revokes an earlier yes."""
    access.may_say_safe(by, call_off).require()
    with changing(call_off.meeting.referral_id, by=by, at=at) as change:
        rows = CallOff.objects.unscoped("said safe").filter(pk=call_off.pk, released_at__isnull=True)
        if not change.update(rows, **(change.stamp("said_safe") if safe else dict.fromkeys(SAID_SAFE))):
            raise NotPossible(ALREADY_TOLD)
        change.record("release_said_safe" if safe else "release_said_not_safe", call_off, fields=SAID_SAFE)


def release(*, call_off: CallOff, by: User, at: datetime | None = None) -> None:
    """Tell the others that the meeting is not happening, in the same neutral words for every cause.

    Needs, from a worker of each party that it came from (as far as `by` may know), today's answer that it is safe.
    """
    access.may_release(by, call_off).require()
    with changing(call_off.meeting.referral_id, by=by, at=at) as change:
        known = CallOff.objects.visible_to(by).filter(meeting=call_off.meeting_id)
        waiting = list(known.filter(party__isnull=False, released_at__isnull=True))
        if call_off.pk not in {row.pk for row in waiting}:
            raise NotPossible(ALREADY_TOLD)
        if not all(row.said_safe_today(change.at) for row in waiting):
            raise NotPossible("First say whether it is safe if they hear today.", field="safe_today")
        rows = CallOff.objects.unscoped("release").filter(pk__in=[row.pk for row in waiting])
        change.update(rows, **change.stamp("released"))
        steps = StageChange.objects.unscoped("release").filter(
            referral=change.referral, party__in=[row.party_id for row in waiting], released_at__isnull=True
        )
        change.update(steps, released_at=change.at)
        party = call_off.party_id
        change.record("call_off_released", *waiting, party=party, fields=["released_at"])
