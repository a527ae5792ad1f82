"""Fields with listed answers: radios, selects, checkboxes, yes-no-not-sure rows, ratings."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.db.models import Choices
from django.utils.text import capfirst

from restorative.common.formfields.asked import Asked

YES_NO_NOT_SURE = [("yes", "Yes"), ("no", "No"), ("not_sure", "Not sure")]
LISTED = "Choose one of the answers shown"


class Choosing(Asked):
    """A field with choices: members of an enum, (value, label), (value, label, hint) or (heading, members).

    A chosen member is given back as the answer. `choices` may be a string: the form's keyword argument that supplies
    them.
    """

    default_error_messages = {"invalid_choice": LISTED, "invalid_list": LISTED}

    def __init__(
        self,
        *,
        choices: Iterable[Any] | str = (),
        option_hints: Mapping[str, str] | None = None,
        **kwargs: Any,
    ):
        self.source = choices if isinstance(choices, str) else ""
        self.option_hints = dict(option_hints or {})
        super().__init__(**kwargs)
        self.offer([] if self.source else choices)

    def offer(self, choices: Iterable[Any]) -> None:
        self.members: dict[str, Choices] = {}
        rows = [self._labelled(choice) for choice in choices]
        # A new dict: copies of a field, one in each form, share the old one.
        self.option_hints = {**self.option_hints, **{row[0]: row[2] for row in rows if len(row) > 2}}
        self.choices = [row[:2] for row in rows]

    def _labelled(self, choice: Any) -> tuple[Any, ...]:
        if isinstance(choice, Choices):
            choice = (choice, capfirst(str(choice.label)))
        value, label, *hint = choice
        if isinstance(value, Choices):
            self.members[value.value] = value
            value = value.value
        if isinstance(label, list | tuple):
            label = [self._labelled(each) for each in label]
        return (value, label, *hint)

    def fit(self, fit: Callable[[str], str]) -> None:
        super().fit(fit)
        self.option_hints = {value: fit(hint) for value, hint in self.option_hints.items()}
        if any("{" in label for _, label in self.choices if isinstance(label, str)):
            self.choices = [(value, fit(label)) for value, label in self.choices]


class ChoosingOne(Choosing, forms.ChoiceField):
    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        return self.members.get(chosen, chosen)


class ChoiceRadio(ChoosingOne):
    """One of a few answers, as radios. A single supplied choice is preselected."""

    widget = forms.RadioSelect

    def offer(self, choices: Iterable[Any]) -> None:
        super().offer(choices)
        if self.source and len(self.choices) == 1:
            self.initial = self.choices[0][0]


class ChoiceSelect(ChoosingOne):
    """One of many answers, as a select whose first, empty option says `empty`."""

    def __init__(self, *, empty: str = "Choose", **kwargs: Any):
        self.empty = empty
        super().__init__(**kwargs)

    def offer(self, choices: Iterable[Any]) -> None:
        super().offer([("", self.empty), *choices] if self.empty else choices)


class TicksField(Choosing, forms.MultipleChoiceField):
    """Any number of answers, as checkboxes. Returns a list of values."""

    widget = forms.CheckboxSelectMultiple


class TickField(Asked, forms.BooleanField):
    """A single checkbox. Returns a boolean."""


class YesNoNotSureField(ChoiceRadio):
    """Yes, no or not sure, as a row; `yes_no=True` leaves not sure out. Gives 'yes', 'no', 'not_sure' or ''."""

    kind = "answer"

    def __init__(self, *, yes_no: bool = False, **kwargs: Any):
        asked = "yes or no" if yes_no else "yes, no or not sure"
        kwargs["error_messages"] = {"required": f"Answer {asked}"} | kwargs.get("error_messages", {})
        kwargs.setdefault("choices", YES_NO_NOT_SURE[:2] if yes_no else YES_NO_NOT_SURE)
        super().__init__(**kwargs)


class RatingField(ChoiceRadio):
    """A number from 0 to 10, as a row. Gives an int, or None when left out. `low` and `high` name the ends."""

    kind = "answer"
    default_error_messages = {"required": "Choose a number from 0 to 10"}

    def __init__(self, *, low: str = "", high: str = "", **kwargs: Any):
        self.low, self.high = low, high
        super().__init__(choices=[(str(number), str(number)) for number in range(11)], **kwargs)

    def clean(self, value: Any) -> int | None:
        chosen = super().clean(value)
        return int(chosen) if chosen != "" else None

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value
