"""A follow-up call with one person: how it went, what they said, ratings; and a conversation that already happened."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError

from meetings.enums import FOLLOW_UP_QUESTIONS, RECORD_PROMPTS, AttemptResult, FollowUpKind, FollowUpResult
from referrals.forms import words
from referrals.forms.parts import ANSWER, add_ratings, missing
from restorative.common.formfields import (
    ChoiceRadio,
    ChoiceSelect,
    CleanCharField,
    CleanTextField,
    DateField,
    TicksField,
    TimeField,
    YesNoNotSureField,
    london,
)
from restorative.common.forms import BaseForm, Row, Section

RATED = (FollowUpKind.WEEKS_6, FollowUpKind.WEEKS_12)
TALKED, RATHER_NOT, NOT_REACHED = FollowUpResult.TALKED, FollowUpResult.RATHER_NOT, FollowUpResult.NOT_REACHED
TRY_AGAIN = "try_again"
HOW_IT_WENT = ("result", "why", "later_too", "alone")
SAY: dict[str, str] = {
    "alone": words.ALONE.say,
    "better": "“How are things between you since you met?”",
    "kept": "“How is it going with what you agreed? It is fine if some of it is hard.”",
    "feels_safe": "“Do you feel safe? At home, and with them?”",
    "worries": "“Is there anything new that worries you?”",
}
SAY_DEBRIEF = {
    "better": "“How was it for you? What stays with you? Is it any easier between you?”",
    "feels_safe": "“Do you feel safe after it? At home, and with them?”",
}


class FollowUpForm(BaseForm):
    """One page: did you talk, what did they say. `may_leave` is true after enough failed attempts."""

    def __init__(
        self,
        *args: Any,
        name: str = "",
        kind: FollowUpKind = FollowUpKind.DEBRIEF,
        has_actions: bool = False,
        may_leave: bool = False,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.kind = kind
        self._result(name, may_leave)
        asked = ["alone", *self._questions(name, has_actions)]
        sections: list[Any] = [Section(f"With {name}, alone", *asked)]
        if kind in RATED:
            rated = add_ratings(self)
            sections.append(
                Section("Three numbers, 0 to 10", *rated, intro="Private. Each may be left, and so may all.")
            )
        self.fields["notes"] = CleanTextField(
            label="Notes", required=False, rows=3, help_text=f"Only {name}’s side sees this"
        )
        for field in [*asked, *(words.RATINGS if kind in RATED else ()), "notes"]:
            self.reveals = {**self.reveals, field: self.reveals.get(field, ("result", TALKED))}
        self.layout = ["result", "why", "reason", "later_too", *sections, "notes"]

    def _result(self, name: str, may_leave: bool) -> None:
        choices = [
            (TALKED, "We talked"),
            (TRY_AGAIN, "I could not reach them"),
            (RATHER_NOT, f"{name} would rather not"),
        ]
        if may_leave:
            choices.append((NOT_REACHED, "I could not reach them, and will leave it"))
        self.fields["result"] = ChoiceRadio(
            label="How did it go?",
            choices=choices,
            option_hints={
                TRY_AGAIN: "You get a task to try again in 3 working days",
                RATHER_NOT: "That is fine, and ends this call",
                NOT_REACHED: "Say why below",
            },
        )
        self.fields["why"] = ChoiceRadio(
            label="What happened?", choices=AttemptResult.choices, required=False
        )
        self.fields["reason"] = CleanTextField(
            label="Anything to note, or why it is left?", required=False, rows=2
        )
        self.fields["later_too"] = YesNoNotSureField(
            label="Leave the later calls too?", required=False, yes_no=True, initial="no"
        )
        self.reveals = {
            "why": ("result", TRY_AGAIN),
            "reason": ("result", RATHER_NOT, NOT_REACHED),
            "later_too": ("result", RATHER_NOT, NOT_REACHED),
        }

    def _questions(self, name: str, has_actions: bool) -> list[str]:
        self.fields["alone"] = YesNoNotSureField(
            label=f"Is {name} alone, and able to talk freely?", required=False
        )
        labels = {
            "better": f"Are things better for {name}, between them?",
            "kept": "Is what was agreed being kept, on both sides?",
            "feels_safe": f"Does {name} feel safe?",
            "worries": "Is there a new worry?",
        }
        names = []
        for key in FOLLOW_UP_QUESTIONS:
            if key == "kept" and (not has_actions or self.kind == FollowUpKind.DEBRIEF):
                continue
            self.fields[key] = YesNoNotSureField(label=labels[key], required=False)
            self.fields[f"{key}_note"] = CleanTextField(
                label=f"What did {name} say?", required=False, rows=2, max_length=2000
            )
            names.append(key)
        debrief = SAY_DEBRIEF if self.kind == FollowUpKind.DEBRIEF else {}
        self.say = SAY | debrief
        stop = "Anything but yes is recorded as a stop, at once. Only a safeguarding lead can clear it."
        self.fields["feels_safe"].help_text = stop
        self.fields["worries"].help_text = "If there is one you record it on the next page."
        return names

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        result = said.get("result")
        if result == TALKED:
            if said.get("alone") in ("no", "not_sure"):
                self.add_error(
                    "alone",
                    "This is asked alone. Choose that you could not reach them, and try another day: what you "
                    "typed is kept",
                )
            asked = [key for key in ("alone", "better", "feels_safe", "worries") if key in self.fields]
            missing(self, asked, ANSWER)
        elif result == TRY_AGAIN:
            missing(self, ["why"], "Choose what happened")
        elif result == NOT_REACHED:
            missing(self, ["reason"], "Say why it is left")
        return said

    def answers(self) -> dict[str, str]:
        """The answers, for a valid form."""
        return {key: self.cleaned_data.get(key, "") for key in FOLLOW_UP_QUESTIONS}

    def for_next_time(self) -> dict[str, Any]:
        """What was typed of their words, without the result of this attempt."""
        return {key: value for key, value in self.typed().items() if key not in HOW_IT_WENT}

    def said(self) -> dict[str, str]:
        """Their words for each answer."""
        return {key: self.cleaned_data.get(f"{key}_note", "") for key in FOLLOW_UP_QUESTIONS}


class AlreadyHappenedForm(BaseForm):
    """When, where, who was there, and what each agrees may be noted."""

    on = DateField(label="Day", past=True, help_text="Like 3 March 2027, or today")
    starts_at = TimeField(label="Started about", help_text="Like 2pm")
    minutes = ChoiceSelect(
        label="How long?",
        choices=[("30", "Half an hour or less"), ("60", "About an hour"), ("120", "Two hours or more")],
        empty="Choose",
    )
    where = CleanCharField(label="Where?", max_length=120, help_text="Like “at the drop-in”, or “at home”")
    helped = YesNoNotSureField(label="Did it help?", required=False)

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["there"] = TicksField(
            label="Who was there?",
            choices=people,
            initial=[key for key, _ in people] if len(people) == 2 else [],
        )
        for key, label in RECORD_PROMPTS.items():
            self.fields[key] = CleanTextField(label=str(label), required=False, rows=2)
        self.layout = [
            Section("When, where and who", Row("on", "starts_at", "minutes"), "where", "there"),
            Section(
                "What may be noted",
                *RECORD_PROMPTS,
                intro="Only what each person agrees may be noted. Leave a box empty where nothing was.",
            ),
            "helped",
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("on") and said.get("starts_at") and said.get("minutes"):
            try:
                said["starts"] = london(said["on"], said["starts_at"])
                said["ends"] = said["starts"] + timedelta(minutes=int(said["minutes"]))
            except ValidationError as wrong:
                self.add_error("starts_at", wrong)
        return said
