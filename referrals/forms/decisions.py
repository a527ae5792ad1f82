"""Forms of decide, records check, facilitators and close. Choices are passed in; nothing is queried or saved here."""

from collections.abc import Sequence
from typing import Any

from django import forms

from referrals.enums import Part, Reason, Suitable
from restorative.common.formfields import ChoiceRadio, ChoiceSelect, CleanTextField, DateField
from restorative.common.forms import BaseForm

NOBODY = "nobody"
Choices = Sequence[tuple[str, str]]


def whose_field(people: Choices, label: str) -> ChoiceRadio:
    """The party whose information a reason came from: one of those the worker opens, or none."""
    hints = {key: f"Only workers who support {name} can read it" for key, name in people}
    return ChoiceRadio(
        label=label,
        choices=[*people, (NOBODY, "Nobody’s in particular")],
        option_hints={**hints, NOBODY: "Kept, and shown on nobody’s page"},
        initial=people[0][0] if len(people) == 1 else None,
    )


class DecideForm(BaseForm):
    """Suitable now, not now, or not; the reason; optionally the records check in the same submission."""

    decision = ChoiceRadio(
        label="Is a meeting suitable?",
        choices=Suitable.choices,
        option_hints={
            Suitable.YES: "Motives are sincere, no harm can come of it, and it is the right time",
            Suitable.NOT_NOW: "It is looked at again on a date you choose. A booked meeting is called off at once",
            Suitable.NO: "Nothing can be booked. A booked meeting is called off at once",
        },
    )
    review_on = DateField(label="When will it be looked at again?", required=False, future=True)
    reason = CleanTextField(label="Why?", rows=4)
    layout = ["decision", "review_on", "reason", "party", "ask_records"]
    reveals = {"review_on": ("decision", Suitable.NOT_NOW), "ask_records": ("decision", Suitable.YES)}

    def __init__(self, *args: Any, people: Choices = (), records_missing: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["party"] = whose_field(people, "Whose information does that reason come from?")
        if records_missing:
            self.fields["ask_records"] = forms.BooleanField(
                label="Ask a safeguarding lead for the records check too",
                help_text="They match the names across organisations. You see only that it is done",
                required=False,
                initial=True,
            )


class AskRecordsForm(BaseForm):
    """No fields: submitting asks for the check."""


class AppointForm(BaseForm):
    """Which worker, in which part. `user` has names grouped by organisation."""

    part = ChoiceRadio(
        label="As what?",
        choices=[(part.value, part.label) for part in (Part.FACILITATOR, Part.SECOND_WORKER)],
        option_hints={
            Part.FACILITATOR: "Prepares and runs the meeting. Sees what each person agreed to share",
            Part.SECOND_WORKER: "Beside a facilitator who supports someone here, or manages who does",
        },
        initial=Part.FACILITATOR,
    )
    layout = ["user", "part"]

    def __init__(self, *args: Any, workers: Sequence[tuple[str, Choices]] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["user"] = ChoiceSelect(label="Who?", choices=workers)


class EndPartForm(BaseForm):
    """No fields: submitting ends the part."""


class LeaveOutForm(BaseForm):
    """No fields: submitting leaves the professional out."""


class CloseForm(BaseForm):
    """Why it is not going ahead, if it is not; why it is closed with open items, if there are any."""

    layout = ["reason", "party", "why_open_items"]

    def __init__(
        self,
        *args: Any,
        people: Choices = (),
        asks_reason: bool = False,
        asks_why: bool = False,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        if asks_reason:
            self.fields["reason"] = ChoiceRadio(label="Why is it not going ahead?", choices=Reason.choices)
            self.fields["party"] = whose_field(people, "Whose information does that come from?")
        if asks_why:
            self.fields["why_open_items"] = CleanTextField(
                label="Why is it closed all the same?", help_text="Kept with the closing", rows=3
            )
