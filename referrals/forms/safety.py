"""Safety pages: the questions, a concern, its sign-off, its clearing, a finished step."""

from datetime import date
from typing import Any

from referrals.enums import SIGN_OFFS, STOPS, ConcernKind, OrderKind, SignOffDecision
from referrals.forms import parts, words
from referrals.forms.words import Whom
from restorative.common.formfields import (
    ChoiceRadio,
    CleanCharField,
    CleanTextField,
    DateField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Section
from restorative.common.rules import rules

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


def add_order(form: BaseForm, initial: dict[str, Any] | None = None) -> list[str]:
    """Add the kind of order, its terms, whether a worker has seen the document, and its end date."""
    known = initial or {}
    form.fields["order_kind"] = ChoiceRadio(
        label="What is it?", choices=OrderKind.choices, required=False, initial=known.get("kind")
    )
    form.fields["conditions"] = CleanTextField(
        label="What does it say?", required=False, rows=2, initial=known.get("conditions", "")
    )
    form.fields["seen"] = YesNoNotSureField(
        label="Has somebody here seen the document?",
        yes_no=True,
        required=False,
        initial=("yes" if known["seen_by"] else "no") if known else None,
    )
    form.fields["seen_by"] = CleanCharField(
        label="Who has seen it?", required=False, width="20", initial=known.get("seen_by", "")
    )
    form.fields["ends_on"] = DateField(
        label="When does it end?",
        help_text="Leave it empty if that is not known. Its end alone clears nothing.",
        required=False,
        initial=date.fromisoformat(known["ends_on"]) if known.get("ends_on") else None,
    )
    parts.reveal(form, "seen_by", "seen", "yes")
    return ["order_kind", "conditions", "seen", "seen_by", "ends_on"]


def clean_order(form: BaseForm) -> None:
    """Require what must be known of an order before it is recorded; the rest may be added later."""
    parts.missing(form, ["order_kind"], "Choose what it is, or that it is not known yet")
    parts.missing(form, ["conditions"], "Write what it says, as far as it is known")
    parts.missing(form, ["seen"], "Say whether somebody has seen the document")
    if form.cleaned_data.get("seen") == "yes":
        parts.missing(form, ["seen_by"], "Say who has seen the document")


def order_given(cleaned: dict[str, Any]) -> dict[str, Any]:
    """The order's facts, for the action."""
    return {
        "kind": OrderKind(cleaned["order_kind"]),
        "conditions": cleaned["conditions"],
        "seen_by": cleaned["seen_by"] if cleaned["seen"] == "yes" else "",
        "ends_on": cleaned["ends_on"],
    }


class OrderForm(BaseForm):
    """The terms of an order, or new information about it."""

    def __init__(self, *args: Any, known: dict[str, Any], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.layout = add_order(self, known)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        clean_order(self)
        return cleaned


class ConcernForm(BaseForm):
    """A concern: its kind, what was heard, and the order's facts if an order bars contact."""

    def __init__(self, *args: Any, whom: Whom, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"] = ChoiceRadio(
            label="What is it?",
            choices=[
                (STOPS_HEADING, [(kind.value, str(kind.label)) for kind in STOPS]),
                (SIGN_OFFS_HEADING, [(kind.value, str(kind.label)) for kind in SIGN_OFFS]),
            ],
        )
        names = add_order(self)
        self.fields["order_kind"].label = "Which?"
        # A field can depend on only one other: "seen by whom" depends on "was it seen".
        for name in (name for name in names if name != "seen_by"):
            parts.reveal(self, name, "kind", ConcernKind.ORDER.value)
        self.fields["detail"] = CleanTextField(
            label="What did you hear or see?", help_text=f"In {whom.name}’s words, if you can.", rows=3
        )
        self.layout = ["kind", *names, "detail"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == ConcernKind.ORDER:
            clean_order(self)
        return cleaned


class SignOffForm(BaseForm):
    """Go, go with steps, or do not go, with a reason."""

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

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        holds = f"It holds for {rules().sign_off_days} days, or until a new concern is recorded."
        self.fields["decision"] = ChoiceRadio(
            label="Your decision",
            choices=SignOffDecision.choices,
            option_hints={
                SignOffDecision.GO.value: holds,
                SignOffDecision.GO_WITH_STEPS.value: "Nobody meets before each step is done.",
                SignOffDecision.DO_NOT_GO.value: "Nothing can be booked while this concern is open.",
            },
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == SignOffDecision.GO_WITH_STEPS:
            parts.missing(self, ["steps"], "Write at least one step")
        return cleaned

    def steps_given(self) -> list[str]:
        """The steps, if the decision is to go with steps."""
        if self.cleaned_data["decision"] != SignOffDecision.GO_WITH_STEPS:
            return []
        return [line.strip() for line in self.cleaned_data["steps"].splitlines() if line.strip()]


class ClearForm(BaseForm):
    """The new facts on which a concern is cleared; for a stop also when the person was seen alone since."""

    evidence = CleanTextField(label="What are the new facts?", rows=3)

    def __init__(self, *args: Any, whom: Whom, stop: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if stop:
            self.fields["seen_alone_on"] = DateField(
                label=f"When was {whom.name} seen alone, since this was recorded?", past=True
            )


class StepForm(BaseForm):
    """No fields: the button says that it is done."""
