"""A check-in: five answers of one person, alone, and what they said if it is worth keeping."""

from typing import Any

from referrals.forms import parts, words
from referrals.forms.words import Whom
from restorative.common.formfields import CleanTextField, YesNoNotSureField
from restorative.common.forms import BaseForm


class CheckInForm(BaseForm):
    """Whether they are alone is said with the button."""

    def __init__(self, *args: Any, whom: Whom, way: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for key, question in words.CHECK_IN.items():
            self.fields[key] = YesNoNotSureField(
                label=question.label.format(name=whom.name, way=way),
                help_text=question.leads_to,
                error_messages={"required": parts.ANSWER},
            )
            parts.say(self, key, question.say)
        self.fields["note"] = CleanTextField(
            label=f"What did {whom.name} say? If it is worth keeping", required=False, rows=2
        )
        self.layout = [*words.CHECK_IN, "note"]
