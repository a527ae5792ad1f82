"""A follow-up call with one person: how it went, what they said, ratings; and a conversation that already happened."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError

from meetings.enums import FOLLOW_UP_QUESTIONS, RECORD_PROMPTS, AttemptResult, FollowUpKind, FollowUpResult
from meetings.forms.day import prompts
from referrals.forms import words
from referrals.forms.parts import ANSWER, answer, ratings, said
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
from restorative.common.forms import BaseForm, Row, Section, also_asks

RATED = (FollowUpKind.WEEKS_6, FollowUpKind.WEEKS_12)
TALKED, RATHER_NOT, NOT_REACHED = FollowUpResult.TALKED, FollowUpResult.RATHER_NOT, FollowUpResult.NOT_REACHED
TRY_AGAIN = "try_again"
HOW_IT_WENT = ("result", "why", "later_too", "alone")
IF_TALKED = ("result", TALKED)
IF_LEFT = ("result", RATHER_NOT, NOT_REACHED)
SAY_DEBRIEF = {
    "better": "“How was it for you? What stays with you? Is it any easier between you?”",
    "feels_safe": "“Do you feel safe after it? At home, and with them?”",
}


@also_asks(ratings(shown_if=IF_TALKED), {f"{key}_note": said(max_length=2000) for key in FOLLOW_UP_QUESTIONS})
class FollowUpForm(BaseForm):
    """One page: did you talk, what did they say. `may_leave` is true after enough failed attempts."""

    result = ChoiceRadio(
        label="How did it go?",
        choices=[
            (TALKED, "We talked"),
            (TRY_AGAIN, "I could not reach them", "You get a task to try again in 3 working days"),
            (RATHER_NOT, "{name} would rather not", "That is fine, and ends this call"),
            (NOT_REACHED, "I could not reach them, and will leave it", "Say why below"),
        ],
    )
    why = ChoiceRadio(
        label="What happened?",
        choices=AttemptResult,
        shown_if=("result", TRY_AGAIN),
        needed="Choose what happened",
    )
    reason = CleanTextField(label="Anything to note, or why it is left?", shown_if=IF_LEFT, rows=2)
    later_too = YesNoNotSureField(
        label="Leave the later calls too?", shown_if=IF_LEFT, yes_no=True, initial="no"
    )
    alone = answer(words.ALONE, shown_if=IF_TALKED, needed=ANSWER)
    better = YesNoNotSureField(
        label="Are things better for {name}, between them?",
        say="“How are things between you since you met?”",
        shown_if=IF_TALKED,
        needed=ANSWER,
    )
    kept = YesNoNotSureField(
        label="Is what was agreed being kept, on both sides?",
        say="“How is it going with what you agreed? It is fine if some of it is hard.”",
        shown_if=IF_TALKED,
    )
    feels_safe = YesNoNotSureField(
        label="Does {name} feel safe?",
        say="“Do you feel safe? At home, and with them?”",
        help_text="Anything but yes is recorded as a stop, at once. Only a safeguarding lead can clear it.",
        shown_if=IF_TALKED,
        needed=ANSWER,
    )
    worries = YesNoNotSureField(
        label="Is there a new worry?",
        say="“Is there anything new that worries you?”",
        help_text="If there is one you record it on the next page.",
        shown_if=IF_TALKED,
        needed=ANSWER,
    )
    notes = CleanTextField(
        label="Notes", help_text="Only {name}’s side sees this", shown_if=IF_TALKED, rows=3
    )

    layout = [
        "result",
        "why",
        "reason",
        "later_too",
        Section("With {name}, alone", "alone", *FOLLOW_UP_QUESTIONS),
        Section("Three numbers, 0 to 10", *words.RATINGS, intro="Private. Each may be left, and so may all."),
        "notes",
    ]

    def __init__(
        self,
        *args: Any,
        kind: FollowUpKind = FollowUpKind.DEBRIEF,
        has_actions: bool = False,
        may_leave: bool = False,
        **kwargs: Any,
    ):
        without = [] if kind in RATED else [*words.RATINGS]
        if kind == FollowUpKind.DEBRIEF or not has_actions:
            without += ["kept", "kept_note"]
        super().__init__(*args, without=without, **kwargs)
        self.kind = kind
        if not may_leave:
            self.fields["result"].choices = self.fields["result"].choices[:-1]
        if kind == FollowUpKind.DEBRIEF:
            for key, words_to_say in SAY_DEBRIEF.items():
                self.fields[key].say = words_to_say

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("result") == TALKED and cleaned.get("alone") in ("no", "not_sure"):
            self.add_error(
                "alone",
                "This is asked alone. Choose that you could not reach them, and try another day: what you "
                "typed is kept",
            )
        elif cleaned.get("result") == NOT_REACHED:
            self.missing("Say why it is left", "reason")
        return cleaned

    def answers(self) -> dict[str, str]:
        return {key: self.cleaned_data.get(key, "") for key in FOLLOW_UP_QUESTIONS}

    def for_next_time(self) -> dict[str, Any]:
        """What was typed of their words, without the result of this attempt."""
        return {key: value for key, value in self.typed().items() if key not in HOW_IT_WENT}

    def said(self) -> dict[str, str]:
        """Their words for each answer."""
        return {key: self.cleaned_data.get(f"{key}_note", "") for key in FOLLOW_UP_QUESTIONS}


@also_asks(prompts(rows=2))
class AlreadyHappenedForm(BaseForm):
    on = DateField(label="Day", past=True, help_text="Like 3 March 2027, or today")
    starts_at = TimeField(label="Started about", help_text="Like 2pm")
    minutes = ChoiceSelect(
        label="How long?",
        choices=[("30", "Half an hour or less"), ("60", "About an hour"), ("120", "Two hours or more")],
        empty="Choose",
    )
    where = CleanCharField(label="Where?", max_length=120, help_text="Like “at the drop-in”, or “at home”")
    there = TicksField(label="Who was there?", choices="people")
    helped = YesNoNotSureField(label="Did it help?", required=False)

    layout = [
        Section("When, where and who", Row("on", "starts_at", "minutes"), "where", "there"),
        Section(
            "What may be noted",
            *RECORD_PROMPTS,
            intro="Only what each person agrees may be noted. Leave a box empty where nothing was.",
        ),
        "helped",
    ]

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]] = (), **kwargs: Any):
        super().__init__(*args, people=people, **kwargs)
        self.fields["there"].initial = [key for key, _ in people] if len(people) == 2 else []

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if said.get("on") and said.get("starts_at") and said.get("minutes"):
            try:
                said["starts"] = london(said["on"], said["starts_at"])
                said["ends"] = said["starts"] + timedelta(minutes=int(said["minutes"]))
            except ValidationError as wrong:
                self.add_error("starts_at", wrong)
        return said
