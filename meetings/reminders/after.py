"""Messages after a meeting: to participants who said yes to being sent what was agreed, thanks and the coming call; and
to the lead's manager, that an earlier conversation was recorded. Duties say what workers do after a meeting."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from meetings.duties import OVER, caller_of
from meetings.enums import FollowUpKind, MeetingStatus
from meetings.facts import FollowUpRow, MeetingsFacts
from referrals.duties.knowing import barred, managers_there, sees
from referrals.enums import NOBODY, Purpose
from referrals.facts import Facts, PartyFacts
from referrals.reminders.reach import say_to, to_participant
from referrals.reminders.worker_messages import plan_again, to_worker, words
from restorative.common import clock
from restorative.common.rules import rules
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Hold, Kind, Plan, Planned, Render, Send

AFTERWARDS = (
    "Hi {first}, thank you for coming. It can take time to think it over. I will ring you on {when}. "
    "{worker}, {phone}"
)
COMING = "Hi {first}, I will ring you on {when}. Not a good time? Call {phone}. {worker}"
GIVEN_UP = timedelta(days=60)  # an older reminder is useless


# --- To participants --------------------------------------------------------------------------------------------


def calls(meetings: MeetingsFacts) -> Iterator[Planned]:
    """Thanks, the day after, if it was recorded before the debrief is due; and two days before each later call."""
    facts = meetings.facts
    if facts.stage in OVER:
        return
    met = {meeting.id: meeting for meeting in meetings.those(MeetingStatus.TOOK_PLACE)}
    for row in facts.rows(FollowUpRow):
        party = facts.parties[row.party_id]
        if (
            row.meeting_id not in met
            or row.done_at
            or not party.present
            or party.died
            or not _wants_word(party)
        ):
            continue
        until, debrief = clock.moment(row.due_on, 9), row.kind == FollowUpKind.DEBRIEF
        days = timedelta(days=rules().follow_up_ahead_days)
        day = clock.today(met[row.meeting_id].starts_at) + timedelta(days=1) if debrief else row.due_on - days
        due = clock.moment(day, 10)
        if row.created_at < (until if debrief else due):
            kind = "afterwards" if debrief else "follow_up_coming"
            yield Planned(kind, row.id, party.id, due, until, to_worker=False)


def _wants_word(party: PartyFacts) -> bool:
    """Whether they said yes to being sent what was agreed, and have not stopped taking part."""
    return bool(party.consent_to(Purpose.SIGHT)) and not party.stopped_taking_part


def _call(message: Message, facts: Facts) -> FollowUpRow | None:
    return next((row for row in facts.rows(FollowUpRow) if row.id == message.thing_id), None)


def _recheck_call(message: Message, facts: Facts) -> Send | Hold | Cancel:
    row, party = _call(message, facts), facts.parties.get(message.recipient_id)
    if row is None or party is None or row.done_at or facts.stage in OVER:
        return Cancel("no call is to come")
    if not _wants_word(party):
        return Cancel("they have not said yes to being sent what was agreed")
    return to_participant(party)


def _call_text(template: str) -> Render:
    def render(message: Message, facts: Facts) -> Content:
        row, party = _call(message, facts), facts.parties[message.recipient_id]
        assert row is not None  # noqa: S101 - the re-check found it
        text = template.replace("{when}", clock.show_day(row.due_on))
        caller = caller_of(party, row.kind)
        if caller != party.worker_id:
            text = text.replace("I will", f"{facts.staff[caller].first_name} will")
        return say_to(party, text)

    return render


# --- To the manager ---------------------------------------------------------------------------------------------


def already_happened(meetings: MeetingsFacts) -> Iterator[Planned]:
    """A conversation that already happened was recorded: to the manager of the lead's team, at once."""
    for meeting in meetings.by_id.values():
        if meeting.already_happened:
            since = meeting.created_at
            for manager in _managers_of_lead(meetings.facts):
                if manager != meeting.created_by_id:
                    yield Planned("worker_already_happened", meeting.id, manager, since, since + GIVEN_UP)


def _managers_of_lead(facts: Facts) -> list[UUID]:
    """The manager of the lead's team; other managers of that organisation if that one is barred."""
    manager = facts.worker(facts.manager_of(facts.referral.lead_id) or NOBODY)
    if manager is None:
        return []
    if manager.id in barred(facts):
        return managers_there(facts, manager.organisation_id)
    return [manager.id] if manager.is_active else []


def _recheck_already(message: Message, facts: Facts) -> Send | Cancel:
    meeting = MeetingsFacts(facts).by_id.get(message.thing_id)
    recorded = meeting is not None and meeting.status == MeetingStatus.TOOK_PLACE
    if not recorded or not sees(facts, message.recipient_id):
        return Cancel("it is not recorded any more")
    return to_worker(message.recipient_id)


PLANS = (calls, already_happened)


def kinds(plan: Plan) -> Iterator[Kind]:
    """Every kind of message after a meeting; `plan` plans every message about meetings."""
    for kind, template in (("afterwards", AFTERWARDS), ("follow_up_coming", COMING)):
        yield Kind(kind, plan, _recheck_call, _call_text(template), plan_again)
    recorded = words("a conversation that already happened was recorded")
    yield Kind("worker_already_happened", plan, _recheck_already, recorded)
