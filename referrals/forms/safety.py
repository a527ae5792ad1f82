"""Safety pages: the questions, a concern, its sign-off, its clearing, a finished step."""

from datetime import date
from typing import Any

from referrals.enums import SIGN_OFFS, STOPS, ConcernKind, OrderKind, SignOffDecision
from referrals.forms import parts, words
from restorative.common.formfields import (
    ChoiceRadio,
    CleanCharField,
    CleanTextField,
    DateField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Section, also_asks

STOPS_HEADING = "Stops: a booked meeting is called off at once, and only a safeguarding lead can clear it"
SIGN_OFFS_HEADING = (
    "To be signed off: somebody who is not working on this referral decides whether it can go on"
)

WITH_STEPS = ("decision", SignOffDecision.GO_WITH_STEPS)


@also_asks(parts.safety(required=True))
class SafetyForm(BaseForm):
    alone = parts.answer(words.ALONE)

    layout = [Section("Before you start", "alone"), parts.SAFETY]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        parts.check_alone(self)
        return cleaned


class OrderForm(BaseForm):
    """The kind of order, its terms, whether a worker has seen the document, and its end date. `known` is what is
    recorded already."""

    order_kind = ChoiceRadio(
        label="What is it?",
        choices=OrderKind,
        needed="Choose what it is, or that it is not known yet",
    )
    conditions = CleanTextField(
        label="What does it say?", rows=2, needed="Write what it says, as far as it is known"
    )
    seen = YesNoNotSureField(
        label="Has somebody here seen the document?",
        yes_no=True,
        needed="Say whether somebody has seen the document",
    )
    seen_by = CleanCharField(
        label="Who has seen it?",
        width="20",
        shown_if=("seen", "yes"),
        needed="Say who has seen the document",
    )
    ends_on = DateField(
        label="When does it end?",
        help_text="Leave it empty if that is not known. Its end alone clears nothing.",
        required=False,
    )

    def __init__(self, *args: Any, known: dict[str, Any] | None = None, **kwargs: Any):
        super().__init__(*args, initial=order_known(known) if known else {}, **kwargs)


def order_known(known: dict[str, Any]) -> dict[str, Any]:
    """The recorded facts of an order, as initial answers."""
    return {
        "order_kind": known.get("kind"),
        "conditions": known.get("conditions", ""),
        "seen": "yes" if known["seen_by"] else "no",
        "seen_by": known["seen_by"],
        "ends_on": date.fromisoformat(known["ends_on"]) if known.get("ends_on") else None,
    }


def order_given(cleaned: dict[str, Any]) -> dict[str, Any]:
    """The order's facts, for the action."""
    return {
        "kind": cleaned["order_kind"],
        "conditions": cleaned["conditions"],
        "seen_by": cleaned["seen_by"] if cleaned["seen"] == "yes" else "",
        "ends_on": cleaned["ends_on"],
    }


class ConcernForm(OrderForm):
    kind = ChoiceRadio(
        label="What is it?",
        choices=[
            (STOPS_HEADING, STOPS),
            (SIGN_OFFS_HEADING, SIGN_OFFS),
        ],
    )
    detail = CleanTextField(
        label="What did you hear or see?", help_text="In {name}’s words, if you can.", rows=3
    )

    layout = ["kind", "order_kind", "conditions", "seen", "seen_by", "ends_on", "detail"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["order_kind"].label = "Which?"
        # A field can depend on only one other: "seen by whom" depends on "was it seen".
        for name in ("order_kind", "conditions", "seen", "ends_on"):
            self.fields[name].shown_if = ("kind", ConcernKind.ORDER)
            self.fields[name].required = False


class SignOffForm(BaseForm):
    decision = ChoiceRadio(
        label="Your decision",
        choices=SignOffDecision,
        option_hints={
            SignOffDecision.GO: "It holds for {rules.sign_off_days} days, or until a new concern is recorded.",
            SignOffDecision.GO_WITH_STEPS: "Nobody meets before each step is done.",
            SignOffDecision.DO_NOT_GO: "Nothing can be booked while this concern is open.",
        },
    )
    steps = CleanTextField(
        label="The steps, one on each line", shown_if=WITH_STEPS, needed="Write at least one step", rows=3
    )
    due_on = DateField(
        label="Done by",
        shown_if=WITH_STEPS,
        future=True,
        help_text="In five working days, if you leave it empty.",
    )
    reason = CleanTextField(label="Why?", rows=3)

    def clean(self) -> dict[str, Any]:
        """`steps` becomes a list, empty unless the decision is to go with steps."""
        cleaned = super().clean()
        lines = cleaned.get("steps", "").splitlines() if self.shows("steps") else []
        cleaned["steps"] = [line.strip() for line in lines if line.strip()]
        return cleaned


class ClearForm(BaseForm):
    evidence = CleanTextField(label="What are the new facts?", rows=3)
    seen_alone_on = DateField(label="When was {name} seen alone, since this was recorded?", past=True)
