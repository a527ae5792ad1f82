"""Agreements: writing one with its actions; one person's answer to it; the result of an action."""

from collections.abc import Sequence
from typing import Any

from django.forms import Field

from meetings.enums import ActionStatus
from restorative.common.formfields import (
    ChoiceRadio,
    ChoiceSelect,
    CleanCharField,
    CleanTextField,
    DateField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Row, Section, also_asks

Choices = Sequence[tuple[str, str]]
ACTIONS, WORDS, NOTHING = "actions", "words", "nothing"
CAME_TO = [
    (ACTIONS, "Something was agreed, and who does what"),
    (WORDS, "Something was agreed, no actions"),
    (NOTHING, "Nothing was agreed"),
]
HOW_MANY = 3
ACTION_FIELDS = ("owner", "what", "due_on", "sign", "helper")
AGREED = ("came_to", ACTIONS, WORDS)
ANEW = ("status", ActionStatus.RENEGOTIATED)
ORDINALS = ("First", "Second", "Third")


def action_fields(prefix: str = "") -> dict[str, Field]:
    """Who, what, by when, how we will know, who helps. With a prefix they are asked where there was an action."""
    asked: dict[str, Any] = {"shown_if": ("came_to", ACTIONS)} if prefix else {}
    fields = {
        "owner": ChoiceSelect(label="Who?", choices="people", empty="Choose a person", **asked),
        "what": CleanCharField(
            label="What will they do?", max_length=300, help_text="In their own words", **asked
        ),
        "due_on": DateField(label="By when?", future=True, help_text="Like 3 March 2027", **asked),
        "sign": CleanCharField(label="How will we know?", max_length=300, required=False, **asked),
        "helper": CleanCharField(
            label="Who helps?", max_length=120, help_text="If anybody", required=False, **asked
        ),
    }
    return {f"{prefix}{name}": field for name, field in fields.items()}


def action_rows(prefix: str = "") -> list[str | Row]:
    """Their place in a layout."""
    return [
        Row(f"{prefix}owner", f"{prefix}due_on"),
        f"{prefix}what",
        Row(f"{prefix}sign", f"{prefix}helper"),
    ]


@also_asks(*(action_fields(f"a{number}_") for number in range(HOW_MANY)))
class WriteAgreementForm(BaseForm):
    """The result of a meeting. `people` were there; `answering` are those whose answer this worker may record."""

    came_to = ChoiceRadio(
        label="What came of it?",
        choices=CAME_TO,
        option_hints={
            WORDS: "That is enough: not everything needs a list",
            NOTHING: "That is all right. It can have helped all the same",
        },
    )
    words = CleanTextField(
        label="What was agreed, in their own words?",
        shown_if=AGREED,
        needed="Write what was agreed, in their own words",
        rows=5,
        help_text="It never changes a court order, and nobody is made to keep it.",
    )
    if_difficult = CleanTextField(
        label="What will they do if it gets difficult?", shown_if=AGREED, rows=2, help_text="If they said"
    )

    layout = [
        "came_to",
        "words",
        "if_difficult",
        *(Section(f"{ordinal} action", *action_rows(f"a{n}_")) for n, ordinal in enumerate(ORDINALS)),
    ]

    def __init__(self, *args: Any, answering: Choices = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        for key, name in answering:
            self.fields[f"says_{key}"] = YesNoNotSureField(
                label=f"Did {name} say yes to it, in the room?", shown_if=AGREED
            )
        says = Section(
            "What each person says to it",
            *(f"says_{key}" for key, _ in answering),
            intro="Leave it empty where they were not asked yet: their own worker asks them.",
        )
        self.layout = [*self.layout, says]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        came_to = said.get("came_to")
        if came_to == NOTHING:
            for name in ("words", "if_difficult"):
                if said.get(name):
                    self.add_error(
                        name, "You wrote what was agreed. Choose “Something was agreed”, or empty this"
                    )
        filled = [number for number in range(HOW_MANY) if self._filled(number)]
        if came_to == ACTIONS:
            for number in filled or [0]:
                self.missing("Choose who", f"a{number}_owner")
                self.missing("Write what they will do", f"a{number}_what")
                self.missing("Enter by when", f"a{number}_due_on")
        elif came_to and filled:
            self.add_error("came_to", "You wrote an action. Choose “who does what”, or empty it")
            for name in (f"a{number}_{name}" for number in filled for name in ACTION_FIELDS):
                self.fields[name].shown_if = ()  # a field that must be emptied has to be visible
        return said

    def _filled(self, number: int) -> bool:
        names = [f"a{number}_{name}" for name in ACTION_FIELDS]
        return any(self.cleaned_data.get(name) or name in self.errors for name in names)

    def actions(self) -> list[dict[str, Any]]:
        """The actions that were filled in, for a valid form."""
        if self.cleaned_data["came_to"] != ACTIONS:
            return []
        return [
            {name: self.cleaned_data[f"a{number}_{name}"] for name in ACTION_FIELDS}
            for number in range(HOW_MANY)
            if self._filled(number)
        ]


class AnswerForm(BaseForm):
    answer = YesNoNotSureField(
        label="Does {name} say yes to it?",
        say="“This is what was written down. Is it how you meant it? You can say no, or think about it.”",
    )


@also_asks(action_fields())
class AddActionForm(BaseForm):
    layout = action_rows()


class StatusForm(BaseForm):
    status = ChoiceRadio(
        label="What became of it?",
        choices=[status for status in ActionStatus if status != ActionStatus.OPEN],
        option_hints={
            ActionStatus.NOT_DONE: "You get a task to check in with them. Nothing else comes of it",
            ActionStatus.RENEGOTIATED: "It becomes another action. The others’ side is not shown the new one",
        },
    )
    what = CleanCharField(
        label="What will they do now?",
        shown_if=ANEW,
        needed="Write what they will do now",
        max_length=300,
    )
    due_on = DateField(
        label="By when?",
        shown_if=ANEW,
        needed="Enter by when",
        future=True,
        help_text="Like 3 March 2027",
    )
    sign = CleanCharField(label="How will we know?", shown_if=ANEW, max_length=300)
    helper = CleanCharField(label="Who helps?", shown_if=ANEW, max_length=120)
    note = CleanTextField(label="Note", help_text="Only {name}’s side sees this", required=False, rows=2)
