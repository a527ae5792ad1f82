"""Calling a meeting off, by a worker or because of a fact; and releasing the call-off when it is safe to tell the
others.
Until a sealed cause is released, users who do not open that compartment see the meeting unchanged."""

from datetime import datetime
from typing import TYPE_CHECKING

from meetings import access
from meetings.enums import COMING, CallOffReason, MeetingStatus
from meetings.models import CallOff, Meeting
from referrals.actions.lifecycle import changing, made, take_step
from referrals.enums import Stage
from referrals.models import Party, Referral, StageChange
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User

ALREADY_TOLD = "The others have already been told."


def call_off(*, meeting: Meeting, by: "User", at: datetime | None = None) -> CallOff:
    """Call a meeting off as a worker's own decision; all workers are told at once.

    Also works for a meeting that was already called off for a cause hidden from `by`.
    """
    at = at or clock.now()
    access.may_call_off(by, meeting).require()
    with changing(meeting.referral_id, at=at) as (referral, at):
        known = CallOff.objects.visible_to(by).filter(meeting=meeting).exists()
        meeting = Meeting.objects.unscoped("call off").get(pk=meeting.pk)
        if meeting.status == MeetingStatus.STARTED:
            raise NotPossible("This meeting has started. Record it, and write why it stopped.")
        if known or meeting.status not in (*COMING, MeetingStatus.CALLED_OFF):
            raise NotPossible("This meeting is not booked any more.")
        return _call_off(meeting, referral, party=None, reason=CallOffReason.BY_WORKER, by=by, at=at)


def call_off_pending(
    referral: Referral, *, party: Party | None, reason: CallOffReason, by: "User | None", at: datetime
) -> list[CallOff]:
    """Call off the upcoming meeting because of a fact. For the receivers of events.

    With a party the others are not told until release. If a call-off is already waiting for release, a second one
    is recorded: without a party for all users, otherwise for users who open this party. A meeting that has started
    is recorded instead.
    """
    known = CallOff.objects.unscoped("call off").open_to_all()
    found = (
        Meeting.objects.unscoped("call off")
        .filter(referral=referral, status__in=[*COMING, MeetingStatus.CALLED_OFF])
        .exclude(pk__in=known.values("meeting"))
    )
    if party is not None:
        same = CallOff.objects.unscoped("call off").filter(party=party)
        found = found.exclude(pk__in=same.values("meeting"))
    return [_call_off(meeting, referral, party=party, reason=reason, by=by, at=at) for meeting in found]


def _call_off(
    meeting: Meeting,
    referral: Referral,
    *,
    party: Party | None,
    reason: CallOffReason,
    by: "User | None",
    at: datetime,
) -> CallOff:
    row = CallOff.objects.create(meeting=meeting, party=party, reason=reason, **made(by, at))
    record(
        "meeting_called_off",
        by=by,
        thing=meeting,
        referral_id=referral.pk,
        party_id=party.pk if party else None,
        fields=["status"],
        why_code=reason,
        at=at,
    )
    if meeting.status in COMING:
        Meeting.objects.unscoped("call off").filter(pk=meeting.pk).update(
            status=MeetingStatus.CALLED_OFF, version=meeting.version + 1
        )
        if referral.stage == Stage.BOOKED:
            take_step("call_off", referral, by=by, at=at, party=party)
    else:
        # It was already off, hidden from some users. They now see this step, dated today. A user who knew of the first
        # and may not know of this one sees this party's compartment unchanged.
        StageChange.objects.create(
            referral=referral,
            step="call_off",
            from_stage=Stage.BOOKED,
            to_stage=Stage.PREPARING,
            party=party,
            created_at=at,
            created_by=by,
        )
    return row


def say_safe(*, call_off: CallOff, by: "User", safe: bool = True, at: datetime | None = None) -> None:
    """Record whether it is safe for this party if the others hear today. Any answer but yes revokes an earlier yes."""
    at = at or clock.now()
    access.may_say_safe(by, call_off).require()
    with changing(call_off.meeting.referral_id, at=at) as (referral, at):
        changed = (
            CallOff.objects.unscoped("said safe")
            .filter(pk=call_off.pk, released_at__isnull=True)
            .update(said_safe_at=at if safe else None, said_safe_by=by if safe else None)
        )
        if not changed:
            raise NotPossible(ALREADY_TOLD)
        record(
            "release_said_safe" if safe else "release_said_not_safe",
            by=by,
            thing=call_off,
            referral_id=referral.pk,
            party_id=call_off.party_id,
            fields=["said_safe_at", "said_safe_by"],
            at=at,
        )


def release(*, call_off: CallOff, by: "User", at: datetime | None = None) -> None:
    """Tell the others that the meeting is not happening, in the same neutral words for every cause.

    Needs, from a worker of each party that it came from (as far as `by` may know), today's answer that it is safe.
    """
    at = at or clock.now()
    access.may_release(by, call_off).require()
    with changing(call_off.meeting.referral_id, at=at) as (referral, at):
        waiting = list(
            CallOff.objects.visible_to(by).filter(
                meeting=call_off.meeting_id, party__isnull=False, released_at__isnull=True
            )
        )
        if call_off.pk not in {row.pk for row in waiting}:
            raise NotPossible(ALREADY_TOLD)
        if not all(row.said_safe_today(at) for row in waiting):
            raise NotPossible("First say whether it is safe if they hear today.", field="safe_today")
        CallOff.objects.unscoped("release").filter(pk__in=[row.pk for row in waiting]).update(
            released_at=at, released_by=by
        )
        StageChange.objects.unscoped("release").filter(
            referral=referral, party__in=[row.party_id for row in waiting], released_at__isnull=True
        ).update(released_at=at)
        record(
            "call_off_released",
            by=by,
            things=waiting,
            referral_id=referral.pk,
            party_id=call_off.party_id,
            fields=["released_at"],
            at=at,
        )
