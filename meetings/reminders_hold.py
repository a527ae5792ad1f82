"""Reminders to workers about a meeting that is on hold, and to whoever stands in on the day.
What is sent about the meeting itself is in reminders.py."""

from datetime import datetime
from uuid import UUID

from meetings.blockers import causes
from meetings.enums import MeetingStatus
from meetings.models import Meeting, Unavailable
from meetings.reminders import soon, tell, workers_on
from referrals.models import Facilitation
from referrals.reminders import LOOK_AGAIN, to_worker
from restorative.accounts.models import User
from restorative.common import clock
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Hold, Planned, Send, register


def _plan_on_hold(group: UUID, at: datetime) -> list[Planned]:
    """Once, when it comes to be on hold as far as a worker may know.

    Much of what holds a meeting merely runs out, with nothing done: so each worker's reminder waits from the day of
    booking, and is looked at again and again.
    """
    meetings = Meeting.objects.unscoped("planning messages").holding().filter(referral=group)
    return [
        Planned(
            kind="worker_meeting_on_hold",
            thing_id=meeting.pk,
            version=1,
            recipient_id=user.pk,
            due_at=soon(meeting),
            useless_after=meeting.starts_at,
            to_worker=True,
        )
        for meeting in meetings.exclude(status=MeetingStatus.STARTED).select_related("referral")
        for user in workers_on(meeting.referral)
    ]


def _recheck_on_hold(message: Message, at: datetime) -> Send | Hold | Cancel:
    user = User.objects.get(pk=message.recipient_id)
    rows = Meeting.objects.visible_to(user).filter(pk=message.thing_id, shown_status=MeetingStatus.BOOKED)
    meeting = rows.select_related("referral").first()
    if meeting is None:
        return Cancel("the meeting is not booked any more")
    if not causes(meeting, user, at):
        return Hold(at + LOOK_AGAIN, "it is not on hold")
    return to_worker(user, at)


def _plan_stand_in(group: UUID, at: datetime) -> list[Planned]:
    """In the morning of their day, to whoever stands in: the pages open to them from then on."""
    rows = Unavailable.objects.unscoped("planning messages").open()
    rows = rows.filter(meeting__referral=group, meeting__status=MeetingStatus.BOOKED, stand_in__isnull=False)
    return [
        Planned(
            kind="worker_stand_in",
            thing_id=row.stand_in_id,
            version=1,
            recipient_id=row.stand_in.user_id,
            due_at=max(
                clock.moment(clock.today(row.meeting.starts_at), 7, 30),
                row.stand_in.created_at,
            ),
            useless_after=row.meeting.starts_at,
            to_worker=True,
        )
        for row in rows.select_related("meeting", "stand_in")
    ]


def _recheck_stand_in(message: Message, at: datetime) -> Send | Cancel:
    rows = Facilitation.objects.unscoped("messages").running(at).filter(pk=message.thing_id)
    user = User.objects.get(pk=message.recipient_id)
    return to_worker(user, at) if rows.exists() else Cancel("they do not stand in any more")


def register_kinds() -> None:
    """Tell the outbox of both."""
    register(
        "worker_meeting_on_hold",
        plan=_plan_on_hold,
        recheck=_recheck_on_hold,
        render=tell("the meeting is on hold, the page says what it needs"),
    )
    register(
        "worker_stand_in",
        plan=_plan_stand_in,
        recheck=_recheck_stand_in,
        render=tell("you stand in at a meeting today"),
    )
