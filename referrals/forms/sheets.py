"""The text of a new information sheet, and whether it is a material change."""

from typing import Any

from referrals.forms.handoffs import VersionField
from restorative.common.formfields import ChoiceRadio, CleanTextField
from restorative.common.forms import BaseForm

MATERIAL, SAME = "material", "same"


class SheetForm(BaseForm):
    """`stake` is how many current answers a material change makes void."""

    words = CleanTextField(
        label="The words",
        rows=14,
        max_length=10_000,
        help_text="Plain and short: it is read aloud.",
        needed="Write the words of the sheet",
    )
    change = ChoiceRadio(
        label="What does it change?",
        choices=[
            (SAME, "Nothing that people agreed to: clearer words, a new phone number"),
            (MATERIAL, "What people agree to: who sees something, what is kept, what taking part means"),
        ],
        needed="Choose what it changes",
    )
    after = VersionField()

    def __init__(self, *args: Any, stake: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        counted = "1 current answer becomes" if stake == 1 else f"{stake:,} current answers become"
        self.fields["change"].option_hints = {
            SAME: "Everybody’s answers go on counting.",
            MATERIAL: f"{counted} void at once, and each person is asked again. Meetings that rest on them wait.",
        }
