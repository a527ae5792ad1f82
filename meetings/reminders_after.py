"""Messages after a meeting: thanks and the call that is coming, to those who said yes to being sent what was agreed;
and to workers, what falls due. How somebody is reached is referrals/reminders; what is still to come, reminders.py."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from meetings.enums import ActionStatus, FollowUpKind, MeetingStatus
from meetings.models import Action, FollowUp, Meeting
from referrals.enums import Answer, Part, Purpose, Stage
from referrals.models import Consent, Facilitation, Party
from referrals.reminders import (
    party_of,
    plan_again,
    referral_page,
    say,
    tell_worker,
    to_participant,
    to_worker,
    worker_of,
)
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Hold, Planned, Send, register

AFTERWARDS = (
    "Hi {first}, thank you for coming. It can take time to think it over. I will ring you on {when}. "
    "{worker}, {phone}"
)
COMING = "Hi {first}, I will ring you on {when}. Not a good time? Call {phone}. {worker}"
OVER = (Stage.CLOSED, Stage.PAUSED)
GIVEN_UP = timedelta(days=60)  # a reminder that old helps nobody


# --- To the people ----------------------------------------------------------------------------------------------


def wants_word(party: Party, at: datetime) -> bool:
    """Whether somebody said yes to being sent what was agreed, and has not stopped taking part."""
    consents = Consent.objects.unscoped("messages").filter(party=party)
    sight = consents.filter(purpose=Purpose.SIGHT, answer=Answer.YES).current(at)
    stopped = consents.newest().filter(purpose=Purpose.TAKE_PART, answer__in=[Answer.NO, Answer.WITHDRAWN])
    return sight.exists() and not stopped.exists()


def _undone(group: UUID) -> Iterator[FollowUp]:
    """Calls still to be made of a referral that is not closed or paused."""
    rows = FollowUp.objects.unscoped("planning messages").filter(
        meeting__referral=group,
        done_at__isnull=True,
        party__left_at__isnull=True,
        party__person__died_on__isnull=True,
    )
    rows = rows.exclude(meeting__referral__stage__in=OVER)
    return iter(rows.select_related("party__keyworker__team", "party__referral__lead__team", "meeting"))


def _planned(
    kind: str, thing: UUID, recipient: UUID, due: datetime, until: datetime, *, to_worker: bool = True
) -> Planned:
    return Planned(
        kind=kind,
        thing_id=thing,
        version=1,
        recipient_id=recipient,
        due_at=due,
        useless_after=until,
        to_worker=to_worker,
    )


def _willing(group: UUID, at: datetime) -> Iterator[FollowUp]:
    """Calls still to be made to those who may be written to, each person asked about once."""
    wanted: dict[UUID, bool] = {}
    for row in _undone(group):
        if row.party_id not in wanted:
            wanted[row.party_id] = wants_word(row.party, at)
        if wanted[row.party_id]:
            yield row


def _plan_afterwards(group: UUID, at: datetime) -> list[Planned]:
    """Thank you, the day after, to each who came; only where it was recorded before the debrief is due."""
    planned = []
    for row in _willing(group, at):
        due = clock.moment(clock.today(row.meeting.starts_at) + timedelta(days=1), 10)
        until = clock.moment(row.due_on, 9)
        if row.kind == FollowUpKind.DEBRIEF and row.created_at < until:
            planned.append(_planned("afterwards", row.pk, row.party_id, due, until, to_worker=False))
    return planned


def _plan_coming(group: UUID, at: datetime) -> list[Planned]:
    """Two days before each later call, to whoever is rung."""
    planned = []
    for row in _willing(group, at):
        due = clock.moment(row.due_on - timedelta(days=rules().follow_up_ahead_days), 10)
        if row.kind != FollowUpKind.DEBRIEF and row.created_at < due:
            until = clock.moment(row.due_on, 9)
            planned.append(_planned("follow_up_coming", row.pk, row.party_id, due, until, to_worker=False))
    return planned


def _recheck_call(message: Message, at: datetime) -> Send | Hold | Cancel:
    row = _call(message.thing_id)
    party = party_of(message.recipient_id)
    if row is None or party is None or row.done_at or party.referral.stage in OVER:
        return Cancel("no call is to come")
    if not wants_word(party, at):
        return Cancel("they have not said yes to being sent what was agreed")
    return to_participant(party, at)


def _call(key: UUID) -> FollowUp | None:
    return FollowUp.objects.unscoped("messages").filter(pk=key).first()


def _call_words(words: str) -> Callable[[Message, datetime], Content]:
    def render(message: Message, at: datetime) -> Content:
        rows = FollowUp.objects.unscoped("messages").select_related(
            "party__keyworker", "party__referral__lead"
        )
        row = rows.get(pk=message.thing_id)
        text = words.replace("{when}", clock.show_day(row.due_on))
        caller = caller_of(row)
        if caller.pk != worker_of(row.party).pk:
            text = text.replace("I will", f"{caller.first_name} will")
        return say(party_of(message.recipient_id), text, at)

    return render


# --- To workers: calls ------------------------------------------------------------------------------------------


def caller_of(row: FollowUp) -> User:
    """Who rings: the party's worker; the debrief is a second worker's where a facilitator supports another person."""
    worker = worker_of(row.party)
    if row.kind != FollowUpKind.DEBRIEF:
        return worker
    running = Facilitation.objects.unscoped("who rings").filter(
        referral=row.party.referral_id, until__isnull=True
    )
    supporting = (
        Party.objects.unscoped("who rings")
        .filter(referral=row.party.referral_id, left_at__isnull=True, keyworker__isnull=False)
        .exclude(pk=row.party_id)
        .values("keyworker")
    )
    if not running.filter(part=Part.FACILITATOR, user__in=supporting).exists():
        return worker
    seconds = running.filter(part=Part.SECOND_WORKER, user__is_active=True).select_related("user__team")
    return next((each.user for each in seconds if _opens(each.user, row.party_id)), worker)


def _opens(user: User, party: UUID) -> bool:
    return Party.objects.opened_by(user).filter(pk=party).exists()


def _manager_of(user: User, party: UUID) -> User | None:
    """The manager of a worker's team, where that manager opens this person's compartment."""
    manager = user.team.manager if user.team else None
    if manager is None or not manager.is_active or manager.pk == user.pk or not _opens(manager, party):
        return None
    return manager


def _plan_call_due(group: UUID, at: datetime) -> list[Planned]:
    """A debrief or a call is due that day: to who makes it."""
    return [
        _planned("worker_follow_up_due", row.pk, caller_of(row).pk, *_morning(row.due_on))
        for row in _undone(group)
    ]


def _plan_call_late(group: UUID, at: datetime) -> list[Planned]:
    """Not done some working days after it was due: to their manager."""
    planned = []
    managers: dict[tuple[UUID, UUID], User | None] = {}
    for row in _undone(group):
        caller = caller_of(row)
        key = (caller.pk, row.party_id)
        if key not in managers:
            managers[key] = _manager_of(caller, row.party_id)
        if manager := managers[key]:
            day = clock.add_working_days(row.due_on, rules().follow_up_late_working_days)
            planned.append(_planned("worker_follow_up_late", row.pk, manager.pk, *_morning(day)))
    return planned


def _morning(day: date) -> tuple[datetime, datetime]:
    return clock.moment(day, 9), clock.moment(day, 9) + GIVEN_UP


def _recheck_call_worker(message: Message, at: datetime) -> Send | Cancel:
    row = _call(message.thing_id)
    user = User.objects.get(pk=message.recipient_id)
    if row is None or row.done_at or not _opens(user, row.party_id):
        return Cancel("nothing is due")
    return to_worker(user, at)


# --- To workers: actions ----------------------------------------------------------------------------------------


def _open_actions(group: UUID) -> Iterator[Action]:
    rows = Action.objects.unscoped("planning messages").filter(
        agreement__meeting__referral=group, status=ActionStatus.OPEN, owner__left_at__isnull=True
    )
    rows = rows.exclude(agreement__meeting__referral__stage__in=OVER)
    return iter(rows.select_related("owner__keyworker__team", "owner__referral__lead__team"))


def _reads(user: User, action: UUID) -> bool:
    return Action.objects.visible_to(user).filter(pk=action).exists()


def _plan_action_due(group: UUID, at: datetime) -> list[Planned]:
    """An action is due that day: to its owner's worker, who asks; not where that side does not read it."""
    planned = []
    for row in _open_actions(group):
        worker = worker_of(row.owner)
        if _reads(worker, row.pk):
            planned.append(_planned("worker_action_due", row.pk, worker.pk, *_morning(row.due_on)))
    return planned


def _plan_action_late(group: UUID, at: datetime) -> list[Planned]:
    """Nobody has said what became of it: to the worker's manager."""
    planned = []
    for row in _open_actions(group):
        manager = _manager_of(worker_of(row.owner), row.owner_id)
        if manager is not None and _reads(manager, row.pk):
            day = clock.add_working_days(row.due_on, rules().action_late_working_days)
            planned.append(_planned("worker_action_late", row.pk, manager.pk, *_morning(day)))
    return planned


def _recheck_action(message: Message, at: datetime) -> Send | Cancel:
    user = User.objects.get(pk=message.recipient_id)
    rows = Action.objects.visible_to(user).filter(pk=message.thing_id, status=ActionStatus.OPEN)
    return to_worker(user, at) if rows.exists() else Cancel("nothing is due")


# --- To managers: records ---------------------------------------------------------------------------------------


def _of_lead(meeting: Meeting) -> User | None:
    team = meeting.referral.lead.team
    manager = team.manager if team else None
    return manager if manager is not None and manager.is_active else None


def _plan_record_late(group: UUID, at: datetime) -> list[Planned]:
    """The record is not written five working days after the meeting: to the manager of the lead's team."""
    rows = Meeting.objects.unscoped("planning messages").filter(referral=group, status=MeetingStatus.STARTED)
    planned = []
    for meeting in rows.select_related("referral__lead__team__manager"):
        manager = _of_lead(meeting)
        if manager is not None:
            day = clock.add_working_days(clock.today(meeting.starts_at), rules().record_late_working_days)
            planned.append(_planned("worker_record_late", meeting.pk, manager.pk, *_morning(day)))
    return planned


def _plan_already(group: UUID, at: datetime) -> list[Planned]:
    """A conversation that already happened was recorded: to the manager of the lead's team, at once."""
    rows = Meeting.objects.unscoped("planning messages").filter(referral=group, already_happened=True)
    planned = []
    for meeting in rows.select_related("referral__lead__team__manager"):
        manager = _of_lead(meeting)
        if manager is not None and manager.pk != meeting.created_by_id:
            until = meeting.created_at + GIVEN_UP
            planned.append(
                _planned("worker_already_happened", meeting.pk, manager.pk, meeting.created_at, until)
            )
    return planned


def _recheck_meeting(status: MeetingStatus) -> Callable[[Message, datetime], Send | Cancel]:
    def recheck(message: Message, at: datetime) -> Send | Cancel:
        user = User.objects.get(pk=message.recipient_id)
        seen = Meeting.objects.visible_to(user).filter(pk=message.thing_id, status=status)
        return to_worker(user, at) if seen.exists() else Cancel("nothing is due")

    return recheck


def _tell(what: str) -> Callable[[Message, datetime], Content]:
    def render(message: Message, at: datetime) -> Content:
        reference, path = referral_page(message.group)
        return tell_worker(reference, what, path)

    return render


# Each reminder to a worker: what plans it, what is asked again at the moment of sending, and what it says.
TO_WORKERS = (
    ("worker_follow_up_due", _plan_call_due, _recheck_call_worker, "a call is due today"),
    ("worker_follow_up_late", _plan_call_late, _recheck_call_worker, "a call is 3 working days late"),
    (
        "worker_action_due",
        _plan_action_due,
        _recheck_action,
        "something agreed is due today, ask how it went",
    ),
    ("worker_action_late", _plan_action_late, _recheck_action, "nobody has asked how something agreed went"),
    (
        "worker_record_late",
        _plan_record_late,
        _recheck_meeting(MeetingStatus.STARTED),
        "a record is 3 working days late",
    ),
    (
        "worker_already_happened",
        _plan_already,
        _recheck_meeting(MeetingStatus.TOOK_PLACE),
        "a conversation that already happened was recorded",
    ),
)


def register_kinds() -> None:
    """Tell the outbox of every kind of message after a meeting."""
    for kind, plan, words in (
        ("afterwards", _plan_afterwards, AFTERWARDS),
        ("follow_up_coming", _plan_coming, COMING),
    ):
        register(kind, plan=plan, recheck=_recheck_call, render=_call_words(words), on_unsent=plan_again)
    for kind, plan, recheck, what in TO_WORKERS:
        register(kind, plan=plan, recheck=recheck, render=_tell(what))
