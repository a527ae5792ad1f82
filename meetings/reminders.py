"""Messages about meetings: who is told what, when, checked again at the moment of sending, and in which words.
Whether somebody can be reached safely is referrals/reminders's; claiming and sending are the outbox's."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from meetings.blockers import is_held
from meetings.enums import CallOffReason, MeetingStatus
from meetings.models import Attendance, CallOff, Meeting
from referrals.blockers import day_of_check_missing
from referrals.enums import Gate
from referrals.models import Facilitation, Party, Referral
from referrals.querysets import worker_ids
from referrals.reminders import (
    LOOK_AGAIN,
    can_be_written_to,
    party_of,
    plan_again,
    referral_page,
    say,
    tell_worker,
    to_participant,
    to_worker,
    who_rings,
    worker_of,
)
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.models import WAITING, Message, State
from restorative.notify.registry import Cancel, Content, Hold, Planned, Send, register

BOOKED = "Hi {first}, we will meet {when}. Not a good time? Call {phone}. {worker}"
MOVED = "Hi {first}, we now meet {when}. Not a good time? Call {phone}. {worker}"
AHEAD = "Hi {first}, see you on {when}. Any change, call {phone}. {worker}"
DAY_BEFORE = "Hi {first}, see you tomorrow, {when}. Any change, call {phone}. {worker}"
NOT_HAPPENING = "Hi {first}, {when} is not happening. I will ring you. {worker}"


def _meetings(group: UUID, *statuses: str) -> Iterator[Meeting]:
    rows = Meeting.objects.unscoped("planning messages").filter(referral=group, status__in=statuses)
    return iter(rows.select_related("referral", "referral__lead"))


def _attendances(meeting: Meeting):
    return (
        Attendance.objects.unscoped("planning messages")
        .filter(meeting=meeting)
        .select_related("party__keyworker")
    )


def _for_each_party(
    kind: str, due: Callable[[Meeting, Attendance], datetime | None], *, urgent: bool = False
):
    """A plan: one message to each party expected at a meeting that is booked."""

    def plan(group: UUID, at: datetime) -> list[Planned]:
        planned = []
        for meeting in _meetings(group, MeetingStatus.BOOKED):
            for attendance in _attendances(meeting):
                when = due(meeting, attendance)
                if when is not None:
                    planned.append(
                        Planned(
                            kind=kind,
                            thing_id=meeting.pk,
                            version=meeting.version,
                            recipient_id=attendance.party_id,
                            due_at=when,
                            useless_after=attendance.arrives_at,
                            to_worker=False,
                            urgent=urgent,
                        )
                    )
        return planned

    return plan


def told_before(meeting: Meeting) -> frozenset[UUID]:
    """Parties who were expected at the meeting that this one supersedes: they hear that it is moved."""
    if meeting.supersedes_id is None:
        return frozenset()
    if not hasattr(meeting, "_told_before"):
        expected = Attendance.objects.unscoped("planning messages").filter(meeting=meeting.supersedes_id)
        meeting._told_before = frozenset(expected.values_list("party", flat=True))
    return meeting._told_before


def soon(meeting: Meeting) -> datetime:
    """When the first that is said of a meeting may leave."""
    return meeting.created_at + timedelta(minutes=rules().send_delay_minutes)


def _booked_due(meeting: Meeting, attendance: Attendance) -> datetime | None:
    return None if attendance.party_id in told_before(meeting) else soon(meeting)


def _moved_due(meeting: Meeting, attendance: Attendance) -> datetime | None:
    return meeting.created_at if attendance.party_id in told_before(meeting) else None


def _ahead_due(meeting: Meeting, attendance: Attendance) -> datetime | None:
    day = clock.add_working_days(clock.today(meeting.starts_at), -rules().booked_ahead_working_days)
    due = clock.moment(day, 10)
    return due if due > meeting.created_at + timedelta(days=1) else None


def _day_before_due(meeting: Meeting, attendance: Attendance) -> datetime | None:
    due = clock.moment(clock.today(meeting.starts_at) - timedelta(days=1), 10)
    return due if due > meeting.created_at + timedelta(hours=4) else None


# What each person expected at a meeting is told: the kind, when it is due, the words, and whether it is a change to
# what was announced before.
PARTY_KINDS = (
    ("meeting_booked", _booked_due, BOOKED, False),
    ("meeting_moved", _moved_due, MOVED, True),
    ("meeting_ahead", _ahead_due, AHEAD, False),
    ("meeting_day_before", _day_before_due, DAY_BEFORE, False),
)


def _still_booked(message: Message, at: datetime) -> Send | Hold | Cancel:
    meeting = (
        Meeting.objects.unscoped("messages").select_related("referral").filter(pk=message.thing_id).first()
    )
    party = party_of(message.recipient_id)
    if meeting is None or party is None or meeting.status != MeetingStatus.BOOKED:
        return Cancel("the meeting is not booked any more")
    if message.version != meeting.version:
        return Cancel("the meeting has changed since")
    # That it is moved goes all the same: whoever does not hear it comes at the old time.
    if message.kind != "meeting_moved" and is_held(meeting, at):
        return Hold(at + LOOK_AGAIN, "something stands in the way of the meeting")
    return to_participant(party, at)


def _last_told(attendance: Attendance) -> Attendance:
    """The meeting this person knows of: that of before, while nothing about moving it has left for them."""
    while attendance.meeting.supersedes_id is not None:
        moved = Message.objects.filter(
            kind="meeting_moved", thing_id=attendance.meeting_id, recipient_id=attendance.party_id
        )
        earlier = (
            Attendance.objects.unscoped("messages")
            .select_related("meeting")
            .filter(meeting=attendance.meeting.supersedes_id, party=attendance.party_id)
            .first()
        )
        if earlier is None or moved.exclude(state__in=[*WAITING, State.CANCELLED]).exists():
            break
        attendance = earlier
    return attendance


def _words(template: str) -> Callable[[Message, datetime], Content]:
    def render(message: Message, at: datetime) -> Content:
        attendance = (
            Attendance.objects.unscoped("messages")
            .select_related("meeting")
            .get(meeting=message.thing_id, party=message.recipient_id)
        )
        if template == NOT_HAPPENING:
            attendance = _last_told(attendance)
        party = party_of(message.recipient_id)
        return say(party, template.replace("{when}", clock.show_when(attendance.arrives_at)), at)

    return render


# --- Not happening --------------------------------------------------------------------------------------------


def _plan_not_happening(group: UUID, at: datetime) -> list[Planned]:
    """To everybody but whoever withdrew, once a worker has released it, or at once where a worker called it off.

    After a stop or a doubt the person it came from expects the meeting like anybody else: they hear the same words.
    """
    planned = []
    for meeting in _meetings(group, MeetingStatus.CALLED_OFF):
        call_offs = list(CallOff.objects.unscoped("planning messages").filter(meeting=meeting))
        told = [row for row in call_offs if row.party_id is None or row.released_at]
        if not told:
            continue
        withdrew = {row.party_id for row in call_offs if row.reason == CallOffReason.WITHDREW}
        since = min(row.released_at or row.created_at for row in told)
        planned += [
            Planned(
                kind="meeting_not_happening",
                thing_id=meeting.pk,
                version=1,
                recipient_id=attendance.party_id,
                due_at=since,
                useless_after=meeting.starts_at,
                to_worker=False,
                urgent=True,
            )
            for attendance in _attendances(meeting)
            if attendance.party_id not in withdrew and since < meeting.starts_at
        ]
    return planned


def _still_off(message: Message, at: datetime) -> Send | Hold | Cancel:
    meeting = Meeting.objects.unscoped("messages").filter(pk=message.thing_id).first()
    party = party_of(message.recipient_id)
    if meeting is None or party is None or meeting.status != MeetingStatus.CALLED_OFF:
        return Cancel("the meeting was not called off")
    return to_participant(party, at)


# --- Workers --------------------------------------------------------------------------------------------------


def workers_on(referral: Referral) -> list[User]:
    """The lead, the facilitators and the keyworkers of a referral, each once."""
    keys = worker_ids(referral.pk, clock.now())
    return list(User.objects.filter(pk__in=keys, is_active=True).order_by("pk"))


def _plan_tomorrow(group: UUID, at: datetime) -> list[Planned]:
    """Meeting tomorrow, to each worker for whom it is booked as far as they may know."""
    planned = []
    for meeting in _meetings(group, MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF):
        due = clock.moment(clock.today(meeting.starts_at) - timedelta(days=1), 8)
        for user in workers_on(meeting.referral):
            shown = Meeting.objects.visible_to(user).filter(pk=meeting.pk, shown_status=MeetingStatus.BOOKED)
            if shown.exists():
                planned.append(
                    Planned(
                        kind="worker_meeting_tomorrow",
                        thing_id=meeting.pk,
                        version=1,
                        recipient_id=user.pk,
                        due_at=due,
                        useless_after=meeting.starts_at,
                        to_worker=True,
                    )
                )
    return planned


def _plan_day_check(group: UUID, at: datetime) -> list[Planned]:
    """The day-of check, early that morning, to each party's worker for whom it is booked as far as they know."""
    planned = []
    for meeting in _meetings(group, MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF):
        due = clock.moment(clock.today(meeting.starts_at), *divmod(rules().day_check_from_minute, 60))
        workers = {row.party.keyworker_id or meeting.referral.lead_id for row in _attendances(meeting)}
        if meeting.status == MeetingStatus.CALLED_OFF:
            users = User.objects.filter(pk__in=workers, is_active=True)
            workers = {user.pk for user in users if _shown_as_booked(meeting.pk, user)}
        planned += [
            Planned(
                kind="worker_day_check",
                thing_id=meeting.pk,
                version=1,
                recipient_id=worker,
                due_at=due,
                useless_after=meeting.starts_at,
                to_worker=True,
            )
            for worker in sorted(workers)
        ]
    return planned


def _shown_as_booked(meeting: UUID, user: User) -> bool:
    shown = Meeting.objects.visible_to(user).filter(pk=meeting, shown_status=MeetingStatus.BOOKED)
    return shown.exists()


def _recheck_day_check(message: Message, at: datetime) -> Send | Cancel:
    """Still booked as far as they may know, and somebody they support has not been asked today."""
    user = User.objects.get(pk=message.recipient_id)
    if not _shown_as_booked(message.thing_id, user):
        return Cancel("the meeting is not booked any more")
    theirs = Q(keyworker=user) | Q(keyworker__isnull=True, referral__lead=user)
    expected = Party.objects.opened_by(user).filter(theirs, attendances__meeting=message.thing_id)
    open_today = expected.present().filter(day_of_check_missing(Gate.START, at))
    return to_worker(user, at) if open_today.exists() else Cancel("everybody they support was asked today")


def _plan_release(group: UUID, at: datetime) -> list[Planned]:
    """Something called off waits for release: to the workers who may know of it, at once."""
    planned = []
    for meeting in _meetings(group, MeetingStatus.CALLED_OFF):
        waiting = CallOff.objects.unscoped("planning messages").waiting().filter(meeting=meeting)
        for call_off in waiting:
            for user in workers_on(meeting.referral):
                if Party.objects.opened_by(user).filter(pk=call_off.party_id).exists():
                    planned.append(
                        Planned(
                            kind="worker_release_waiting",
                            thing_id=call_off.pk,
                            version=1,
                            recipient_id=user.pk,
                            due_at=call_off.created_at,
                            useless_after=meeting.starts_at,
                            to_worker=True,
                        )
                    )
    return planned


def _on_duty(party: Party) -> User | None:
    """Who is told to ring the worker of a party: their team's duty worker, else its manager.

    Never the worker themselves, nor somebody who works on this referral without opening the party's compartment: to
    them the message would say what waits for release.
    """
    worker = worker_of(party)
    if worker.team is None:
        return None
    on_it = {user.pk for user in workers_on(party.referral)}
    for user in (worker.team.duty_worker, worker.team.manager):
        if user is None or not user.is_active or user.pk == worker.pk:
            continue
        if user.pk not in on_it or Party.objects.opened_by(user).filter(pk=party.pk).exists():
            return user
    return None


def _plan_release_duty(group: UUID, at: datetime) -> list[Planned]:
    """Still not released shortly before the meeting: to the duty worker, who rings the worker of that party."""
    planned = []
    for meeting in _meetings(group, MeetingStatus.CALLED_OFF):
        due = meeting.starts_at - timedelta(hours=rules().release_duty_hours)
        for call_off in CallOff.objects.unscoped("planning messages").waiting().filter(meeting=meeting):
            party = party_of(call_off.party_id)
            duty = _on_duty(party) if party else None
            if duty is not None and call_off.created_at < meeting.starts_at:
                planned.append(
                    Planned(
                        kind="worker_release_duty",
                        thing_id=call_off.pk,
                        version=1,
                        recipient_id=duty.pk,
                        due_at=max(due, call_off.created_at),
                        useless_after=meeting.starts_at,
                        to_worker=True,
                    )
                )
    return planned


def _plan_record(group: UUID, at: datetime) -> list[Planned]:
    """The record is due two working days after the meeting, to those who ran it."""
    planned = []
    for meeting in _meetings(group, MeetingStatus.STARTED):
        day = clock.add_working_days(clock.today(meeting.starts_at), rules().record_working_days)
        running = Facilitation.objects.unscoped("messages").filter(referral=group, until__isnull=True)
        planned += [
            Planned(
                kind="worker_record_due",
                thing_id=meeting.pk,
                version=1,
                recipient_id=row.user_id,
                due_at=clock.moment(day, 9),
                useless_after=clock.moment(day + timedelta(days=60), 9),
                to_worker=True,
            )
            for row in running
        ]
    return planned


def _recheck_tomorrow(message: Message, at: datetime) -> Send | Cancel:
    user = User.objects.get(pk=message.recipient_id)
    shown = Meeting.objects.visible_to(user).filter(pk=message.thing_id, shown_status=MeetingStatus.BOOKED)
    return to_worker(user, at) if shown.exists() else Cancel("the meeting is not booked any more")


def _recheck_release(message: Message, at: datetime) -> Send | Cancel:
    user = User.objects.get(pk=message.recipient_id)
    waiting = CallOff.objects.visible_to(user).waiting().filter(pk=message.thing_id)
    return to_worker(user, at) if waiting.exists() else Cancel("nothing waits to be released")


def _recheck_release_duty(message: Message, at: datetime) -> Send | Cancel:
    waiting = CallOff.objects.unscoped("messages").waiting().filter(pk=message.thing_id).first()
    if waiting is None:
        return Cancel("nothing waits to be released")
    # Duty changes hands between the planning and the day.
    duty = _on_duty(party_of(waiting.party_id))
    return to_worker(duty, at) if duty else Cancel("nobody is on duty who may be told")


def _release_duty_words(message: Message, at: datetime) -> Content:
    call_off = CallOff.objects.unscoped("messages").get(pk=message.thing_id)
    reference, path = referral_page(message.group)
    worker = worker_of(party_of(call_off.party_id))
    return tell_worker(reference, f"ring {worker.first_name} now, a meeting today needs it", path)


def _recheck_record(message: Message, at: datetime) -> Send | Cancel:
    user = User.objects.get(pk=message.recipient_id)
    started = Meeting.objects.visible_to(user).filter(pk=message.thing_id, status=MeetingStatus.STARTED)
    return to_worker(user, at) if started.exists() else Cancel("the record has been written")


def _plan_ring_instead(group: UUID, at: datetime) -> list[Planned]:
    """A meeting is booked and somebody cannot be written to safely: who_rings says who rings them."""
    planned = []
    for meeting in _meetings(group, MeetingStatus.BOOKED):
        for attendance in _attendances(meeting):
            party = party_of(attendance.party_id)
            if party is not None and not can_be_written_to(party, at):
                planned += [
                    Planned(
                        kind="worker_ring_instead",
                        thing_id=attendance.pk,
                        version=meeting.version,
                        recipient_id=user,
                        due_at=soon(meeting),
                        useless_after=meeting.starts_at,
                        to_worker=True,
                    )
                    for user in who_rings(party, at)
                ]
    return planned


def _recheck_ring_instead(message: Message, at: datetime) -> Send | Cancel:
    attendance = (
        Attendance.objects.unscoped("messages").select_related("meeting").filter(pk=message.thing_id).first()
    )
    if attendance is None or attendance.meeting.status != MeetingStatus.BOOKED:
        return Cancel("the meeting is not booked any more")
    return to_worker(User.objects.get(pk=message.recipient_id), at)


def tell(what: str) -> Callable[[Message, datetime], Content]:
    def render(message: Message, at: datetime) -> Content:
        reference, path = referral_page(message.group)
        return tell_worker(reference, what, path)

    return render


def register_kinds() -> None:
    """Tell the outbox of every kind of message about a meeting."""
    for kind, due, words, urgent in PARTY_KINDS:
        register(
            kind,
            plan=_for_each_party(kind, due, urgent=urgent),
            recheck=_still_booked,
            render=_words(words),
            on_unsent=plan_again,
        )
    register(
        "meeting_not_happening",
        plan=_plan_not_happening,
        recheck=_still_off,
        render=_words(NOT_HAPPENING),
        on_unsent=plan_again,
    )
    register(
        "worker_meeting_tomorrow",
        plan=_plan_tomorrow,
        recheck=_recheck_tomorrow,
        render=tell("meeting tomorrow"),
    )
    register(
        "worker_day_check",
        plan=_plan_day_check,
        recheck=_recheck_day_check,
        render=tell("ask today: well enough, safe, still yes?"),
    )
    register(
        "worker_release_waiting",
        plan=_plan_release,
        recheck=_recheck_release,
        render=tell("this needs you today"),
    )
    register(
        "worker_release_duty",
        plan=_plan_release_duty,
        recheck=_recheck_release_duty,
        render=_release_duty_words,
    )
    register(
        "worker_record_due",
        plan=_plan_record,
        recheck=_recheck_record,
        render=tell("the record is due today"),
    )
    register(
        "worker_ring_instead",
        plan=_plan_ring_instead,
        recheck=_recheck_ring_instead,
        render=tell("ring one person about the meeting, nothing can be sent to them safely"),
    )
