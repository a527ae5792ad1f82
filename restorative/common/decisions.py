"""The two answers code gives a person: may you, and is it possible now. Both are sentences.
What is allowed is decided in each app's access.py; what is possible in blockers.py and stages.py."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """Whether somebody may do a thing, and the sentence the page shows when not."""

    allowed: bool
    why: str = ""

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise Refused with the sentence unless allowed."""
        if not self.allowed:
            raise Refused(self.why)


ALLOWED = Decision(True)


def refuse(why: str) -> Decision:
    """A Decision that says no, with its sentence."""
    return Decision(False, why)


class Refused(Exception):
    """Somebody may not do this to a thing they can see. Shown as 403 with the sentence."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


class NotPossible(Exception):
    """Allowed, but not possible as things stand. Shown as an error on the form, with nothing typed lost."""

    def __init__(self, sentences: str | Sequence[str], *, field: str | None = None):
        self.sentences = [sentences] if isinstance(sentences, str) else list(sentences)
        self.field = field
        super().__init__(" ".join(self.sentences))
