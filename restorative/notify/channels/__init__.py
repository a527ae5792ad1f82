"""Ways out: each channel module has one function, `send(letter) -> str`, which returns the provider's reference.
Which channel a message takes is decided by delivery.py; whether it goes at all by outbox.py."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Letter:
    """What a channel is given. `reference` is our message's id; a provider is told it, so that it can be asked."""

    reference: UUID
    channel: str
    to: str
    subject: str
    body: str


class NotSent(Exception):
    """Known not to have gone; trying again later is safe."""


class Refused(Exception):
    """Known not to have gone, and trying again would not help."""


class NotYet(Exception):
    """This way out does not exist here yet. The message waits."""
