"""Forms of pausing, the review date, resuming, reopening, and recording a death."""

from typing import Any

from django import forms

from referrals.forms.decisions import Choices, whose_field
from restorative.common.formfields import CleanTextField, DateField
from restorative.common.forms import BaseForm


class PauseForm(BaseForm):
    """The review date, the reason, and whose information the reason is."""

    review_on = DateField(label="When will it be looked at again?", future=True)
    reason = CleanTextField(label="Why is it not the right time?", rows=4)
    layout = ["review_on", "reason", "party"]

    def __init__(self, *args: Any, people: Choices = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["party"] = whose_field(people, "Whose information does that come from?")


class MeanwhileForm(PauseForm):
    """The same for a referral that another worker paused while this was being typed: submit again to confirm."""

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
    """Another review date."""

    review_on = DateField(label="When will it be looked at again?", future=True)


class PressedForm(BaseForm):
    """No fields: submitting is the answer."""


class DiedForm(BaseForm):
    """The date of death, as far as it is known."""

    def __init__(self, *args: Any, name: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["died_on"] = DateField(
            label=f"When did {name} die?", past=True, help_text="If the day is not known: the day you heard"
        )
