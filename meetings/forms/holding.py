"""Facilitators who cannot come, and stand-ins. Choices are passed in; nothing is queried here."""

from collections.abc import Sequence
from typing import Any

from restorative.common.formfields import ChoiceRadio, ChoiceSelect
from restorative.common.forms import BaseForm


class CannotComeForm(BaseForm):
    """Which of the workers who run the meeting cannot come."""

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["user"] = ChoiceRadio(
            label="Who cannot be there?",
            choices=people,
            initial=people[0][0] if len(people) == 1 else None,
        )


class StandInForm(BaseForm):
    """Who stands in. Names are grouped by organisation."""

    def __init__(
        self, *args: Any, workers: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (), **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.fields["user"] = ChoiceSelect(label="Who stands in?", choices=workers)
