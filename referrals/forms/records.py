"""The form of one records check: a verdict for each hit. Hits are passed in; nothing is saved here."""

from collections.abc import Sequence
from typing import Any

from referrals.enums import Verdict
from restorative.common.formfields import ChoiceRadio, CleanTextField, TickField
from restorative.common.forms import BaseForm, Section

HINTS = {
    Verdict.SAME: "What is known there matters here too: you agree by phone what happens next",
    Verdict.CANNOT_TELL: "You rang, and it stayed open",
}


class RecordsCheckForm(BaseForm):
    """A verdict for each hit, and whether the lead was rung. Without hits there is only the second question.

    Each of `found` is a hit: its `field`, the person `sought`, the `name` found, and what is known `about` them.
    """

    def __init__(
        self,
        *args: Any,
        found: Sequence[dict[str, str]] = (),
        lead: str = "",
        when: str = "",
        done: bool = False,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        pieces = []
        for each in found:
            field = each["field"]
            self.fields[field] = ChoiceRadio(
                label=f"Is this the {each['sought']} of this referral?",
                choices=Verdict,
                option_hints=HINTS,
            )
            self.fields[f"{field}_why"] = CleanTextField(
                label="Note",
                help_text="Only safeguarding leads of your organisation can read it",
                required=False,
                rows=2,
            )
            pieces.append(Section(each["name"], field, f"{field}_why", intro=each["about"]))
        self.fields["rang"] = TickField(
            label=f"I rang {lead} and said that it is done",
            help_text=f"Then it is released now. Otherwise {when}",
            required=done,
        )
        self.layout = [*pieces, "rang"]
