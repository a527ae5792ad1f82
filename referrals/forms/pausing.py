"""Forms of a pause, its review date, taking up again, reopening, and of somebody who has died."""

from typing import Any

from django import forms

from referrals.forms.decisions import Choices, whose_field
from restorative.common.formfields import CleanTextField, DateField
from restorative.common.forms import BaseForm


class PauseForm(BaseForm):
    """When it is looked at again, why it is not the right time, and whose information that is."""

    review_on = DateField(label="When will it be looked at again?", future=True)
    reason = CleanTextField(label="Why is it not the right time?", rows=4)
    layout = ["review_on", "reason", "party"]

    def __init__(self, *args: Any, people: Choices = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["party"] = whose_field(people, "Whose information does that come from?")


class MeanwhileForm(PauseForm):
    """The same of a referral that somebody else paused while this was being typed: to be said once more."""

    layout = [*PauseForm.layout, "all_the_same"]

    def __init__(self, *args: Any, until: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["all_the_same"] = forms.BooleanField(
            label="Pause it until my date, for my reason, all the same",
            error_messages={
                "required": f"It was paused meanwhile, until {until}. Nothing you typed here is saved yet. "
                "Tick this to pause it your way, or cancel to leave it as it is"
            },
        )


class ReviewForm(BaseForm):
    """Another date to look at it again."""

    review_on = DateField(label="When will it be looked at again?", future=True)


class PressedForm(BaseForm):
    """Nothing to fill in: the press is the answer."""


class DiedForm(BaseForm):
    """The day somebody died, as far as it is known."""

    def __init__(self, *args: Any, name: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["died_on"] = DateField(
            label=f"When did {name} die?", past=True, help_text="If the day is not known: the day you heard"
        )
