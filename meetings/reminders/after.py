"""Messages after a meeting: thanks and the call that is coming, to those who said yes to being sent what was agreed;
and to workers, what falls due. What comes before a meeting is in people.py and workers.py."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from meetings.enums import ActionStatus, FollowUpKind, MeetingStatus
from meetings.models import Action, FollowUp, Meeting
from meetings.reminders.facts import OVER, Facts, opens, planned, wants_word
from meetings.reminders.workers import tell
from referrals.enums import Part
from referrals.models import Involvement, Party
from referrals.reminders import party_of, plan_again, say, to_participant, to_worker, worker_of
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Hold, Plan, Planned, Send, register

AFTERWARDS = (
    "Hi {first}, thank you for coming. It can take time to think it over. I will ring you on {when}. "
    "{worker}, {phone}"
)
COMING = "Hi {first}, I will ring you on {when}. Not a good time? Call {phone}. {worker}"
GIVEN_UP = timedelta(days=60)  # a reminder that old helps nobody


# --- To the people ----------------------------------------------------------------------------------------------


def afterwards(facts: Facts) -> list[Planned]:
    """Thank you, the day after, to each who came; only where it was recorded before the debrief is due."""
    found = []
    for row in facts.willing:
        due = clock.moment(clock.today(row.meeting.starts_at) + timedelta(days=1), 10)
        until = clock.moment(row.due_on, 9)
        if row.kind == FollowUpKind.DEBRIEF and row.created_at < until:
            found.append(planned("afterwards", row.pk, row.party_id, due=due, until=until, to_worker=False))
    return found


def coming(facts: Facts) -> list[Planned]:
    """Two days before each later call, to whoever is rung."""
    found = []
    for row in facts.willing:
        due = clock.moment(row.due_on - timedelta(days=rules().follow_up_ahead_days), 10)
        if row.kind != FollowUpKind.DEBRIEF and row.created_at < due:
            until = clock.moment(row.due_on, 9)
            found.append(
                planned("follow_up_coming", row.pk, row.party_id, due=due, until=until, to_worker=False)
            )
    return found


def _recheck_call(message: Message, at: datetime) -> Send | Hold | Cancel:
    row = _call(message.thing_id)
    party = party_of(message.recipient_id)
    if row is None or party is None or row.done_at or party.referral.stage in OVER:
        return Cancel("no call is to come")
    if not wants_word(party.pk, at):
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
    running = (
        Involvement.objects.unscoped("who rings")
        .in_meetings()
        .filter(referral=row.party.referral_id, until__isnull=True)
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
    return next((each.user for each in seconds if opens(each.user, row.party_id)), worker)


def _managers_of(facts: Facts, user: User, party: UUID) -> list[User]:
    """The manager of a worker's team, where that manager opens this person's compartment."""
    return [row for row in facts.managers_of(user) if row.pk != user.pk and facts.opens(row, party)]


def _morning(kind: str, thing: UUID, to: UUID, day: date) -> Planned:
    due = clock.moment(day, 9)
    return planned(kind, thing, to, due=due, until=due + GIVEN_UP)


def calls(facts: Facts) -> list[Planned]:
    """A debrief or a call is due that day: to who makes it. Not done some working days later: to their manager."""
    found = []
    for row in facts.calls:
        caller = caller_of(row)
        found.append(_morning("worker_follow_up_due", row.pk, caller.pk, row.due_on))
        for manager in _managers_of(facts, caller, row.party_id):
            day = clock.add_working_days(row.due_on, rules().follow_up_late_working_days)
            found.append(_morning("worker_follow_up_late", row.pk, manager.pk, day))
    return found


def _recheck_call_worker(message: Message, at: datetime) -> Send | Cancel:
    row = _call(message.thing_id)
    user = User.objects.get(pk=message.recipient_id)
    if row is None or row.done_at or not opens(user, row.party_id):
        return Cancel("nothing is due")
    return to_worker(user, at)


# --- To workers: actions ----------------------------------------------------------------------------------------


def _reads(user: User, action: UUID) -> bool:
    return Action.objects.visible_to(user).filter(pk=action).exists()


def actions(facts: Facts) -> list[Planned]:
    """An action is due that day: to its owner's worker, who asks. Nobody has said what became of it: to their manager.

    Never to somebody whose side does not read it.
    """
    found = []
    for row in facts.actions:
        worker = worker_of(row.owner)
        if _reads(worker, row.pk):
            found.append(_morning("worker_action_due", row.pk, worker.pk, row.due_on))
        day = clock.add_working_days(row.due_on, rules().action_late_working_days)
        for manager in _managers_of(facts, worker, row.owner_id):
            if _reads(manager, row.pk):
                found.append(_morning("worker_action_late", row.pk, manager.pk, day))
    return found


def _recheck_action(message: Message, at: datetime) -> Send | Cancel:
    user = User.objects.get(pk=message.recipient_id)
    rows = Action.objects.visible_to(user).filter(pk=message.thing_id, status=ActionStatus.OPEN)
    return to_worker(user, at) if rows.exists() else Cancel("nothing is due")


# --- To workers: records ----------------------------------------------------------------------------------------


def records(facts: Facts) -> list[Planned]:
    """The record is due two working days after the meeting: to those who ran it; five after, to the lead's manager."""
    started = facts.those(MeetingStatus.STARTED)
    if not started:
        return []
    running = (
        Involvement.objects.unscoped("messages")
        .in_meetings()
        .filter(referral=facts.group, until__isnull=True)
    )
    runners = list(running.values_list("user", flat=True))
    managers = facts.managers_of(facts.referral.lead)
    found = []
    for meeting in started:
        met = clock.today(meeting.starts_at)
        day = clock.add_working_days(met, rules().record_working_days)
        found += [_morning("worker_record_due", meeting.pk, user, day) for user in runners]
        day = clock.add_working_days(met, rules().record_late_working_days)
        found += [_morning("worker_record_late", meeting.pk, manager.pk, day) for manager in managers]
    return found


def already(facts: Facts) -> list[Planned]:
    """A conversation that already happened was recorded: to the manager of the lead's team, at once."""
    return [
        planned(
            "worker_already_happened",
            meeting.pk,
            manager.pk,
            due=meeting.created_at,
            until=meeting.created_at + GIVEN_UP,
        )
        for meeting in facts.meetings
        if meeting.already_happened
        for manager in facts.managers_of(facts.referral.lead)
        if manager.pk != meeting.created_by_id
    ]


def _recheck_meeting(status: MeetingStatus, done: str) -> Callable[[Message, datetime], Send | Cancel]:
    def recheck(message: Message, at: datetime) -> Send | Cancel:
        user = User.objects.get(pk=message.recipient_id)
        seen = Meeting.objects.visible_to(user).filter(pk=message.thing_id, status=status)
        return to_worker(user, at) if seen.exists() else Cancel(done)

    return recheck


_unwritten = _recheck_meeting(MeetingStatus.STARTED, "the record has been written")
_happened = _recheck_meeting(MeetingStatus.TOOK_PLACE, "nothing is due")

PLANS = (afterwards, coming, calls, actions, records, already)
# Each reminder to a worker: what is asked again at the moment of sending, and what it says.
TO_WORKERS = (
    ("worker_follow_up_due", _recheck_call_worker, "a call is due today"),
    ("worker_follow_up_late", _recheck_call_worker, "a call is 3 working days late"),
    ("worker_action_due", _recheck_action, "something agreed is due today, ask how it went"),
    ("worker_action_late", _recheck_action, "nobody has asked how something agreed went"),
    ("worker_record_due", _unwritten, "the record is due today"),
    ("worker_record_late", _unwritten, "a record is 3 working days late"),
    ("worker_already_happened", _happened, "a conversation that already happened was recorded"),
)


def register_kinds(plan: Plan) -> None:
    """Tell the outbox of every kind of message after a meeting; `plan` plans every message about meetings."""
    for kind, words in (("afterwards", AFTERWARDS), ("follow_up_coming", COMING)):
        register(kind, plan=plan, recheck=_recheck_call, render=_call_words(words), on_unsent=plan_again)
    for kind, recheck, what in TO_WORKERS:
        register(kind, plan=plan, recheck=recheck, render=tell(what))
