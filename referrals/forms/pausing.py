"""Forms of pausing, the review date, and recording a death."""

from typing import Any

from referrals.forms.decisions import WhoseField
from restorative.common.formfields import CleanTextField, DateField, TickField
from restorative.common.forms import BaseForm


class ReviewForm(BaseForm):
    """Another review date."""

    review_on = DateField(label="When will it be looked at again?", future=True)


class PauseForm(ReviewForm):
    """The review date, the reason, and whose information the reason is."""

    reason = CleanTextField(label="Why is it not the right time?", rows=4)
    party = WhoseField("Whose information does that come from?")


class MeanwhileForm(PauseForm):
    """The same for a referral that another worker paused while this was being typed: submit again to confirm."""

    all_the_same = TickField(label="Pause it until my date, for my reason, all the same")

    def __init__(self, *args: Any, until: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["all_the_same"].error_messages["required"] = (
            f"It was paused meanwhile, until {until}. Nothing you typed here is saved yet. "
            "Tick this to pause it your way, or cancel to leave it as it is"
        )


class DiedForm(BaseForm):
    """The date of death, as far as it is known."""

    died_on = DateField(
        label="When did {name} die?", past=True, help_text="If the day is not known: the day you heard"
    )
