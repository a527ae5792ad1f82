"""Kinds of message: an app registers how to plan, re-check and word each kind, in AppConfig.ready().
The outbox calls these functions and knows nothing else about the messages."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from restorative.notify.models import Message


@dataclass(frozen=True)
class Planned:
    """A message that should exist now. (kind, thing_id, version, recipient_id) is sent at most once.

    It is sent from `due_at` and not after `useless_after`. `urgent` marks a change to what was announced: it may be
    sent from 07:30 and in addition to another message that day. `party_group` is the group for spacing messages a
    minute apart, if it differs from the group it is planned with.
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
    """Send it to this address. `channel` is "email" or "text". `other_names` must not appear in the text."""

    channel: str
    to: str
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hold:
    """Not now: check again at `until`. `why` is a short sentence without names or addresses."""

    until: datetime
    why: str


@dataclass(frozen=True)
class Cancel:
    """Never. `why` is a short sentence without names or addresses."""

    why: str


@dataclass(frozen=True)
class Content:
    """The text of a message. An SMS has no subject."""

    subject: str
    body: str


Verdict = Send | Hold | Cancel
Plan = Callable[[UUID, datetime], list[Planned]]


@dataclass(frozen=True)
class Kind:
    """A kind of message with its registered functions."""

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
    """Register a kind of message.

    plan(group, at): all messages of this kind that should exist for the group, including past ones that were due. A
    plan shared by several kinds is called once and plans them all.
    recheck(message, at): whether it may be sent now, and where to; called inside the claim's transaction.
    render(message, at): its text; called after recheck returned Send, in the same transaction.
    on_unsent(message, at): called in the same transaction when a wanted message ends without confirmed delivery, so
    that a worker can be told. message.state is uncertain, failed, or cancelled as too late.
    """
    known = _kinds.get(kind)
    made = Kind(kind, plan, recheck, render, on_unsent)
    if known is not None and known != made:
        raise ValueError(f"The kind {kind} is registered twice.")
    _kinds[kind] = made


def silence(holds: Callable[[UUID], bool]) -> None:
    """Register a test for groups whose participants may get no message of any kind."""
    if holds not in _silences:
        _silences.append(holds)


def silent(group: UUID) -> bool:
    """Whether participants of this group may get no message."""
    return any(holds(group) for holds in _silences)


def shut_out(who: Callable[[UUID], Collection[UUID]]) -> None:
    """Register a function that returns the workers who may get no message about a group."""
    if who not in _shut_out:
        _shut_out.append(who)


def told_nothing(group: UUID) -> set[UUID]:
    """The workers who may get no message about this group."""
    return {key for who in _shut_out for key in who(group)}


def unregister(kind: str) -> None:
    """Remove a kind. For tests."""
    _kinds.pop(kind, None)


def kinds() -> list[Kind]:
    """All kinds, in order of registration."""
    return list(_kinds.values())


def kind_of(message: Message) -> Kind | None:
    """The kind of a message, or None if the running code does not know it."""
    return _kinds.get(message.kind)
