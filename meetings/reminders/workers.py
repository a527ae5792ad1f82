"""What workers are reminded of before a meeting: whom to ring instead of
writing, that it is on hold, that they stand in. What was called off and waits is in release.py."""

from collections.abc import Callable
from datetime import datetime

from meetings.blockers import causes
from meetings.enums import MeetingStatus
from meetings.models import Attendance, Meeting, Unavailable
from meetings.reminders.facts import WHY, Facts, planned
from meetings.reminders.people import soon
from referrals.models import Involvement
from referrals.reminders import (
    LOOK_AGAIN,
    can_be_written_to,
    referral_page,
    tell_worker,
    to_worker,
    who_rings,
)
from restorative.accounts.models import User
from restorative.common import clock
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Hold, Plan, Planned, Send, register


def ring_instead(facts: Facts) -> list[Planned]:
    """A meeting is booked and somebody cannot be written to safely: who_rings says who rings them."""
    return [
        planned(
            "worker_ring_instead",
            row.pk,
            user,
            version=meeting.version,
            due=soon(meeting),
            until=meeting.starts_at,
        )
        for meeting in facts.those(MeetingStatus.BOOKED)
        for row in facts.expected(meeting)
        if not can_be_written_to(row.party, facts.at, facts.ways[row.party_id])
        for user in who_rings(row.party, facts.at, facts.ways[row.party_id])
    ]


def _recheck_ring_instead(message: Message, at: datetime) -> Send | Cancel:
    attendance = (
        Attendance.objects.unscoped("messages").select_related("meeting").filter(pk=message.thing_id).first()
    )
    if attendance is None or attendance.meeting.status != MeetingStatus.BOOKED:
        return Cancel("the meeting is not booked any more")
    return to_worker(User.objects.get(pk=message.recipient_id), at)


def on_hold(facts: Facts) -> list[Planned]:
    """Once, when it comes to be on hold as far as a worker may know.

    Much of what holds a meeting merely runs out, with nothing done: so each worker's reminder waits from the day of
    booking, and is looked at again and again.
    """
    return [
        planned("worker_meeting_on_hold", meeting.pk, user.pk, due=soon(meeting), until=meeting.starts_at)
        for meeting in [*facts.those(MeetingStatus.BOOKED), *facts.unheard]
        for user in facts.workers
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


def stand_in(facts: Facts) -> list[Planned]:
    """In the morning of their day, to whoever stands in: the pages open to them from then on."""
    booked = facts.those(MeetingStatus.BOOKED)
    if not booked:
        return []
    rows = Unavailable.objects.unscoped(WHY).open().filter(meeting__in=booked, stand_in__isnull=False)
    return [
        planned(
            "worker_stand_in",
            row.stand_in_id,
            row.stand_in.user_id,
            due=max(clock.moment(clock.today(row.meeting.starts_at), 7, 30), row.stand_in.created_at),
            until=row.meeting.starts_at,
        )
        for row in rows.select_related("meeting", "stand_in")
    ]


def _recheck_stand_in(message: Message, at: datetime) -> Send | Cancel:
    rows = Involvement.objects.unscoped("messages").running(at).filter(pk=message.thing_id)
    user = User.objects.get(pk=message.recipient_id)
    return to_worker(user, at) if rows.exists() else Cancel("they do not stand in any more")


def tell(what: str) -> Callable[[Message, datetime], Content]:
    """The words of a reminder to a worker: the reference, what is to be done and a link."""

    def render(message: Message, at: datetime) -> Content:
        reference, path = referral_page(message.group)
        return tell_worker(reference, what, path)

    return render


PLANS = (ring_instead, on_hold, stand_in)
KINDS = (
    (
        "worker_ring_instead",
        _recheck_ring_instead,
        "ring one person about the meeting, nothing can be sent to them safely",
    ),
    ("worker_meeting_on_hold", _recheck_on_hold, "the meeting is on hold, the page says what it needs"),
    ("worker_stand_in", _recheck_stand_in, "you stand in at a meeting today"),
)


def register_kinds(plan: Plan) -> None:
    """Tell the outbox of these reminders; `plan` plans every message about meetings."""
    for kind, recheck, what in KINDS:
        register(kind, plan=plan, recheck=recheck, render=tell(what))
