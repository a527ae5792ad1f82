"""Forms of handoffs: asking another organisation, and answering. Choices are passed in; nothing is queried."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from referrals.enums import DeclineCode
from restorative.common.formfields import ChoiceRadio, ChoiceSelect, CleanTextField, DateField, TickField
from restorative.common.forms import BaseForm, Section

LEAD = "lead"
STALE = -1
PACKET = ("situation", "background", "needs", "asked", "flags", "with_contact", "told")


class VersionField(forms.IntegerField):
    """The version that the user saw. An invalid value becomes a version that never existed.

    It is not kept in drafts, because a resumed form shows the current state.
    """

    widget = forms.HiddenInput
    kept_as_typed = False

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, max_value=2**31 - 1, **kwargs)

    def clean(self, value: Any) -> int:
        try:
            found = super().clean(value)
        except ValidationError:
            return STALE
        return STALE if found is None else found

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if data is None else super().bound_data(data, initial)


class AskForm(BaseForm):
    """The request and its packet. Only fields that are filled in are passed on."""

    to_org = ChoiceRadio(label="Which organisation?", choices="organisations")
    ask = ChoiceRadio(
        label="What should they do?",
        choices="asks",
        option_hints={LEAD: "You stay responsible until they have made first contact"},
    )
    reply_by = DateField(
        label="Reply by",
        required=False,
        future=True,
        help_text="Empty: {rules.handoff_decided_working_days} of their working days",
    )
    situation = CleanTextField(
        label="The situation", help_text="What this is about and where it stands, in a few lines", rows=4
    )
    background = CleanTextField(
        label="Background",
        required=False,
        help_text="Only what they need. Leave out what they do not",
        rows=3,
    )
    needs = CleanTextField(
        label="What you found, and what is needed", required=False, help_text="Your assessment", rows=3
    )
    asked = CleanTextField(label="What do you ask of them?", rows=3)
    flags = CleanTextField(
        label="What must they know to act safely?",
        required=False,
        help_text="For example: never leave a message; ring only in the morning",
        rows=2,
    )
    with_contact = TickField(
        label="Pass on how to reach them safely",
        help_text="As confirmed in the last {rules.handoff_contact_days} days",
        required=False,
        initial=True,
    )
    told = CleanTextField(
        label="What was the person told?", help_text="What you said to them about asking for this", rows=2
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    layout = [
        Section("Who, and what", "to_org", "ask", "reply_by"),
        Section(
            "What they will see",
            *PACKET,
            intro="Nothing else goes over. You see it exactly as they will before it is sent.",
        ),
    ]


class AcceptForm(BaseForm):
    """Who takes it, from when, and whether a request to lead is accepted as help for one person only."""

    kind = ChoiceRadio(label="What will you do?", choices="takes")
    worker = ChoiceSelect(label="Who takes it?", choices="workers", needed="Choose who takes it")
    starts_on = DateField(label="Starting", future=True, needed="Enter the day")
    version = VersionField(initial=STALE)

    def __init__(self, *args: Any, today: date | None = None, **kwargs: Any):
        super().__init__(*args, starts_on=today, **kwargs)
        if takes := self.fields["kind"].choices:
            self.fields["kind"].initial = takes[0][0]
        else:
            del self.fields["kind"]


class VersionForm(BaseForm):
    """A button that submits the version the user saw."""

    version = VersionField(initial=STALE)


class WordsForm(VersionForm):
    words = CleanTextField(label="Your words", rows=4)

    def __init__(self, *args: Any, label: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["words"].label = label or "Your words"


class DeclineForm(VersionForm):
    code = ChoiceRadio(label="Why not?", choices=DeclineCode)


class GiveBackForm(VersionForm):
    why = CleanTextField(label="What do they need to know?", rows=4)


class CompleteForm(VersionForm):
    done = CleanTextField(label="What was done?", rows=3)
    went = CleanTextField(label="How did it go?", rows=3)
    next_step = CleanTextField(label="What next?", rows=3)
