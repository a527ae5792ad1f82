"""Agreements: writing one with its actions; one person's answer to it; the result of an action."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from meetings.enums import ActionStatus
from restorative.common.formfields import (
    ChoiceRadio,
    ChoiceSelect,
    CleanCharField,
    CleanTextField,
    DateField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Row, Section

Choices = Sequence[tuple[str, str]]
ACTIONS, WORDS, NOTHING = "actions", "words", "nothing"
CAME_TO = [
    (ACTIONS, "Something was agreed, and who does what"),
    (WORDS, "Something was agreed, no actions"),
    (NOTHING, "Nothing was agreed"),
]
HOW_MANY = 3
ACTION_FIELDS = ("owner", "what", "due_on", "sign", "helper")
ORDINALS = ("First", "Second", "Third")


def add_action_fields(
    form: BaseForm, people: Choices, *, prefix: str = "", due: date | None = None
) -> list[Any]:
    """Who, what, by when, how we will know, who helps."""
    form.fields[f"{prefix}owner"] = ChoiceSelect(
        label="Who?", choices=people, required=not prefix, empty="Choose a person"
    )
    form.fields[f"{prefix}what"] = CleanCharField(
        label="What will they do?", required=not prefix, max_length=300, help_text="In their own words"
    )
    form.fields[f"{prefix}due_on"] = DateField(
        label="By when?", required=not prefix, future=True, help_text="Like 3 March 2027", initial=due
    )
    form.fields[f"{prefix}sign"] = CleanCharField(label="How will we know?", required=False, max_length=300)
    form.fields[f"{prefix}helper"] = CleanCharField(
        label="Who helps?", required=False, max_length=120, help_text="If anybody"
    )
    return [
        Row(f"{prefix}owner", f"{prefix}due_on"),
        f"{prefix}what",
        Row(f"{prefix}sign", f"{prefix}helper"),
    ]


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
        required=False,
        rows=5,
        help_text="It never changes a court order, and nobody is made to keep it.",
    )
    if_difficult = CleanTextField(
        label="What will they do if it gets difficult?", required=False, rows=2, help_text="If they said"
    )

    def __init__(self, *args: Any, people: Choices = (), answering: Choices = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.people, self.answering = people, answering
        actions: list[Any] = []
        for number in range(HOW_MANY):
            fields = add_action_fields(self, people, prefix=f"a{number}_")
            actions.append(Section(f"{ORDINALS[number]} action", *fields))
        for key, name in answering:
            self.fields[f"says_{key}"] = YesNoNotSureField(
                label=f"Did {name} say yes to it, in the room?", required=False
            )
        says = [f"says_{key}" for key, _ in answering]
        asked = Section(
            "What each person says to it",
            *says,
            intro="Leave it empty where they were not asked yet: their own worker asks them.",
        )
        self.layout = ["came_to", "words", "if_difficult", *actions, *([asked] if says else [])]
        of_actions = [f"a{number}_{name}" for number in range(HOW_MANY) for name in ACTION_FIELDS]
        self.reveals = {
            **dict.fromkeys(("words", "if_difficult", *says), ("came_to", ACTIONS, WORDS)),
            **dict.fromkeys(of_actions, ("came_to", ACTIONS)),
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        came_to = said.get("came_to")
        if came_to in (ACTIONS, WORDS) and not said.get("words") and "words" not in self.errors:
            self.add_error("words", "Write what was agreed, in their own words")
        if came_to == NOTHING:
            for name in ("words", "if_difficult"):
                if said.get(name):
                    self.add_error(
                        name, "You wrote what was agreed. Choose “Something was agreed”, or empty this"
                    )
        filled = [number for number in range(HOW_MANY) if self._filled(number)]
        if came_to == ACTIONS:
            for number in filled or [0]:
                self._need(number)
        elif came_to and filled:
            self.add_error("came_to", "You wrote an action. Choose “who does what”, or empty it")
            written = tuple(f"a{number}_" for number in filled)
            # A field that must be emptied has to be visible.
            self.reveals = {name: when for name, when in self.reveals.items() if not name.startswith(written)}
        return said

    def _filled(self, number: int) -> bool:
        names = [f"a{number}_{name}" for name in ACTION_FIELDS]
        return any(self.cleaned_data.get(name) or name in self.errors for name in names)

    def _need(self, number: int) -> None:
        wanted = {"owner": "Choose who", "what": "Write what they will do", "due_on": "Enter by when"}
        for name, words in wanted.items():
            field = f"a{number}_{name}"
            if not self.cleaned_data.get(field) and field not in self.errors:
                self.add_error(field, words)

    def actions(self) -> list[dict[str, Any]]:
        """The actions that were filled in, for a valid form."""
        if self.cleaned_data["came_to"] != ACTIONS:
            return []
        return [self._action(number) for number in range(HOW_MANY) if self._filled(number)]

    def _action(self, number: int) -> dict[str, Any]:
        return {name: self.cleaned_data[f"a{number}_{name}"] for name in ACTION_FIELDS}


class AnswerForm(BaseForm):
    """One person's answer to the agreement."""

    def __init__(self, *args: Any, name: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["answer"] = YesNoNotSureField(label=f"Does {name} say yes to it?")
        self.say = {
            "answer": "“This is what was written down. Is it how you meant it? You can say no, or think about it.”"
        }


class AddActionForm(BaseForm):
    """One more action."""

    def __init__(self, *args: Any, people: Choices = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.layout = add_action_fields(self, people)


class StatusForm(BaseForm):
    """What became of an action; if it was changed, the new action."""

    status = ChoiceRadio(
        label="What became of it?",
        choices=[(status.value, status.label) for status in ActionStatus if status != ActionStatus.OPEN],
        option_hints={
            ActionStatus.NOT_DONE: "You get a task to check in with them. Nothing else comes of it",
            ActionStatus.RENEGOTIATED: "It becomes another action. The others’ side is not shown the new one",
        },
    )
    note = CleanTextField(label="Note", required=False, rows=2)
    what = CleanCharField(label="What will they do now?", required=False, max_length=300)
    due_on = DateField(label="By when?", required=False, future=True, help_text="Like 3 March 2027")
    sign = CleanCharField(label="How will we know?", required=False, max_length=300)
    helper = CleanCharField(label="Who helps?", required=False, max_length=120)
    layout = ["status", "what", "due_on", "sign", "helper", "note"]
    reveals = dict.fromkeys(("what", "due_on", "sign", "helper"), ("status", ActionStatus.RENEGOTIATED))

    def __init__(self, *args: Any, name: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["note"].help_text = f"Only {name}’s side sees this"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("status") == ActionStatus.RENEGOTIATED:
            wanted = {"what": "Write what they will do now", "due_on": "Enter by when"}
            for name, words in wanted.items():
                if not said.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return said
