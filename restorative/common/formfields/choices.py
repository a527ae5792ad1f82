"""Answers chosen from those shown: radios, lists, ticks, yes-no-not-sure, ratings."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms

YES_NO_NOT_SURE = [("yes", "Yes"), ("no", "No"), ("not_sure", "Not sure")]
LISTED = "Choose one of the answers shown"


class ChoiceRadio(forms.ChoiceField):
    """One of a few answers, all in sight. `option_hints` maps a value to the words under it."""

    widget = forms.RadioSelect
    default_error_messages = {"invalid_choice": LISTED}

    def __init__(self, *, option_hints: Mapping[str, str] | None = None, **kwargs: Any):
        self.option_hints = dict(option_hints or {})
        super().__init__(**kwargs)


class ChoiceSelect(forms.ChoiceField):
    """One of many answers, in a list. An empty first line unless there is an initial answer."""

    default_error_messages = {"invalid_choice": LISTED}

    def __init__(self, *, choices: Any = (), empty: str = "Choose", **kwargs: Any):
        rest = choices if callable(choices) else list(choices)
        with_empty: Callable[[], Iterable] | list
        with_empty = (lambda: [("", empty), *rest()]) if callable(rest) else [("", empty), *rest]
        super().__init__(choices=with_empty, **kwargs)


class TicksField(forms.MultipleChoiceField):
    """Any number of answers, as tick boxes. Gives a list of values."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = {"invalid_choice": LISTED, "invalid_list": LISTED}

    def __init__(self, *, option_hints: Mapping[str, str] | None = None, **kwargs: Any):
        self.option_hints = dict(option_hints or {})
        super().__init__(**kwargs)


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
