"""Text messages. No provider is connected yet, so texts wait; they never use another channel instead.
To connect a provider, write `send` here; nothing else changes."""

from restorative.notify.channels import Letter, NotYet


def send(letter: Letter) -> str:
    """Raise NotYet: texts cannot be sent yet."""
    raise NotYet("texts cannot be sent from here yet")
