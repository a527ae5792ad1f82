"""Records a death: stops messages and further records about the person, and asks every worker to ring a colleague.
The system announces the death to no one."""

from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from referrals import access, events
from referrals.actions.lifecycle import changing, made, take_step
from referrals.enums import Stage, TaskKind
from referrals.meetings_port import meetings
from referrals.models import Party, Person, Referral, Task
from referrals.querysets_involvement import worker_ids
from restorative.accounts.models import User as Worker
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

RING = "Ring {who}: something has changed. Do not send messages."


def record_death(*, party: Party, died_on: date, by: "User", at: datetime | None = None) -> None:
    """Record that a person has died, in every referral of their organisation, in one transaction.

    Cancels every message to participants of these referrals and plans no more; calls booked meetings off without a
    message; pauses each referral; gives each other worker a neutrally worded task to ring a colleague. Raises
    Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    if died_on > clock.today(at):
        raise NotPossible("The day cannot be in the future.", field="died_on")
    with transaction.atomic(), ExitStack() as held:
        ids = Party.objects.unscoped("every referral of somebody").filter(person=party.person_id).present()
        keys = sorted({party.referral_id, *ids.values_list("referral", flat=True)})
        changed = [held.enter_context(changing(key, at=at)) for key in keys]
        at = max(moment for _, moment in changed)
        people = Person.objects.unscoped("record a death").filter(pk=party.person_id, died_on__isnull=True)
        if not people.update(died_on=died_on, died_recorded_at=at, died_recorded_by=by):
            raise NotPossible("This has already been recorded.")
        for referral, _ in changed:
            record(
                "death_recorded",
                by=by,
                thing=party.person,
                referral_id=referral.pk,
                party_id=party.pk if referral.pk == party.referral_id else None,
                fields=["died_on"],
                at=at,
            )
            _fall_silent(referral, by=by, at=at)


def _fall_silent(referral: Referral, *, by: "User", at: datetime) -> None:
    """Pause one referral; the outbox cancels its messages when the change ends (see reminders.nobody_is_told)."""
    if referral.stage == Stage.CLOSED:
        return
    events.died.send(Referral, referral=referral, party=None, by=by, at=at)
    review_on = clock.today(at) + timedelta(days=rules().died_review_days)
    if referral.stage == Stage.PAUSED:
        Referral.objects.unscoped("look at it sooner").filter(pk=referral.pk, review_on__gt=review_on).update(
            review_on=review_on
        )
    elif not meetings().has_started(
        referral.pk
    ):  # a meeting that has started is recorded first, and not paused before
        take_step("pause", referral, by=by, at=at, review_on=review_on)
    _ask_to_ring(referral, by=by, at=at)


def _ask_to_ring(referral: Referral, *, by: "User", at: datetime) -> None:
    """Each other worker rings the lead; the lead rings the worker who recorded the death."""
    workers = Worker.objects.filter(pk__in=worker_ids(referral.pk, at), is_active=True).exclude(pk=by.pk)
    for worker in workers.order_by("pk"):
        who = by if worker.pk == referral.lead_id else referral.lead
        Task.objects.create(
            referral=referral,
            assignee=worker,
            kind=TaskKind.RING,
            words=RING.format(who=who.first_name),
            due_on=clock.today(at),
            **made(by, at),
        )


def rang(*, task: Task, by: "User", at: datetime | None = None) -> None:
    """Note that a worker rang their colleague."""
    at = at or clock.now()
    access.may_finish_ring(by, task).require()
    with changing(task.referral_id, at=at) as (referral, at):
        done = Task.objects.unscoped("rang").filter(pk=task.pk, done_at__isnull=True)
        if not done.update(done_at=at, done_by=by):
            raise NotPossible("This has already been done.")
        record("colleague_rung", by=by, thing=task, referral_id=referral.pk, fields=["done_at"], at=at)
