"""Moving a booked meeting: a new meeting supersedes it, past the booking gate. Each person is told once.
Booking and starting are in scheduling.py; whether a plan is possible is in planning.py."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from meetings.actions.planning import Plan, check_clashes, check_plan, present
from meetings.actions.scheduling import expect, in_the_way, sealed_sentence
from meetings.actions.standing_in import end_standing_in
from meetings.enums import MeetingKind, MeetingStatus
from meetings.models import CallOff, Meeting, Venue
from referrals import access
from referrals.actions.lifecycle import changing, refuse_while_waiting, take_step
from referrals.enums import Gate
from referrals.models import Party, Referral
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User

NOT_BOOKED = "This meeting is not booked any more."


def check_move(*, meeting: Meeting, plan: Plan, by: "User", at: datetime | None = None) -> None:
    """Raise what `move` would raise for this plan now, without writing or locking."""
    at = at or clock.now()
    access.may_run(by, meeting.referral).require()
    fresh = Referral.objects.unscoped("check a plan").get(pk=meeting.referral_id)
    _check_move(fresh, meeting, plan, by=by, at=at)


def _check_move(
    referral: Referral, meeting: Meeting, plan: Plan, *, by: "User", at: datetime, lock: bool = False
) -> list[Party]:
    """Return who would come. If the meeting was called off for a cause hidden from `by`, the refusal has the words
    of an ordinary sealed blocker."""
    status = Meeting.objects.unscoped("move").values_list("status", flat=True).get(pk=meeting.pk)
    known = CallOff.objects.visible_to(by).filter(meeting=meeting).exists()
    if known:
        refuse_while_waiting(referral, by)
    hidden = status == MeetingStatus.CALLED_OFF and not known
    if status == MeetingStatus.STARTED:
        raise NotPossible("This meeting has started. Record it, and write why it stopped.")
    if status != MeetingStatus.BOOKED and not hidden:
        raise NotPossible(NOT_BOOKED)
    sentences = in_the_way(referral, Gate.BOOK, by=by, at=at)
    if sentences or hidden:
        raise NotPossible(sentences or sealed_sentence(referral, by))
    parties = present(referral)
    check_plan(plan, parties, at)
    check_clashes(referral, plan, parties, lock=lock)
    return parties


def move(
    *,
    meeting: Meeting,
    kind: MeetingKind,
    starts_at: datetime,
    ends_at: datetime,
    by: "User",
    venue: Venue | None = None,
    video: str = "",
    arrivals: dict[UUID, datetime] | None = None,
    at: datetime | None = None,
) -> Meeting:
    """Move a booked meeting to another time or place, if nothing stands in the way now.

    Each person who was expected is told the new time once, at once. Absences and stand-ins for the old day end.
    Raises Refused, or NotPossible as booking does.
    """
    at = at or clock.now()
    plan = Plan(kind, starts_at, ends_at, venue, video, arrivals or {})
    access.may_run(by, meeting.referral).require()
    with changing(meeting.referral_id, at=at) as (referral, at):
        parties = _check_move(referral, meeting, plan, by=by, at=at, lock=True)
        old = Meeting.objects.unscoped("move").get(pk=meeting.pk)
        Meeting.objects.unscoped("move").filter(pk=old.pk).update(
            status=MeetingStatus.MOVED, version=old.version + 1
        )
        end_standing_in(old, by=by, at=at)
        new = expect(referral, plan, parties, by=by, at=at, supersedes=old)
        record(
            "meeting_moved",
            by=by,
            things=[old, new],
            referral_id=referral.pk,
            fields=["kind", "starts_at", "ends_at", "venue"],
            why_code=plan.kind,
            at=at,
        )
        take_step("move", referral, by=by, at=at)
        return new
