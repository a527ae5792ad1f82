"""The outbox: reconcile() writes what should be sent, in the transaction of the change; sweep() sends what is due.
What a message says and whether it may still go are asked of the app that registered its kind."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from restorative.common import clock
from restorative.notify import delivery, registry, spacing, wording
from restorative.notify.channels import Letter
from restorative.notify.delivery import Became
from restorative.notify.models import WAITING, Message, State
from restorative.notify.registry import Cancel, Content, Hold, Planned, Send

log = logging.getLogger("restorative.notify")

UNCERTAIN_AFTER = timedelta(minutes=10)
RETRY_AFTER = [timedelta(minutes=m) for m in (1, 5, 15, 60, 120)]
SHORTEST_HOLD = timedelta(minutes=1)
LOOK_AGAIN_AFTER = timedelta(minutes=10)
TOO_LATE = spacing.TOO_LATE
NO_WORDS = Content("", "")


@dataclass(frozen=True)
class Reconciled:
    """What reconcile() did. `already_sending` were claimed before they could be cancelled: name them to the person."""

    created: list[Message]
    cancelled: list[Message]
    already_sending: list[Message]

    def __iter__(self) -> Iterator[list[Message]]:
        return iter((self.created, self.cancelled, self.already_sending))


@dataclass(frozen=True)
class Outcome:
    """What a sweep did with one message. `why` never holds a name or an address."""

    message_id: UUID
    kind: str
    state: str
    why: str = ""


# ------------------------------------------------------------------------------------------------ planning


def reconcile(group: UUID, *, at: datetime | None = None) -> Reconciled:
    """Make the rows of a group what its registered kinds plan as things stand. Call it inside the change's transaction.

    Unpacks as (created, cancelled, already_sending).
    """
    _require_transaction("reconcile")
    at = at or clock.now()
    wanted = {planned.key: planned for kind in registry.kinds() for planned in kind.plan(group, at)}
    rows = {(m.kind, m.thing_id, m.version, m.recipient_id): m for m in Message.objects.filter(group=group)}
    unplanned = [m for key, m in rows.items() if key not in wanted]
    cancelled, already_sending = _cancel(unplanned, "no longer planned")
    for key, planned in wanted.items():
        if key in rows and rows[key].state in WAITING:
            _move(rows[key], planned)
    created = [_new(group, planned, at) for key, planned in wanted.items() if key not in rows]
    if created:
        Message.objects.bulk_create(created, ignore_conflicts=True)
    return Reconciled(created, cancelled, already_sending)


def cancel_for(
    group: UUID, *, why: str, kinds: list[str] | None = None, recipient_id: UUID | None = None
) -> tuple[list[Message], list[Message]]:
    """Cancel whatever of a group still waits: (cancelled, already_sending). For when nothing may be planned any more.

    What it cancels stays cancelled, even where a later reconcile() plans the same version again.
    """
    _require_transaction("cancel_for")
    rows = Message.objects.filter(group=group)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if recipient_id is not None:
        rows = rows.filter(recipient_id=recipient_id)
    return _cancel(list(rows.filter(state__in=[*WAITING, State.SENDING])), why)


def _require_transaction(what: str) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError(f"{what}() belongs inside the transaction of the change it follows from.")


def _cancel(messages: list[Message], why: str) -> tuple[list[Message], list[Message]]:
    """Cancel those still waiting. One that a sweep claims at this moment is cancelled or named, never both."""
    cancelled, already_sending = [], []
    for message in messages:
        if message.state in WAITING:
            gone = Message.objects.filter(pk=message.pk, state__in=WAITING).update(
                state=State.CANCELLED, why_held=why[:200], spacing_minute=None, spacing_day=None
            )
            if gone:
                message.state = State.CANCELLED
                cancelled.append(message)
                continue
            message.refresh_from_db()
        if message.state == State.SENDING:
            already_sending.append(message)
    return cancelled, already_sending


def _new(group: UUID, planned: Planned, at: datetime) -> Message:
    return Message(
        created_at=at,
        kind=planned.kind,
        thing_id=planned.thing_id,
        version=planned.version,
        recipient_id=planned.recipient_id,
        route_id=planned.route_id,
        group=group,
        spacing_group=planned.party_group,
        to_worker=planned.to_worker,
        urgent=planned.urgent,
        planned_for=planned.due_at,
        due_at=planned.due_at,
        useless_after=planned.useless_after,
    )


def _move(message: Message, planned: Planned) -> None:
    """Follow a changed plan. A held message is looked at again at its time: what held it may have changed."""
    same_time = message.planned_for == planned.due_at
    facts = {"useless_after": planned.useless_after, "route_id": planned.route_id, "urgent": planned.urgent}
    if same_time and message.state == State.DUE and all(getattr(message, k) == v for k, v in facts.items()):
        return
    if not same_time or message.state == State.HELD:
        facts |= {"due_at": planned.due_at, "planned_for": planned.due_at, "state": State.DUE, "why_held": ""}
    Message.objects.filter(pk=message.pk, state__in=WAITING).update(**facts)


# ------------------------------------------------------------------------------------------------ sending


def sweep(*, at: datetime | None = None, limit: int = 500, dry_run: bool = False) -> list[Outcome]:
    """Send what is due, at most `limit`. Any number of sweeps may run at once; each message has one that claims it.

    With dry_run everything is decided as it would be, nothing is sent and nothing is kept.
    """
    if not dry_run:
        return [*_give_up_on_lost(), *_sweep(at, limit, dry_run=False)]
    with transaction.atomic():
        outcomes = [*_give_up_on_lost(), *_sweep(at, limit, dry_run=True)]
        transaction.set_rollback(True)
    return outcomes


def _sweep(at: datetime | None, limit: int, *, dry_run: bool) -> list[Outcome]:
    due = Message.objects.filter(state__in=WAITING, due_at__lte=at or clock.now())
    ids = list(due.order_by("-urgent", "due_at", "pk").values_list("pk", flat=True)[:limit])
    outcomes = []
    for pk in ids:
        with _one_at_a_time(pk):
            outcomes.append(_process(pk, at, dry_run=dry_run))
    return [outcome for outcome in outcomes if outcome is not None]


def _process(pk: UUID, at: datetime | None, *, dry_run: bool) -> Outcome | None:
    """Claim one message, check everything again, hand it over, record what became of it. None: somebody else has it."""
    moment = at or clock.now()
    try:
        claimed = _claim(pk, moment)
    except Exception as error:
        log.error("message %s could not be checked", pk, exc_info=error)
        return _settle(pk, moment, Hold(moment + LOOK_AGAIN_AFTER, "it could not be checked"), WAITING)
    if claimed is None or isinstance(claimed, Outcome):
        return claimed
    message, letter = claimed
    if dry_run:
        return Outcome(pk, message.kind, State.SENT, f"by {letter.channel}")
    if at is None and not message.to_worker and spacing.minute_of(clock.now()) != message.spacing_minute:
        # The minute that was taken has passed. Nothing was handed over yet, so another can be taken.
        return _settle(pk, moment, Hold(clock.now(), "the minute passed"), [State.SENDING])
    return _record(message, delivery.deliver(letter), moment)


def _claim(pk: UUID, at: datetime) -> tuple[Message, Letter] | Outcome | None:
    """One short transaction: take the row, ask whether it may go, keep the words. A crash in here leaves it waiting."""
    with transaction.atomic():
        mine = Message.objects.filter(pk=pk, state__in=WAITING, due_at__lte=at)
        if mine.update(state=State.SENDING, claimed_at=clock.now()) != 1:
            return None
        message = Message.objects.get(pk=pk)  # claimed_at as it is stored: the claim is told apart by it
        verdict, words = _ask(message, at)
        if isinstance(verdict, Send):
            verdict = spacing.take_place(message, at) or verdict
        if not isinstance(verdict, Send):
            return _settle(pk, at, verdict, [State.SENDING])
        Message.objects.filter(pk=pk).update(channel=verdict.channel, subject=words.subject, body=words.body)
        message.channel = verdict.channel
        return message, Letter(message.pk, verdict.channel, verdict.to, words.subject, words.body)


def _ask(message: Message, at: datetime) -> tuple[Send | Hold | Cancel, Content]:
    """Ask everything again, at this moment: is it of use, is it day, does the app still want it, are the words fit."""
    if at > message.useless_after:
        return Cancel(TOO_LATE), NO_WORDS
    kind = registry.kind_of(message)
    if kind is None:
        log.error("no running code knows the kind %s", message.kind)
        return Hold(at + LOOK_AGAIN_AFTER, "no running code knows this kind"), NO_WORDS
    verdict = spacing.quiet_hold(message, at) or kind.recheck(message, at)
    if isinstance(verdict, Hold):
        return Hold(max(verdict.until, at + SHORTEST_HOLD), verdict.why), NO_WORDS
    if isinstance(verdict, Cancel):
        return verdict, NO_WORDS
    words = kind.render(message, at)
    if not message.to_worker and wording.forbidden(f"{words.subject}\n{words.body}", verdict.other_names):
        log.error("message %s of kind %s says what it may not", message.pk, message.kind)
        return Hold(at + LOOK_AGAIN_AFTER, "its wording says what it may not"), NO_WORDS
    return verdict, words


def _settle(
    pk: UUID, at: datetime, verdict: Hold | Cancel, expected: list[State] | tuple[State, ...]
) -> Outcome | None:
    """Put a message that does not go now where it belongs, unless it has left the expected state."""
    with transaction.atomic():
        message = Message.objects.filter(pk=pk, state__in=expected).first()
        if message is None:
            return None
        facts: dict[str, Any] = {"claimed_at": None, "why_held": verdict.why[:200]}
        facts |= {"spacing_minute": None, "spacing_day": None}
        if isinstance(verdict, Hold):
            # A hold may end early, so the message is looked at once more before it is of no use.
            facts |= {"state": State.HELD, "due_at": min(verdict.until, message.useless_after)}
        else:
            facts |= {"state": State.CANCELLED}
        if Message.objects.filter(pk=pk, state__in=expected).update(**facts) != 1:
            return None
        if verdict.why == TOO_LATE:
            _tell_unsent(pk, at)
        return Outcome(pk, message.kind, str(facts["state"]), _why(verdict))


def _why(verdict: Hold | Cancel) -> str:
    return (
        f"{verdict.why}, until {clock.show_when(verdict.until)}" if isinstance(verdict, Hold) else verdict.why
    )


def _record(message: Message, result: delivery.Result, at: datetime) -> Outcome | None:
    """Write down what became of a message. A yes that arrives after we gave up on it still counts; a no does not."""
    facts, shown = _facts_of(message, result, at)
    mine = Message.objects.filter(pk=message.pk, claimed_at=message.claimed_at)
    with transaction.atomic():
        if mine.filter(state=State.SENDING).update(attempts=message.attempts + 1, **facts) != 1:
            late = mine.filter(state=State.UNCERTAIN).update(**facts) if facts["state"] == State.SENT else 0
            return Outcome(message.pk, message.kind, State.SENT, shown) if late else None
        if facts["state"] in (State.FAILED, State.UNCERTAIN):
            _tell_unsent(message.pk, at)
        return Outcome(message.pk, message.kind, str(facts["state"]), shown)


def _facts_of(message: Message, result: delivery.Result, at: datetime) -> tuple[dict[str, Any], str]:
    if result.became is Became.SENT:
        sent = {"state": State.SENT, "sent_at": at, "provider_ref": result.reference, "why_held": ""}
        return sent, f"by {message.channel}"
    if result.became is Became.UNKNOWN:
        return {"state": State.UNCERTAIN, "why_held": result.why}, result.why
    until = _try_again_at(message, result, at)
    free: dict[str, Any] = {"why_held": result.why, "spacing_minute": None}
    if until is None or until > message.useless_after:
        return free | {"state": State.FAILED, "spacing_day": None}, result.why
    shown = f"{result.why}, until {clock.show_when(until)}"
    return free | {"state": State.HELD, "due_at": until, "claimed_at": None}, shown


def _try_again_at(message: Message, result: delivery.Result, at: datetime) -> datetime | None:
    if result.became is Became.NOT_YET:
        return clock.next_allowed(at + timedelta(days=1))
    if result.became is Became.NOT_SENT and message.attempts < len(RETRY_AFTER):
        return at + RETRY_AFTER[message.attempts]
    return None


def _give_up_on_lost() -> list[Outcome]:
    """A claim of more than 10 minutes is of a process that died: nobody knows whether it was sent. Never sent again."""
    now = clock.now()
    lost = Q(state=State.SENDING, claimed_at__lt=now - UNCERTAIN_AFTER)
    why = "it was being sent when the work stopped"
    outcomes = []
    for pk, kind in list(Message.objects.filter(lost).values_list("pk", "kind")):
        with _one_at_a_time(pk), transaction.atomic():
            if Message.objects.filter(lost, pk=pk).update(state=State.UNCERTAIN, why_held=why) == 1:
                _tell_unsent(pk, now)
                outcomes.append(Outcome(pk, kind, State.UNCERTAIN, why))
    return outcomes


@contextmanager
def _one_at_a_time(pk: UUID) -> Iterator[None]:
    """One message that cannot be dealt with does not keep the others; the next sweep meets it again."""
    try:
        yield
    except Exception as error:
        log.error("message %s could not be dealt with", pk, exc_info=error)


def _tell_unsent(pk: UUID, at: datetime) -> None:
    """Tell the app that a message it wanted is not known to have arrived, so that a worker is told."""
    message = Message.objects.get(pk=pk)
    kind = registry.kind_of(message)
    if kind and kind.on_unsent:
        kind.on_unsent(message, at)


# ------------------------------------------------------------------------------------------------ looking


def uncertain(group: UUID | None = None) -> QuerySet[Message]:
    """Messages of which nobody knows whether they were sent, oldest first; of one group, or all."""
    rows = Message.objects.filter(state=State.UNCERTAIN)
    return (rows.filter(group=group) if group else rows).order_by("claimed_at")


def not_due(at: datetime, limit: int) -> list[Message]:
    """What waits for a later time, the next first."""
    return list(Message.objects.filter(state__in=WAITING, due_at__gt=at).order_by("due_at", "pk")[:limit])


def overdue_since(at: datetime) -> datetime | None:
    """Since when the oldest due message has waited, for the health page. None when nothing is due."""
    return (
        Message.objects.filter(state__in=WAITING, due_at__lte=at)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
