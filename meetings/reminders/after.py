"""Messages after a meeting: thanks and the call that is coming, to those who said yes to being sent what was agreed;
and to workers, what falls due. What comes before a meeting is in people.py and workers.py."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from meetings.duties import OVER, caller_of
from meetings.enums import FollowUpKind, MeetingStatus
from meetings.models import FollowUp, Meeting
from meetings.reminders.facts import Facts, planned, wants_word
from meetings.reminders.workers import tell
from referrals.facts import facts_of
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
        caller = caller_of(facts_of(message.group, at).parties[row.party_id], row.kind)
        if caller != worker_of(row.party).pk:
            name = User.objects.values_list("first_name", flat=True).get(pk=caller)
            text = text.replace("I will", f"{name} will")
        return say(party_of(message.recipient_id), text, at)

    return render


# --- To workers -------------------------------------------------------------------------------------------------


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


def _recheck_already(message: Message, at: datetime) -> Send | Cancel:
    user = User.objects.get(pk=message.recipient_id)
    seen = Meeting.objects.visible_to(user).filter(pk=message.thing_id, status=MeetingStatus.TOOK_PLACE)
    return to_worker(user, at) if seen.exists() else Cancel("it is not recorded any more")


PLANS = (afterwards, coming, already)


def register_kinds(plan: Plan) -> None:
    """Tell the outbox of every kind of message after a meeting; `plan` plans every message about meetings."""
    for kind, words in (("afterwards", AFTERWARDS), ("follow_up_coming", COMING)):
        register(kind, plan=plan, recheck=_recheck_call, render=_call_words(words), on_unsent=plan_again)
    register(
        "worker_already_happened",
        plan=plan,
        recheck=_recheck_already,
        render=tell("a conversation that already happened was recorded"),
    )
