"""Preparation, readiness, ratings and capacity, each on a separate page."""

from typing import Any

from referrals.enums import CapacityResult, Format, RatingPoint
from referrals.forms import parts, words
from restorative.common.formfields import ChoiceRadio, CleanTextField, YesNoNotSureField
from restorative.common.forms import BaseForm, Section, also_asks


@also_asks(parts.HOPES)
class PreparationForm(BaseForm):
    format = YesNoNotSureField(label="How did you meet?", choices=Format, initial=Format.IN_PERSON)

    layout = [Section("Before you start", "format"), Section("Hopes, worries and limits", *parts.HOPES)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not parts.hopes_reached(self) and not self.errors:
            self.add_error("hopes", "Write down at least one thing that was said")
        return cleaned


@also_asks(parts.readiness())
class ReadinessForm(BaseForm):
    layout = [parts.READINESS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        parts.clean_readiness(self)
        return cleaned


class AcceptLateForm(BaseForm):
    why = CleanTextField(label="Why is the older check good enough?", rows=3)


@also_asks(parts.ratings())
class RatingsForm(BaseForm):
    point = ChoiceRadio(label="When is this?", choices=RatingPoint, initial=RatingPoint.BEFORE)

    layout = ["point", Section("What {name} says", *words.RATINGS, intro="Each may be left out.")]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and all(value is None for value in parts.ratings_of(cleaned).values()):
            self.add_error("relationship", "Choose at least one number")
        return cleaned


class CapacityForm(BaseForm):
    help_given = CleanTextField(
        label="What was done to help {name} decide?",
        help_text="Time, place, pictures, an interpreter, someone they trust, asking again another day.",
        rows=3,
    )
    result = ChoiceRadio(
        label="Can {name} decide about this?",
        choices=CapacityResult,
        option_hints={
            CapacityResult.NOT_ABLE: "This is recorded as a stop: a booked meeting is called off at once, "
            "and only a safeguarding lead can clear it. Nobody can decide for them.",
        },
    )
