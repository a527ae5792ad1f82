"""A facilitator who cannot be at a meeting: recording it, taking it back, or naming a stand-in for that day.
Moving the meeting is in scheduling.py; ending a part permanently is in referrals' facilitation."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import F

from meetings import access
from meetings.actions.planning import as_known, check_free
from meetings.models import Meeting, Unavailable
from referrals import access as referral_access
from referrals.actions.change import Change, changing
from referrals.actions.facilitation import open_parts
from referrals.actions.parties import CANNOT
from referrals.enums import Part
from referrals.facts.party import end_of
from referrals.models import Involvement
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible

SETTLED = "This is already settled."


def say_unavailable(*, meeting: Meeting, user: User, by: User, at: datetime | None = None) -> Unavailable:
    """Record that a facilitator cannot be at this meeting. It is on hold from then on; no message is sent.

    This also works, without a difference, for a meeting that was called off for a cause hidden from `by`.
    """
    access.may_say_unavailable(by, meeting, user).require()
    with changing(meeting.referral_id, by=by, at=at) as change:
        as_known(meeting, by).require_booked()
        if not open_parts(user, change.referral).exists():
            raise NotPossible(f"{user.first_name} does not run this meeting.")
        if Unavailable.objects.unscoped("cannot be there").open().filter(meeting=meeting, user=user).exists():
            raise NotPossible("This has already been said.")
        row = change.add(Unavailable, meeting=meeting, user=user, **change.stamp("said"))
        change.record("facilitator_unavailable", row, meeting, user, fields=["said_at"])
        return row


def can_come(*, unavailable: Unavailable, by: User, at: datetime | None = None) -> None:
    """Record that they can come after all. The stand-in's part ends."""
    access.may_say_unavailable(by, unavailable.meeting, unavailable.user).require()
    with changing(unavailable.meeting.referral_id, by=by, at=at) as change:
        change.settle(unavailable, "settled", SETTLED)
        _end(change, [unavailable.stand_in_id])
        change.record("facilitator_can_come", unavailable, fields=["settled_at"])


def name_stand_in(
    *, unavailable: Unavailable, user: User, by: User, at: datetime | None = None
) -> Involvement:
    """Name a stand-in, for that day only. Each person is asked whether they accept them: until all have, the
    meeting stays on hold and the stand-in opens no compartment. Naming another one replaces the first."""
    meeting = unavailable.meeting
    referral_access.may_run(by, meeting.referral).require()
    with changing(meeting.referral_id, by=by, at=at) as change:
        as_known(meeting, by).require_booked()
        row = Unavailable.objects.unscoped("stand in").select_related("meeting").get(pk=unavailable.pk)
        if row.settled_at:
            raise NotPossible(SETTLED)
        _require_free_to_stand_in(change, row.meeting, user, by)
        _end(change, [row.stand_in_id])
        day = clock.today(meeting.starts_at)
        stand_in = change.add(
            Involvement,
            referral=change.referral,
            user=user,
            part=Part.STAND_IN,
            since=clock.moment(day, 0),
            until=end_of(day),
        )
        change.set(row, stand_in=stand_in)
        change.record("stand_in_named", stand_in, user, fields=["user", "since", "until"])
        return stand_in


def end_standing_in(change: Change, meeting: Meeting) -> None:
    """Settle all absences for this meeting, because it is moved."""
    rows = Unavailable.objects.unscoped("moved").open().filter(meeting=meeting)
    _end(change, list(rows.values_list("stand_in", flat=True)))
    change.update(rows, **change.stamp("settled"))


def _end(change: Change, stand_ins: Iterable[UUID | None]) -> None:
    """End stand-ins' parts now; a part whose day has not come is void."""
    rows = Involvement.objects.unscoped("end standing in").filter(pk__in=[key for key in stand_ins if key])
    change.update(rows.filter(since__lt=change.at, until__gt=change.at), until=change.at)
    change.update(rows.filter(since__gte=change.at), until=F("since"))


def _require_free_to_stand_in(change: Change, meeting: Meeting, user: User, by: User) -> None:
    """Raise NotPossible unless the worker may run meetings, is on no side here, and has no other meeting then."""
    if not referral_access.could_facilitate(by).filter(pk=user.pk).exists():
        raise NotPossible("That person does not run meetings.", field="user")
    parts = Involvement.objects.unscoped("stand in").named(change.at)
    if parts.filter(referral=change.referral, user=user).exists():
        raise NotPossible(f"{user.first_name} already has a part in this referral.", field="user")
    if change.facts.is_of_a_side(user.pk) or referral_access.is_barred(user, change.referral):
        raise NotPossible(CANNOT.format(name=user.first_name), field="user")
    check_free(user, meeting)
