"""Kinds of message: an app registers how to plan, re-check and word each kind, in AppConfig.ready().
The outbox calls these functions with the facts of a group, and knows nothing else about the messages."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from restorative.notify.models import Message

# The facts of a group at a moment, as the reader that is registered below returns them.
Facts = Any


@dataclass(frozen=True)
class Planned:
    """A message that should exist now. (kind, thing_id, version, recipient_id) is sent at most once.

    It is sent from `due_at` and not after `useless_after`. `urgent` marks a change to what was announced: it may be
    sent from 07:30 and in addition to another message that day.
    """

    kind: str
    thing_id: UUID
    recipient_id: UUID
    due_at: datetime
    useless_after: datetime
    version: int = 1
    to_worker: bool = True
    urgent: bool = False

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
Plan = Callable[[Facts, list[Message]], list[Planned]]
Recheck = Callable[[Message, Facts], Verdict]
Render = Callable[[Message, Facts], Content]


@dataclass(frozen=True)
class Kind:
    """A kind of message with its functions.

    plan(facts, messages): all messages of this kind that should exist for the group, including past ones that were due.
    `messages` are the group's so far. A plan shared by several kinds is called once and plans them all.
    recheck(message, facts): whether it may be sent now, and where to; called inside the claim's transaction.
    render(message, facts): its text; called after recheck returned Send, in the same transaction.
    on_unsent(message, at): called in the same transaction when a wanted message ends without confirmed delivery, so
    that a worker can be told. message.state is uncertain, failed, or cancelled as too late.
    """

    name: str
    plan: Plan
    recheck: Recheck
    render: Render
    on_unsent: Callable[[Message, datetime], None] | None = None


@dataclass(frozen=True)
class Groups:
    """What an app knows of its groups, for every kind of message.

    read(groups, at): the facts of each group that exists.
    unchanged(facts): whether nothing was changed in the group since these were read.
    silent(facts): whether its participants get no message of any kind. shut_out(facts): workers who get none about it.
    """

    read: Callable[[Collection[UUID], datetime], Mapping[UUID, Facts]]
    unchanged: Callable[[Facts], bool]
    silent: Callable[[Facts], bool]
    shut_out: Callable[[Facts], Collection[UUID]]


_kinds: dict[str, Kind] = {}
_groups: list[Groups] = []


def register(*kinds: Kind) -> None:
    """Register kinds of message. Raises ValueError if another kind has the name."""
    for kind in kinds:
        if _kinds.setdefault(kind.name, kind) != kind:
            raise ValueError(f"The kind {kind.name} is registered twice.")


def register_groups(known: Groups) -> None:
    """Register how facts of groups are read; it replaces an earlier registration."""
    _groups[:] = [known]


def groups() -> Groups:
    """How facts of groups are read."""
    return _groups[0]


def may_be_told(facts: Facts, *, to_worker: bool, recipient: UUID) -> bool:
    """Whether this recipient may get any message about the group."""
    return recipient not in groups().shut_out(facts) if to_worker else not groups().silent(facts)


def kinds() -> list[Kind]:
    return list(_kinds.values())


def kind_of(message: Message) -> Kind | None:
    """The kind of a message, or None if the running code does not know it."""
    return _kinds.get(message.kind)
