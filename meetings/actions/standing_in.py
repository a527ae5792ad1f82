"""A facilitator who cannot be at a meeting: recording it, taking it back, or naming a stand-in for that day.
Moving the meeting is in moving.py; ending a part permanently is in referrals' facilitation."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import F

from meetings import access
from meetings.actions.planning import check_free
from meetings.enums import MeetingStatus
from meetings.models import CallOff, Meeting, Unavailable
from referrals import access as referral_access
from referrals.actions.lifecycle import changing, made
from referrals.actions.parties import CANNOT
from referrals.enums import Part
from referrals.facts import facts_of
from referrals.models import Involvement, Referral
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User

NOT_BOOKED = "This meeting is not booked any more."


def say_unavailable(*, meeting: Meeting, user: "User", by: "User", at: datetime | None = None) -> Unavailable:
    """Record that a facilitator cannot be at this meeting. It is on hold from then on; no message is sent.

    This also works, without a difference, for a meeting that was called off for a cause hidden from `by`.
    """
    at = at or clock.now()
    access.may_say_unavailable(by, meeting, user).require()
    with changing(meeting.referral_id, at=at) as (referral, at):
        _require_booked(meeting, by)
        runs = Involvement.objects.unscoped("cannot be there").in_meetings()
        runs = runs.filter(referral=referral, user=user, until__isnull=True)
        if not runs.exists():
            raise NotPossible(f"{user.first_name} does not run this meeting.")
        if Unavailable.objects.unscoped("cannot be there").open().filter(meeting=meeting, user=user).exists():
            raise NotPossible("This has already been said.")
        row = Unavailable.objects.create(meeting=meeting, user=user, said_at=at, said_by=by, **made(by, at))
        record(
            "facilitator_unavailable",
            by=by,
            thing=row,
            things=[meeting, user],
            referral_id=referral.pk,
            fields=["said_at"],
            at=at,
        )
        return row


def can_come(*, unavailable: Unavailable, by: "User", at: datetime | None = None) -> None:
    """Record that they can come after all. The stand-in's part ends."""
    at = at or clock.now()
    access.may_say_unavailable(by, unavailable.meeting, unavailable.user).require()
    with changing(unavailable.meeting.referral_id, at=at) as (referral, at):
        settled = Unavailable.objects.unscoped("can come").open().filter(pk=unavailable.pk)
        if not settled.update(settled_at=at, settled_by=by):
            raise NotPossible("This is already settled.")
        _end([unavailable.stand_in_id], at)
        record(
            "facilitator_can_come",
            by=by,
            thing=unavailable,
            referral_id=referral.pk,
            fields=["settled_at"],
            at=at,
        )


def name_stand_in(
    *, unavailable: Unavailable, user: "User", by: "User", at: datetime | None = None
) -> Involvement:
    """Name a stand-in, for that day only. Each person is asked whether they accept them: until all have, the
    meeting stays on hold and the stand-in opens no compartment. Naming another one replaces the first."""
    at = at or clock.now()
    meeting = unavailable.meeting
    referral_access.may_run(by, meeting.referral).require()
    with changing(meeting.referral_id, at=at) as (referral, at):
        _require_booked(meeting, by)
        row = Unavailable.objects.unscoped("stand in").select_related("meeting").get(pk=unavailable.pk)
        if row.settled_at:
            raise NotPossible("This is already settled.")
        _require_free_to_stand_in(referral, row.meeting, user, by, at)
        _end([row.stand_in_id], at)
        day = clock.today(meeting.starts_at)
        facilitation = Involvement.objects.create(
            referral=referral,
            user=user,
            part=Part.STAND_IN,
            since=clock.moment(day, 0),
            until=clock.moment(day + timedelta(days=1), 0),
            **made(by, at),
        )
        Unavailable.objects.unscoped("stand in").filter(pk=row.pk).update(stand_in=facilitation)
        record(
            "stand_in_named",
            by=by,
            thing=facilitation,
            things=[user],
            referral_id=referral.pk,
            fields=["user", "since", "until"],
            at=at,
        )
        return facilitation


def end_standing_in(meeting: Meeting, *, by: "User", at: datetime) -> None:
    """Settle all absences for this meeting, because it is moved. For moving.py, under the lock."""
    rows = Unavailable.objects.unscoped("moved").open().filter(meeting=meeting)
    _end(list(rows.values_list("stand_in", flat=True)), at)
    rows.update(settled_at=at, settled_by=by)


def _end(stand_ins: Iterable[UUID | None], at: datetime) -> None:
    """End stand-ins' parts now; a part whose day has not come is void."""
    rows = Involvement.objects.unscoped("end standing in").filter(pk__in=[key for key in stand_ins if key])
    rows.filter(since__lt=at, until__gt=at).update(until=at)
    rows.filter(since__gte=at).update(until=F("since"))


def _require_booked(meeting: Meeting, by: "User") -> None:
    status = Meeting.objects.unscoped("cannot be there").values_list("status", flat=True).get(pk=meeting.pk)
    known = CallOff.objects.visible_to(by).filter(meeting=meeting).exists()
    hidden = status == MeetingStatus.CALLED_OFF and not known
    if status != MeetingStatus.BOOKED and not hidden:
        raise NotPossible(NOT_BOOKED)


def _require_free_to_stand_in(
    referral: Referral, meeting: Meeting, user: "User", by: "User", at: datetime
) -> None:
    """Raise NotPossible unless the worker may run meetings, is on no side here, and has no other meeting then."""
    if not referral_access.could_facilitate(by).filter(pk=user.pk).exists():
        raise NotPossible("That person does not run meetings.", field="user")
    if Involvement.objects.unscoped("stand in").named(at).filter(referral=referral, user=user).exists():
        raise NotPossible(f"{user.first_name} already has a part in this referral.", field="user")
    if facts_of(referral.pk, at).is_of_a_side(user.pk) or referral_access.is_barred(user, referral):
        raise NotPossible(CANNOT.format(name=user.first_name), field="user")
    check_free(user, meeting)
