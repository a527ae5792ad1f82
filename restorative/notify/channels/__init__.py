"""Channels: each module has one function, `send(letter) -> str`, which returns the provider's reference.
delivery.py chooses the channel; sending.py decides whether a message is sent."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Letter:
    """The input of a channel. `reference` is our message's id; the provider gets it, so that we can look it up."""

    reference: UUID
    channel: str
    to: str
    subject: str
    body: str


class NotSent(Exception):
    """Certainly not sent; a retry is safe."""


class Refused(Exception):
    """Certainly not sent; a retry would not help."""


class NotYet(Exception):
    """This channel is not connected yet. The message waits."""
