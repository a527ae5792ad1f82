"""The sweep: claims due messages, checks them again, hands them over and records the results.
Messages are planned in outbox.py; callers use `outbox.sweep`."""

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from restorative.common import clock
from restorative.notify import delivery, registry, spacing, wording
from restorative.notify.channels import Letter
from restorative.notify.delivery import Became
from restorative.notify.models import WAITING, Message, State
from restorative.notify.registry import Cancel, Content, Hold, Send
from restorative.notify.spacing import TOO_LATE

log = logging.getLogger("restorative.notify")

UNCERTAIN_AFTER = timedelta(minutes=10)
RETRY_AFTER = [timedelta(minutes=m) for m in (1, 5, 15, 60, 120)]
SHORTEST_HOLD = timedelta(minutes=1)
LOOK_AGAIN_AFTER = timedelta(minutes=10)
CHUNK = 25  # rows checked together, so that little time is lost on rows that another sweep has taken
FRESH_FOR = 2  # seconds for which facts that were read count, unless their group was changed
NO_WORDS = Content("", "")
UNWANTED = "cancelled while it was being sent, and it had not gone"


@dataclass(frozen=True)
class Outcome:
    """What a sweep did with one message. `why` never contains a name or an address."""

    message_id: UUID
    kind: str
    state: str
    why: str = ""


def sweep(*, at: datetime | None = None, limit: int = 500, dry_run: bool = False) -> list[Outcome]:
    """Send what is due, at most `limit` messages. Sweeps may run concurrently; only one claims each message.

    With dry_run every decision is made, but nothing is sent or stored.
    """
    if not dry_run:
        return [*_give_up_on_lost(), *_sweep(at, limit, dry_run=False)]
    with transaction.atomic():
        outcomes = [*_give_up_on_lost(), *_sweep(at, limit, dry_run=True)]
        transaction.set_rollback(True)
    return outcomes


def _sweep(at: datetime | None, limit: int, *, dry_run: bool) -> list[Outcome]:
    due = Message.objects.filter(state__in=WAITING, due_at__lte=at or clock.now())
    rows = list(due.order_by("-urgent", "due_at", "pk").values_list("urgent", "pk")[:limit])
    # Concurrent sweeps see the same rows. A random order lets each find most of its rows free.
    random.shuffle(rows)
    rows.sort(key=lambda row: not row[0])
    outcomes: list[Outcome | None] = []
    for start in range(0, len(rows), CHUNK):
        chunk = [pk for _, pk in rows[start : start + CHUNK]]
        free = dict(due.filter(pk__in=chunk).values_list("pk", "group"))
        read = _ReadFacts({*free.values()}, at or clock.now())
        for pk in (pk for pk in chunk if pk in free):
            with _one_at_a_time(pk):
                outcomes.append(_process(pk, at, read, dry_run=dry_run))
    return [outcome for outcome in outcomes if outcome is not None]


class _ReadFacts:
    """The facts of a chunk's groups, read at once. After a change, or FRESH_FOR, a group is read again."""

    def __init__(self, groups: set[UUID], at: datetime) -> None:
        self._read_at = time.monotonic()
        try:
            with transaction.atomic():
                self._facts = registry.groups().read(groups, at) if groups else {}
        except Exception as error:
            # Each message then reads its own, so that one group's error does not affect the others.
            log.error("the facts of a chunk could not be read", exc_info=error)
            self._facts = {}

    def of(self, group: UUID, at: datetime) -> registry.Facts:
        """The facts as they are now; None if the group does not exist. Called inside the claim's transaction."""
        known = self._facts.get(group) if time.monotonic() - self._read_at < FRESH_FOR else None
        if known is not None and registry.groups().unchanged(known):
            return known
        return registry.groups().read([group], at).get(group)


def _process(pk: UUID, at: datetime | None, read: _ReadFacts, *, dry_run: bool) -> Outcome | None:
    """Claim one message, check it again, hand it over and record the result. None: another sweep has it."""
    moment = at or clock.now()
    try:
        claimed = _claim(pk, moment, read)
    except Exception as error:
        log.error("message %s could not be checked", pk, exc_info=error)
        return _settle(pk, moment, Hold(moment + LOOK_AGAIN_AFTER, "it could not be checked"), WAITING)
    if claimed is None or isinstance(claimed, Outcome):
        return claimed
    message, letter = claimed
    if dry_run:
        return Outcome(pk, message.kind, State.SENT, f"by {letter.channel}")
    if at is None and not message.to_worker and spacing.minute_of(clock.now()) != message.spacing_minute:
        # The minute taken has passed. Nothing was handed over yet, so the message can take another.
        return _settle(pk, moment, Hold(clock.now(), "the minute passed"), [State.SENDING])
    return _record(message, delivery.deliver(letter), moment)


def _claim(pk: UUID, at: datetime, read: _ReadFacts) -> tuple[Message, Letter] | Outcome | None:
    """One short transaction: claim the row, check it, store the text. After a crash in here it still waits."""
    with transaction.atomic():
        mine = Message.objects.filter(pk=pk, state__in=WAITING, due_at__lte=at)
        if mine.update(state=State.SENDING, claimed_at=clock.now()) != 1:
            return None
        message = Message.objects.get(pk=pk)  # claimed_at as stored: it identifies this claim
        verdict, words = _ask(message, at, read)
        if isinstance(verdict, Send):
            said = {"channel": verdict.channel, "subject": words.subject, "body": words.body}
            verdict = spacing.take_place(message, at, said) or verdict
        if not isinstance(verdict, Send):
            return _settle(pk, at, verdict, [State.SENDING])
        return message, Letter(message.pk, verdict.channel, verdict.to, words.subject, words.body)


def _ask(message: Message, at: datetime, read: _ReadFacts) -> tuple[Send | Hold | Cancel, Content]:
    """Check everything now: still useful, not quiet hours, still wanted by its app, no forbidden words."""
    if at > message.useless_after:
        return Cancel(TOO_LATE), NO_WORDS
    kind = registry.kind_of(message)
    if kind is None:
        log.error("no running code knows the kind %s", message.kind)
        return Hold(at + LOOK_AGAIN_AFTER, "no running code knows this kind"), NO_WORDS
    facts = read.of(message.group, at)
    if facts is None:
        return Cancel("what it was about does not exist any more"), NO_WORDS
    if not registry.may_be_told(facts, to_worker=message.to_worker, recipient=message.recipient_id):
        return Cancel("they are told nothing of this"), NO_WORDS
    verdict = spacing.quiet_hold(message, at) or kind.recheck(message, facts)
    if isinstance(verdict, Hold):
        return Hold(max(verdict.until, at + SHORTEST_HOLD), verdict.why), NO_WORDS
    if isinstance(verdict, Cancel):
        return verdict, NO_WORDS
    words = kind.render(message, facts)
    if not message.to_worker and wording.forbidden(f"{words.subject}\n{words.body}", verdict.other_names):
        log.error("message %s of kind %s says what it may not", message.pk, message.kind)
        return Hold(at + LOOK_AGAIN_AFTER, "its wording says what it may not"), NO_WORDS
    return verdict, words


def _settle(
    pk: UUID, at: datetime, verdict: Hold | Cancel, expected: list[State] | tuple[State, ...]
) -> Outcome | None:
    """Hold or cancel a message that is not sent now, unless it has left the expected state."""
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=pk, state__in=expected).first()
        if message is None:
            return None
        if message.unwanted:
            verdict = Cancel(UNWANTED)
        facts: dict[str, Any] = {"claimed_at": None, "why_held": verdict.why[:200]}
        facts |= {"spacing_minute": None, "spacing_day": None}
        if isinstance(verdict, Hold):
            # A hold may end early, so the message is checked once more before it becomes useless.
            facts |= {"state": State.HELD, "due_at": min(verdict.until, message.useless_after)}
        else:
            facts |= {"state": State.CANCELLED}
        Message.objects.filter(pk=pk).update(**facts)
        if verdict.why == TOO_LATE:
            _tell_unsent(pk, at)
        return Outcome(pk, message.kind, str(facts["state"]), _why(verdict))


def _why(verdict: Hold | Cancel) -> str:
    return (
        f"{verdict.why}, until {clock.show_when(verdict.until)}" if isinstance(verdict, Hold) else verdict.why
    )


def _record(message: Message, result: delivery.Result, at: datetime) -> Outcome | None:
    """Record the result. A success that arrives after we gave up still counts; a refusal does not."""
    mine = Message.objects.filter(pk=message.pk, claimed_at=message.claimed_at)
    if result.became is Became.SENT:
        mine = mine.filter(state__in=[State.SENDING, State.UNCERTAIN])
        sent = {"state": State.SENT, "sent_at": at, "provider_ref": result.reference, "why_held": ""}
        done = mine.update(attempts=message.attempts + 1, **sent)
        return Outcome(message.pk, message.kind, State.SENT, f"by {message.channel}") if done else None
    with transaction.atomic():
        now = mine.select_for_update().filter(state=State.SENDING).first()
        if now is None:
            return None
        facts, shown = _facts_of_a_no(now, result, at)
        mine.update(attempts=message.attempts + 1, **facts)
        if facts["state"] in (State.FAILED, State.UNCERTAIN):
            _tell_unsent(message.pk, at)
        return Outcome(message.pk, message.kind, str(facts["state"]), shown)


def _facts_of_a_no(message: Message, result: delivery.Result, at: datetime) -> tuple[dict[str, Any], str]:
    if result.became is Became.UNKNOWN:
        return {"state": State.UNCERTAIN, "why_held": result.why}, result.why
    free: dict[str, Any] = {"why_held": result.why, "spacing_minute": None}
    if message.unwanted:
        return free | {"state": State.CANCELLED, "spacing_day": None, "why_held": UNWANTED}, UNWANTED
    until = _try_again_at(message, result, at)
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
    """Mark claims older than 10 minutes uncertain: their process died, perhaps after sending. They get no retry."""
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
    """An error with one message does not affect the others; the next sweep tries it again."""
    try:
        yield
    except Exception as error:
        log.error("message %s could not be dealt with", pk, exc_info=error)


def _tell_unsent(pk: UUID, at: datetime) -> None:
    """Tell the app that a message has no confirmed delivery, so that a worker is told."""
    message = Message.objects.get(pk=pk)
    kind = registry.kind_of(message)
    if kind and kind.on_unsent:
        kind.on_unsent(message, at)
