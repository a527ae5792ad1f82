"""What an app tells the outbox about each kind of message: how to plan it, check it again, and word it.
Register in AppConfig.ready(). The outbox calls these; it knows nothing else about what a message is about."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from restorative.notify.models import Message


@dataclass(frozen=True)
class Planned:
    """A message that should exist as things stand. (kind, thing_id, version, recipient_id) is told at most once.

    `due_at` is when it should go, `useless_after` when it is better not sent at all. `urgent` is a change to what
    was announced: it may go from 07:30 and beside another message of that day. `party_group` is whose messages are
    kept a minute apart when that is not the group it is planned with.
    """

    kind: str
    thing_id: UUID
    version: int
    recipient_id: UUID
    due_at: datetime
    useless_after: datetime
    to_worker: bool
    party_group: UUID | None = None
    urgent: bool = False
    route_id: UUID | None = None

    @property
    def key(self) -> tuple[str, UUID, int, UUID]:
        return (self.kind, self.thing_id, self.version, self.recipient_id)


@dataclass(frozen=True)
class Send:
    """Still right: send it there. `channel` is "email" or "text". `other_names` must not stand in the wording."""

    channel: str
    to: str
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hold:
    """Not now: look again at `until`. `why` is a short sentence without names or addresses."""

    until: datetime
    why: str


@dataclass(frozen=True)
class Cancel:
    """Not any more, for good. `why` is a short sentence without names or addresses."""

    why: str


@dataclass(frozen=True)
class Content:
    """The words. A text has no subject."""

    subject: str
    body: str


Verdict = Send | Hold | Cancel
Plan = Callable[[UUID, datetime], list[Planned]]


@dataclass(frozen=True)
class Kind:
    """A kind of message and what its app registered for it."""

    name: str
    plan: Plan
    recheck: Callable[[Message, datetime], Verdict]
    render: Callable[[Message, datetime], Content]
    on_unsent: Callable[[Message, datetime], None] | None = None


_kinds: dict[str, Kind] = {}
_silences: list[Callable[[UUID], bool]] = []
_shut_out: list[Callable[[UUID], Collection[UUID]]] = []


def register(
    kind: str,
    *,
    plan: Plan,
    recheck: Callable[[Message, datetime], Verdict],
    render: Callable[[Message, datetime], Content],
    on_unsent: Callable[[Message, datetime], None] | None = None,
) -> None:
    """Make a kind known.

    plan(group, at): every message of this kind that should exist for the group, past ones that were due included. One
    plan given for several kinds is asked once and plans them all.
    recheck(message, at): whether it may go at this very moment, and where to; called inside the claim's transaction.
    render(message, at): its words, called after recheck said Send, in the same transaction.
    on_unsent(message, at): called in the same transaction when a message that was wanted ends without being known to
    have arrived; message.state says how: uncertain, failed, or cancelled as too late. For making a worker's task.
    """
    known = _kinds.get(kind)
    made = Kind(kind, plan, recheck, render, on_unsent)
    if known is not None and known != made:
        raise ValueError(f"The kind {kind} is registered twice.")
    _kinds[kind] = made


def silence(holds: Callable[[UUID], bool]) -> None:
    """Say when nothing may be planned or sent to any participant of a group, whatever the kind."""
    if holds not in _silences:
        _silences.append(holds)


def silent(group: UUID) -> bool:
    """Whether nothing may go to any participant of this group."""
    return any(holds(group) for holds in _silences)


def shut_out(who: Callable[[UUID], Collection[UUID]]) -> None:
    """Say which workers are told nothing of a group, whatever the kind."""
    if who not in _shut_out:
        _shut_out.append(who)


def told_nothing(group: UUID) -> set[UUID]:
    """The workers to whom nothing about this group may go."""
    return {key for who in _shut_out for key in who(group)}


def unregister(kind: str) -> None:
    """Forget a kind. For tests."""
    _kinds.pop(kind, None)


def kinds() -> list[Kind]:
    """Every kind there is, in the order it was registered."""
    return list(_kinds.values())


def kind_of(message: Message) -> Kind | None:
    """The kind of a message, or None when no running code knows it."""
    return _kinds.get(message.kind)
