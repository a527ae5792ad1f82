"""Reminders to workers about their duties: each duty is said when it is due, and to others when it is late. They are
planned from duties and checked again by the same rules when they go; they carry the reference and a link."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from referrals import duties
from referrals.duties import DutyKind, NewDuty, duties_of
from referrals.duties.knowing import opened_by, sees
from referrals.facts import Facts
from referrals.reminders.worker_messages import to_worker, words
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Hold, Kind, Planned, Send, register


def reminders_of(facts: Facts) -> Iterator[tuple[Planned, NewDuty]]:
    """Every reminder of a referral as things are, with the duty it is about."""
    for duty in duties_of(facts):
        kind = duties.KINDS[duty.kind]
        if kind.due:
            when = duty.starts_at if kind.from_start or duty.due_at is None else duty.due_at
            yield from _to(duty, kind.due.kind, duty.told, when, duty.useful_until or duty.ends_at)
        if kind.late and duty.late_at:
            yield from _to(duty, kind.late.kind, duty.late, duty.late_at, None)


def _to(
    duty: NewDuty, kind: str, told: Iterable[UUID], due: datetime, until: datetime | None
) -> Iterator[tuple[Planned, NewDuty]]:
    for key in told:
        yield Planned(kind, duty.thing, key, due, until or due + duties.OF_USE, version=duty.version), duty


def plan(facts: Facts, messages: list[Message]) -> list[Planned]:
    """The plan that all these kinds share."""
    return [planned for planned, _ in reminders_of(facts)]


def recheck(message: Message, facts: Facts) -> Send | Hold | Cancel:
    """Still to be done, due by now, and for a worker who may know."""
    key = (message.kind, message.thing_id, message.version, message.recipient_id)
    found = next((each for each in reminders_of(facts) if each[0].key == key), None)
    if found is None:
        return Cancel("it is done, or not theirs any more")
    planned, duty = found
    if planned.due_at > facts.at:
        return Hold(planned.due_at, "it is due later now")
    return (
        to_worker(message.recipient_id)
        if may_know(facts, message.recipient_id, duty)
        else Cancel("they may not know of it")
    )


def may_know(facts: Facts, user: UUID, duty: NewDuty) -> bool:
    """Whether a worker may be told of a duty at all."""
    if duty.party is None:
        return sees(facts, user)
    if duty.party in opened_by(facts, user, safety=duty.safety):
        return True
    # A safeguarding lead of that side looks at a protective share without opening the person.
    worker, party = facts.worker(user), facts.parties[duty.party]
    return (
        duty.kind == "protective_share"
        and worker is not None
        and worker.safeguarding_lead
        and worker.organisation_id == party.row.organisation_id
        and user != facts.referral.lead_id
        and not facts.of_another_side(user, party)
    )


def register_kinds(kinds: Iterable[DutyKind]) -> None:
    """Register the reminders about these kinds of duty."""
    made = {}
    for kind in kinds:
        for reminder, page in ((kind.due, kind.reminder_page), (kind.late, "")):
            if reminder is not None:
                text = words(reminder.words, page, of_thing=page == "referrals:share")
                made.setdefault(reminder.kind, Kind(reminder.kind, plan, recheck, text))
    register(*made.values())
