"""Escalations to a worker on duty: a call-off that is still not released shortly before the meeting, and a change that
did not reach a person in time."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from meetings.enums import MeetingStatus
from meetings.facts import MeetingsFacts
from referrals.duties.knowing import barred, managers_there, opened_by, workers_on
from referrals.facts import Facts, PartyFacts
from referrals.reminders.ring import unsent
from referrals.reminders.worker_messages import to_worker, words
from restorative.common.rules import rules
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Kind, Plan, Planned, Send

CHANGES = ("meeting_not_happening", "meeting_moved")


def on_duty(party: PartyFacts) -> UUID | None:
    """Who is told to ring the worker of a party: their team's duty worker, else its manager, else a manager of their
    organisation.

    Never a barred worker, and never the worker themselves. Nor a worker on this referral, or one who ever supported
    another person in it, unless they open the party's compartment: the message would reveal what waits for release.
    """
    facts, worker = party.facts, party.facts.staff[party.worker_id]
    on_it = workers_on(facts)
    for key in (worker.duty_worker_id, worker.manager_id, *managers_there(facts, worker.organisation_id)):
        if key is None or not facts.is_active(key) or key == worker.id or key in barred(facts):
            continue
        known = key in on_it or facts.of_another_side(key, party)
        if not known or party.id in opened_by(facts, key):
            return key
    return None


def not_released(meetings: MeetingsFacts) -> Iterator[Planned]:
    """Still not released shortly before the meeting: to the duty worker, who rings the worker of that party."""
    for row in meetings.waiting:
        meeting = meetings.by_id[row.meeting_id]
        user = on_duty(meetings.facts.parties[row.party_id]) if row.party_id else None
        if user is not None and row.created_at < meeting.starts_at:
            due = max(meeting.starts_at - timedelta(hours=rules().release_duty_hours), row.created_at)
            yield Planned("worker_release_duty", row.id, user, due, meeting.starts_at)


def _party_to_ring(message: Message, facts: Facts) -> PartyFacts | None:
    waiting = MeetingsFacts(facts).waiting
    row = next((row for row in waiting if row.id == message.thing_id), None)
    return facts.parties[row.party_id] if row and row.party_id else None


def _recheck_release(message: Message, facts: Facts) -> Send | Cancel:
    party = _party_to_ring(message, facts)
    if party is None:
        return Cancel("nothing waits to be released")
    # It goes to the worker who is on duty by now.
    user = on_duty(party)
    return to_worker(user) if user else Cancel("nobody is on duty who may be told")


def _release_words(message: Message, facts: Facts) -> Content:
    party = _party_to_ring(message, facts)
    name = facts.staff[party.worker_id].first_name if party else "the worker"
    return words(f"ring {name} now, a meeting today needs it")(message, facts)


def changes_not_heard(meetings: MeetingsFacts, messages: list[Message]) -> Iterator[Planned]:
    """A change did not reach a person, and their worker was asked to ring: within the hour to the worker on duty."""
    facts, later = meetings.facts, timedelta(minutes=rules().escalate_minutes)
    coming = meetings.those(MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF)
    starts = {row.id: row.starts_at for row in coming if row.starts_at > facts.at}
    for row in unsent(messages, facts.at - timedelta(days=1)):
        party = facts.parties.get(row.recipient_id)
        if row.kind in CHANGES and row.thing_id in starts and party is not None:
            user = on_duty(party)
            if user is not None:
                yield Planned("worker_change_unheard", row.pk, user, row.due_at + later, starts[row.thing_id])


def _recheck_change(message: Message, facts: Facts) -> Send | Cancel:
    return to_worker(message.recipient_id)


PLANS = (not_released,)


def kinds(plan: Plan) -> Iterator[Kind]:
    """Both escalations; `plan` plans every message about meetings."""
    yield Kind("worker_release_duty", plan, _recheck_release, _release_words)
    unheard = words("see that somebody is rung now, a change to a meeting has not reached them")
    yield Kind("worker_change_unheard", plan, _recheck_change, unheard)
