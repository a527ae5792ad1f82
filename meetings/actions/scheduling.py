"""Booking and starting a meeting, each past its gate at that moment.
planning.py checks plans, calling_off.py calls off, recording.py records."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from meetings.actions.planning import Plan, check_clashes, check_plan, present
from meetings.blockers import away_sentences
from meetings.enums import MeetingKind, MeetingStatus
from meetings.models import Attendance, CallOff, Meeting, Venue
from referrals import access as referral_access
from referrals import blockers
from referrals.actions.lifecycle import changing, made, refuse_while_waiting, take_step
from referrals.disclosure import shown_blockers
from referrals.enums import Gate, Stage
from referrals.models import Party, Referral
from referrals.stages import STILL_BOOKED
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User


def in_the_way(referral: Referral, gate: Gate, *, by: "User", at: datetime) -> list[str]:
    """The sentences for what stands in the way, as far as `by` may know. Empty only if nothing does."""
    if not blockers.blockers(referral, gate, at):
        return []
    rows = shown_blockers(by, referral, gate, at)
    return [row.sentence for row in rows] or [sealed_sentence(referral, by)]


def sealed_sentence(referral: Referral, by: "User") -> str:
    """The sentence of an ordinary sealed blocker for this user."""
    sealed = (
        Party.objects.visible_to(by)
        .filter(referral=referral)
        .present()
        .exclude(pk__in=Party.objects.opened_by(by).values("pk"))
    )
    return blockers.SEALED_SENTENCE.format(
        them="the other person" if sealed.count() == 1 else "another person"
    )


def check_booking(*, referral: Referral, plan: Plan, by: "User", at: datetime | None = None) -> None:
    """Raise what `book` would raise for this plan now, without writing or locking."""
    at = at or clock.now()
    referral_access.may_run(by, referral).require()
    fresh = Referral.objects.unscoped("check a plan").get(pk=referral.pk)
    _check_booking(fresh, plan, by=by, at=at)


def _check_booking(
    referral: Referral, plan: Plan, *, by: "User", at: datetime, lock: bool = False
) -> list[Party]:
    refuse_while_waiting(referral, by)
    if referral.stage == Stage.BOOKED:
        raise NotPossible(STILL_BOOKED)
    if referral.stage != Stage.PREPARING:
        raise NotPossible(
            f"This referral is {Stage(referral.stage).label.lower()} now, so nothing can be booked."
        )
    if sentences := in_the_way(referral, Gate.BOOK, by=by, at=at):
        raise NotPossible(sentences)
    parties = present(referral)
    check_plan(plan, parties, at)
    check_clashes(referral, plan, parties, lock=lock)
    return parties


def book(
    *,
    referral: Referral,
    kind: MeetingKind,
    starts_at: datetime,
    ends_at: datetime,
    by: "User",
    venue: Venue | None = None,
    video: str = "",
    arrivals: dict[UUID, datetime] | None = None,
    at: datetime | None = None,
) -> Meeting:
    """Book a meeting of all present parties, if nothing stands in the way now.

    `arrivals` are times by party id; other parties arrive at a default, staggered time. Raises Refused, or
    NotPossible with what stands in the way, or naming the field that is not possible.
    """
    at = at or clock.now()
    plan = Plan(kind, starts_at, ends_at, venue, video, arrivals or {})
    referral_access.may_run(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        parties = _check_booking(referral, plan, by=by, at=at, lock=True)
        meeting = expect(referral, plan, parties, by=by, at=at)
        record(
            "meeting_booked",
            by=by,
            thing=meeting,
            referral_id=referral.pk,
            fields=["kind", "starts_at", "ends_at", "venue"],
            why_code=plan.kind,
            at=at,
        )
        take_step("book", referral, by=by, at=at)
        return meeting


def expect(
    referral: Referral,
    plan: Plan,
    parties: list[Party],
    *,
    by: "User",
    at: datetime,
    supersedes: Meeting | None = None,
) -> Meeting:
    """Create the rows of a meeting and its attendances. For booking and moving, under the lock."""
    meeting = Meeting.objects.create(
        referral=referral,
        kind=plan.kind,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        venue=plan.venue,
        video=plan.video,
        supersedes=supersedes,
        **made(by, at),
    )
    for index, party in enumerate(parties):
        Attendance.objects.create(
            meeting=meeting, party=party, arrives_at=plan.arrives_at(party, index), **made(by, at)
        )
    return meeting


def start(*, meeting: Meeting, by: "User", at: datetime | None = None) -> None:
    """Start a meeting, past the stricter gate `start`. Raises Refused, or NotPossible with the sentences.

    If it was called off for a cause hidden from `by`, the refusal has the words of an ordinary sealed blocker.
    """
    at = at or clock.now()
    referral_access.may_start(by, meeting.referral).require()
    with changing(meeting.referral_id, at=at) as (referral, at):
        meeting = Meeting.objects.unscoped("start").get(pk=meeting.pk)
        known = CallOff.objects.visible_to(by).filter(meeting=meeting).exists()
        hidden = meeting.status == MeetingStatus.CALLED_OFF and not known
        if meeting.status != MeetingStatus.BOOKED and not hidden:
            raise NotPossible("This meeting cannot be started: it is not booked any more, or has started.")
        if clock.today(meeting.starts_at) != clock.today(at):
            raise NotPossible(f"This meeting is on {clock.show_when(meeting.starts_at)}.")
        sentences = [*in_the_way(referral, Gate.START, by=by, at=at), *away_sentences(meeting, at)]
        if sentences or hidden:
            raise NotPossible(sentences or sealed_sentence(referral, by))
        Meeting.objects.unscoped("start").filter(pk=meeting.pk).update(
            status=MeetingStatus.STARTED, started_at=at, started_by=by
        )
        record(
            "meeting_started",
            by=by,
            thing=meeting,
            referral_id=referral.pk,
            fields=["status", "started_at"],
            at=at,
        )
