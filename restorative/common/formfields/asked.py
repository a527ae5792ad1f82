"""Options that all our form fields share. How they affect a page is in forms.py."""

from collections.abc import Callable
from typing import Any


class Asked:
    """Adds three options to a field.

    `say`: a script for the worker, shown beside the question. `shown_if`: the name of another field and its answers
    that show this one; such a field is optional. `needed`: the error if the field is empty, where it is shown. Label,
    help text and `say` may contain {name}, {others} and a number of the rules, like {rules.draft_days}.
    """

    def __init__(self, *, say: str = "", shown_if: tuple[str, ...] = (), needed: str = "", **kwargs: Any):
        self.say, self.shown_if, self.needed = say, shown_if, needed
        kwargs.setdefault("required", not shown_if)
        if needed:
            kwargs["error_messages"] = {"required": needed}
        super().__init__(**kwargs)

    def fit(self, fit: Callable[[str], str]) -> None:
        """Fill in the names."""
        self.label, self.help_text, self.say = fit(self.label or ""), fit(self.help_text), fit(self.say)
