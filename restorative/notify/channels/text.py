"""Text messages. No provider is connected yet, so a text waits rather than going some other way.
Connecting one means writing `send` here; nothing else changes."""

from restorative.notify.channels import Letter, NotYet


def send(letter: Letter) -> str:
    """Say that texts cannot be sent from here yet."""
    raise NotYet("texts cannot be sent from here yet")
