"""Records a death: stops messages and further records about the person, and asks every worker to ring a colleague.
The system announces the death to no one."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import transaction

from referrals import access, events
from referrals.actions.change import Change, changing
from referrals.enums import MEETING_PARTS, Stage, TaskKind
from referrals.meetings_port import meetings
from referrals.models import Party, Person, Task
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules

RING = "Ring {who}: something has changed. Do not send messages."


def record_death(*, party: Party, died_on: date, by: User, at: datetime | None = None) -> None:
    """Record that a person has died, in every referral of their organisation, in one transaction.

    Cancels every message to participants of these referrals and plans no more; calls booked meetings off without a
    message; pauses each referral; gives each other worker a neutrally worded task to ring a colleague. Raises
    Refused, or NotPossible naming the field.
    """
    access.may_open(by, party).require()
    if died_on > clock.today(at or clock.now()):
        raise NotPossible("The day cannot be in the future.", field="died_on")
    with transaction.atomic(), ExitStack() as held:
        ids = Party.objects.unscoped("every referral of somebody").filter(person=party.person_id).present()
        keys = sorted({party.referral_id, *ids.values_list("referral", flat=True)})
        changes = [held.enter_context(changing(key, by=by, at=at)) for key in keys]
        people = Person.objects.unscoped("record a death").filter(pk=party.person_id, died_on__isnull=True)
        now = max(change.at for change in changes)
        if not people.update(died_on=died_on, died_recorded_at=now, died_recorded_by=by):
            raise NotPossible("This has already been recorded.")
        for change in changes:
            change = replace(change, at=now)
            change.wrote(Person)
            here = party if change.referral.pk == party.referral_id else None
            change.record("death_recorded", party.person, fields=["died_on"], party=here)
            _fall_silent(change, by)


def _fall_silent(change: Change, by: User) -> None:
    """Pause one referral; the outbox cancels its messages when the change ends (reminders.reach.nothing_is_sent)."""
    referral = change.referral
    if referral.stage == Stage.CLOSED:
        return
    change.send(events.died)
    review_on = clock.today(change.at) + timedelta(days=rules().died_review_days)
    if referral.stage == Stage.PAUSED:
        if referral.review_on and referral.review_on > review_on:
            change.set(referral, review_on=review_on)
    elif not meetings().dates(change.facts).started:
        # A meeting that has started is recorded first, and not paused before.
        change.take_step("pause", review_on=review_on)
    _ask_to_ring(change, by)


def _ask_to_ring(change: Change, by: User) -> None:
    """Each other worker rings the lead; the lead rings the worker who recorded the death."""
    referral, facts = change.referral, change.facts
    running = {
        row.user_id for row in facts.involvements if row.part in MEETING_PARTS and row.runs_at(facts.at)
    }
    supporting = {party.row.keyworker_id for party in facts.present if party.row.keyworker_id}
    workers = {referral.lead_id, *running, *supporting} - {by.pk}
    for worker in sorted(filter(facts.is_active, workers)):
        who = by if worker == referral.lead_id else referral.lead
        change.add(
            Task,
            referral=referral,
            assignee_id=worker,
            kind=TaskKind.RING,
            words=RING.format(who=who.first_name),
            due_on=clock.today(change.at),
        )


def rang(*, task: Task, by: User, at: datetime | None = None) -> None:
    """Note that a worker rang their colleague."""
    access.may_finish_ring(by, task).require()
    with changing(task.referral_id, by=by, at=at) as change:
        change.settle(task, "done", "This has already been done.")
        change.record("colleague_rung", task, fields=["done_at"])
