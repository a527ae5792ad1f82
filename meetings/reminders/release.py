"""A meeting is called off and the others have not heard: shortly before
it would begin somebody on duty rings them. So they see to it where a change was told and has not reached somebody."""

from datetime import datetime, timedelta
from itertools import chain

from meetings.enums import MeetingStatus
from meetings.models import CallOff
from meetings.reminders.facts import Facts, planned, workers_on
from meetings.reminders.workers import tell
from referrals.involvement import other_sides
from referrals.models import Party
from referrals.reminders import (
    barred_from,
    managers_there,
    party_of,
    referral_page,
    tell_worker,
    to_worker,
    unsent,
    worker_of,
)
from restorative.accounts.models import User
from restorative.common.rules import rules
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Plan, Planned, Send, register


def _on_duty(party: Party) -> User | None:
    """Who is told to ring the worker of a party: their team's duty worker, else its manager, else a manager of their
    organisation. Nobody whom a conflict of interest bars.

    Never the worker themselves, nor somebody who works on this referral, or ever supported another person in it,
    without opening the party's compartment: to them the message would say what waits for release.
    """
    worker, barred = worker_of(party), barred_from(party.referral_id)
    first = [worker.team.duty_worker, worker.team.manager] if worker.team else []
    on_it = {user.pk for user in workers_on(party.referral_id)} | other_sides(party)
    for user in chain(first, managers_there(worker.organisation_id, barred)):
        if user is None or not user.is_active or user.pk == worker.pk or user.pk in barred:
            continue
        if user.pk not in on_it or Party.objects.opened_by(user).filter(pk=party.pk).exists():
            return user
    return None


def duty(facts: Facts) -> list[Planned]:
    """Still not released shortly before the meeting: to the duty worker, who rings the worker of that party."""
    found = []
    for row in facts.waiting:
        due = row.meeting.starts_at - timedelta(hours=rules().release_duty_hours)
        party = party_of(row.party_id) if row.party_id else None
        user = _on_duty(party) if party else None
        if user is not None and row.created_at < row.meeting.starts_at:
            until = row.meeting.starts_at
            found.append(
                planned("worker_release_duty", row.pk, user.pk, due=max(due, row.created_at), until=until)
            )
    return found


def _recheck_duty(message: Message, at: datetime) -> Send | Cancel:
    row = CallOff.objects.unscoped("messages").waiting().filter(pk=message.thing_id).first()
    if row is None:
        return Cancel("nothing waits to be released")
    # Duty changes hands between the planning and the day.
    user = _on_duty(party_of(row.party_id))
    return to_worker(user, at) if user else Cancel("nobody is on duty who may be told")


def _duty_words(message: Message, at: datetime) -> Content:
    row = CallOff.objects.unscoped("messages").get(pk=message.thing_id)
    reference, path = referral_page(message.group)
    worker = worker_of(party_of(row.party_id))
    return tell_worker(reference, f"ring {worker.first_name} now, a meeting today needs it", path)


def unheard(facts: Facts) -> list[Planned]:
    """A change did not reach somebody, whose worker was asked to ring: within the hour to whoever is on duty there."""
    coming = facts.those(MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF)
    starts = {row.pk: row.starts_at for row in coming if row.starts_at > facts.at}
    if not starts:
        return []
    found, later = [], timedelta(minutes=rules().escalate_minutes)
    for row in unsent(facts.group, facts.at - timedelta(days=1)).filter(
        kind__in=CHANGES, thing_id__in=starts
    ):
        party = party_of(row.recipient_id)
        user = _on_duty(party) if party else None
        if user is not None:
            due, until = row.due_at + later, starts[row.thing_id]
            found.append(planned("worker_change_unheard", row.pk, user.pk, due=due, until=until))
    return found


def _recheck_unheard(message: Message, at: datetime) -> Send | Cancel:
    return to_worker(User.objects.get(pk=message.recipient_id), at)


CHANGES = ("meeting_not_happening", "meeting_moved")
PLANS = (duty, unheard)


def register_kinds(plan: Plan) -> None:
    """Tell the outbox of both; `plan` plans every message about meetings."""
    register("worker_release_duty", plan=plan, recheck=_recheck_duty, render=_duty_words)
    register(
        "worker_change_unheard",
        plan=plan,
        recheck=_recheck_unheard,
        render=tell("see that somebody is rung now, a change to a meeting has not reached them"),
    )
