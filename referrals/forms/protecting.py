"""Protective shares; and a person's age, with who decides if they are under 16."""

from referrals.enums import ChildResult, ShareWith
from restorative.common.formfields import ChoiceRadio, CleanTextField, DateField, YesNoNotSureField
from restorative.common.forms import BaseForm, Section

ASKED, BY_A_PARENT = ("result", *ChildResult.values), ("result", ChildResult.PARENT)


class ShareForm(BaseForm):
    to = ChoiceRadio(
        label="With whom?",
        choices=ShareWith,
    )
    reason = CleanTextField(
        label="Why could it not wait, or not be asked?",
        help_text="Who might be harmed, and how.",
        rows=3,
    )
    content = CleanTextField(
        label="What exactly did you tell them?", help_text="Only what they need.", rows=4
    )


class AgeForm(BaseForm):
    born_on = DateField(label="When was {name} born?", past=True, help_text="Like 3 March 2010")
    result = ChoiceRadio(
        label="Can {name} decide about this?",
        help_text="Leave it empty if you have not asked yet.",
        choices=ChildResult,
        required=False,
    )
    how_known = CleanTextField(
        label="How do you know?",
        help_text="What {name} understood of it, and who talked with them, alone.",
        shown_if=ASKED,
        needed="Say how you know",
        rows=3,
    )
    parent = CleanTextField(
        label="Which parent is it, and what did they say, when and to whom?",
        shown_if=BY_A_PARENT,
        needed="Say which parent it is, and what they said",
        rows=2,
    )
    takes_part = YesNoNotSureField(
        label="Does that parent take part in this?",
        yes_no=True,
        shown_if=BY_A_PARENT,
        needed="Answer yes or no",
    )

    layout = [
        "born_on",
        Section(
            "Only if {name} is under {rules.own_consent_age}",
            "result",
            "how_known",
            "parent",
            "takes_part",
            intro="{name}’s own yes is needed too, even if others agree. Nobody says yes for them.",
        ),
    ]
