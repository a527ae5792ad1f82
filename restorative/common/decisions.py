"""The two kinds of refusal: not permitted, and not possible now. Both carry a sentence for the page.
Permissions are decided in each app's access.py; what is possible, in blockers and stages.py."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """Whether a user may do a thing, and the sentence shown if not."""

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
    return Decision(False, why)


class Refused(Exception):
    """The user may not do this to a thing they can see. Shown as 403 with the sentence."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


class NotPossible(Exception):
    """Permitted, but not possible now. Shown as an error on the form, which keeps the typed text."""

    def __init__(self, sentences: str | Sequence[str], *, field: str | None = None):
        self.sentences = [sentences] if isinstance(sentences, str) else list(sentences)
        self.field = field
        super().__init__(" ".join(self.sentences))


def need(text: str, sentence: str, *, field: str) -> None:
    """Raise NotPossible with this sentence at this field if the text is empty."""
    if not text.strip():
        raise NotPossible(sentence, field=field)
