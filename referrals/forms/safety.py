"""Safety on pages of its own: the questions, a concern, its sign-off, its clearing, a step that is done."""

from typing import Any

from referrals.enums import SIGN_OFFS, STOPS, ConcernKind, SignOffDecision
from referrals.forms import parts, words
from referrals.forms.words import Whom
from restorative.common.formfields import ChoiceRadio, CleanCharField, CleanTextField, DateField
from restorative.common.forms import BaseForm, Section

STOPS_HEADING = "Stops: a booked meeting is called off at once, and only a safeguarding lead can clear it"
SIGN_OFFS_HEADING = (
    "To be signed off: somebody who is not working on this referral decides whether it can go on"
)


class SafetyForm(BaseForm):
    """The six safety questions, asked of one person alone."""

    def __init__(self, *args: Any, whom: Whom, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.whom = whom
        self.fields["alone"] = parts.answer(words.ALONE, whom, required=True)
        parts.say(self, "alone", words.ALONE.say)
        self.layout = [Section("Before you start", "alone"), parts.add_safety(self, whom, required=True)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        parts.check_alone(self, self.whom)
        return cleaned


class ConcernForm(BaseForm):
    """A concern: what kind, what was heard, and the papers where an order bars contact."""

    def __init__(self, *args: Any, whom: Whom, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"] = ChoiceRadio(
            label="What is it?",
            choices=[
                (STOPS_HEADING, [(kind.value, str(kind.label)) for kind in STOPS]),
                (SIGN_OFFS_HEADING, [(kind.value, str(kind.label)) for kind in SIGN_OFFS]),
            ],
        )
        self.fields["conditions"] = CleanTextField(label="What does it say?", required=False, rows=2)
        self.fields["seen_by"] = CleanCharField(
            label="Who has seen the document?",
            help_text="“Nobody yet” is an answer.",
            required=False,
            width="20",
        )
        self.fields["ends_on"] = DateField(
            label="When does it end?", help_text="Its end alone clears nothing.", required=False
        )
        for name in ("conditions", "seen_by", "ends_on"):
            parts.reveal(self, name, "kind", ConcernKind.ORDER.value)
        self.fields["detail"] = CleanTextField(
            label="What did you hear or see?", help_text=f"In {whom.name}’s words, if you can.", rows=3
        )
        self.layout = ["kind", "conditions", "seen_by", "ends_on", "detail"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == ConcernKind.ORDER:
            parts.missing(self, ["conditions"], "Write what the order, bail or licence says")
            parts.missing(self, ["seen_by"], "Say who has seen the document, or “Nobody yet”")
        return cleaned

    def order(self) -> dict[str, str]:
        """What is known of the order, for the concern's row."""
        cleaned = self.cleaned_data
        if cleaned["kind"] != ConcernKind.ORDER:
            return {}
        ends = cleaned["ends_on"]
        found = {
            "conditions": cleaned["conditions"],
            "seen_by": cleaned["seen_by"],
            "ends_on": ends.isoformat() if ends else "",
        }
        return {key: value for key, value in found.items() if value}


class SignOffForm(BaseForm):
    """Go, go with steps, or do not go, with a reason."""

    decision = ChoiceRadio(
        label="Your decision",
        choices=SignOffDecision.choices,
        option_hints={
            SignOffDecision.GO.value: "It holds for 56 days, or until a new concern is recorded.",
            SignOffDecision.GO_WITH_STEPS.value: "Nobody meets before each step is done.",
            SignOffDecision.DO_NOT_GO.value: "Nothing can be booked while this concern is open.",
        },
    )
    steps = CleanTextField(label="The steps, one on each line", required=False, rows=3)
    due_on = DateField(
        label="Done by", required=False, future=True, help_text="In five working days, if you leave it empty."
    )
    reason = CleanTextField(label="Why?", rows=3)

    layout = ["decision", "steps", "due_on", "reason"]
    reveals = {
        "steps": ("decision", SignOffDecision.GO_WITH_STEPS.value),
        "due_on": ("decision", SignOffDecision.GO_WITH_STEPS.value),
    }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == SignOffDecision.GO_WITH_STEPS:
            parts.missing(self, ["steps"], "Write at least one step")
        return cleaned

    def steps_given(self) -> list[str]:
        """The steps, where the decision is to go with steps."""
        if self.cleaned_data["decision"] != SignOffDecision.GO_WITH_STEPS:
            return []
        return [line.strip() for line in self.cleaned_data["steps"].splitlines() if line.strip()]


class ClearForm(BaseForm):
    """The new facts on which a concern is cleared; for a stop, when the person was seen alone since."""

    evidence = CleanTextField(label="What are the new facts?", rows=3)

    def __init__(self, *args: Any, whom: Whom, stop: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if stop:
            self.fields["seen_alone_on"] = DateField(
                label=f"When was {whom.name} seen alone, since this was recorded?", past=True
            )


class StepForm(BaseForm):
    """Nothing is asked: the button says that it is done."""
