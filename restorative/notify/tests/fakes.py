"""A kind of message that exists only in tests, and the facts that its functions read.
Processes started by tests use it too; their environment says what to do."""

import os
import signal
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from restorative.common import clock
from restorative.notify import delivery, registry
from restorative.notify.channels import Letter
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Groups, Hold, Kind, Planned, Send

KIND = "fake"
TEN = clock.moment(datetime(2027, 3, 2).date(), 10)  # noqa: DTZ001  a Tuesday morning


@dataclass
class World:
    """The facts from which the fake kind plans and re-checks."""

    planned: list[Planned] = field(default_factory=list)
    verdicts: dict[UUID, Send | Hold | Cancel | Exception] = field(default_factory=dict)
    body: str = "Can you ring me? Asha"
    unsent: list[tuple[UUID, str]] = field(default_factory=list)
    unsent_fails: bool = False
    checked: int = 0
    reads: list[int] = field(default_factory=list)
    changed: bool = False

    def plan(self, facts: object, messages: list[Message]) -> list[Planned]:
        return list(self.planned)

    def recheck(self, message: Message, facts: object) -> Send | Hold | Cancel:
        self.checked += 1
        die_at("recheck")
        verdict = self.verdicts.get(message.recipient_id, Send("email", "someone@example.org"))
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    def render(self, message: Message, facts: object) -> Content:
        die_at("render")
        return Content(subject="A message from Asha", body=self.body)

    def on_unsent(self, message: Message, at: datetime) -> None:
        if self.unsent_fails:
            raise RuntimeError("no task could be made")
        self.unsent.append((message.pk, message.state))

    def register(self) -> None:
        registry.register(Kind(KIND, self.plan, self.recheck, self.render, self.on_unsent))
        registry.register_groups(
            Groups(
                self.read,
                unchanged=lambda facts: not self.changed,
                silent=lambda facts: False,
                shut_out=lambda facts: (),
            )
        )

    def read(self, groups: Collection[UUID], at: datetime) -> dict[UUID, object]:
        self.reads.append(len(groups))
        return dict.fromkeys(groups, self)

    def want(self, **facts: object) -> Planned:
        """Add a message that should exist."""
        planned = Planned(
            **{
                "kind": KIND,
                "thing_id": uuid.uuid4(),
                "version": 1,
                "recipient_id": uuid.uuid4(),
                "due_at": TEN,
                "useless_after": TEN + timedelta(hours=4),
                "to_worker": False,
                **facts,
            }
        )
        self.planned.append(planned)
        return planned


def due(count: int, *, each_own_group: bool = True, **facts: object) -> list[Message]:
    """Create due rows without planning."""
    group = uuid.uuid4()
    defaults = {
        "created_at": TEN,
        "kind": KIND,
        "planned_for": TEN,
        "due_at": TEN,
        "useless_after": TEN + timedelta(hours=4),
    }
    return Message.objects.bulk_create(
        Message(
            **{
                "thing_id": uuid.uuid4(),
                "recipient_id": uuid.uuid4(),
                "group": uuid.uuid4() if each_own_group else group,
                **defaults,
                **facts,
            }
        )
        for _ in range(count)
    )


# ------------------------------------------------------------------------------- in other processes


def die_at(step: str) -> None:
    """Kill this process at this point if its environment says so."""
    if os.environ.get("DIE_AT") == step:
        os.kill(os.getpid(), signal.SIGKILL)


def deliver_to(log: Path) -> None:
    """Write each email as one line of a file, so that a double delivery is two lines."""

    def send(letter: Letter) -> str:
        die_at("handing")
        with open(log, "a") as file:
            file.write(f"{letter.reference}\n")
        die_at("handed")
        return "ok"

    delivery.CHANNELS["email"] = send


def wait_until(moment: float) -> None:
    """Wait for a moment of the system clock, which all processes share."""
    while (left := moment - time.monotonic()) > 0:
        time.sleep(left if left > 0.002 else 0)
