"""Protective shares; and a person's age, with who decides if they are under 16."""

from datetime import date
from typing import Any

from django.utils.text import capfirst

from referrals.enums import ChildResult, ShareWith
from referrals.forms import parts
from referrals.forms.words import Whom
from restorative.common.formfields import ChoiceRadio, CleanTextField, DateField, YesNoNotSureField
from restorative.common.forms import BaseForm, Section
from restorative.common.rules import rules


class ShareForm(BaseForm):
    """With whom something was shared, why, and exactly what."""

    to = ChoiceRadio(
        label="With whom?", choices=[(each.value, capfirst(str(each.label))) for each in ShareWith]
    )
    reason = CleanTextField(
        label="Why could it not wait, or not be asked?",
        help_text="Who might be harmed, and how.",
        rows=3,
    )
    content = CleanTextField(
        label="What exactly did you tell them?", help_text="Only what they need.", rows=4
    )


class LookedForm(BaseForm):
    """No fields: submitting is the answer."""


class AgeForm(BaseForm):
    """Date of birth; under 16, whether they can decide or which parent gives authority."""

    def __init__(self, *args: Any, whom: Whom, born_on: date | None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["born_on"] = DateField(
            label=f"When was {whom.name} born?", past=True, initial=born_on, help_text="Like 3 March 2010"
        )
        self.fields["result"] = ChoiceRadio(
            label=f"Can {whom.name} decide about this?",
            help_text="Leave it empty if you have not asked yet.",
            choices=ChildResult.choices,
            required=False,
        )
        self.fields["how_known"] = CleanTextField(
            label="How do you know?",
            help_text=f"What {whom.name} understood of it, and who talked with them, alone.",
            required=False,
            rows=3,
        )
        self.fields["parent"] = CleanTextField(
            label="Which parent is it, and what did they say, when and to whom?", required=False, rows=2
        )
        self.fields["takes_part"] = YesNoNotSureField(
            label="Does that parent take part in this?", yes_no=True, required=False
        )
        parts.reveal(self, "how_known", "result", *ChildResult.values)
        parts.reveal(self, "parent", "result", ChildResult.PARENT.value)
        parts.reveal(self, "takes_part", "result", ChildResult.PARENT.value)
        self.layout = [
            "born_on",
            Section(
                f"Only if {whom.name} is under {rules().own_consent_age}",
                "result",
                "how_known",
                "parent",
                "takes_part",
                intro=f"{whom.name}’s own yes is needed too, whoever else agrees. Nobody says yes for them.",
            ),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("result"):
            parts.missing(self, ["how_known"], "Say how you know")
        if cleaned.get("result") == ChildResult.PARENT:
            parts.missing(self, ["parent"], "Say which parent it is, and what they said")
            parts.missing(self, ["takes_part"], "Answer yes or no")
        return cleaned
