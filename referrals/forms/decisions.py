"""Forms of decide, pause, records check, facilitators, close and death. Choices are passed in; nothing is queried or
saved here."""

from collections.abc import Iterable
from typing import Any

from referrals.enums import Part, Reason, Suitable
from restorative.common.formfields import ChoiceRadio, ChoiceSelect, CleanTextField, DateField, TickField
from restorative.common.forms import BaseForm

NOBODY = "nobody"


class WhoseField(ChoiceRadio):
    """The party whose information a reason came from: one of the `people` the worker opens, or none."""

    def __init__(self, label: str):
        super().__init__(label=label, choices="people")

    def offer(self, choices: Iterable[Any]) -> None:
        people = [(key, name, f"Only workers who support {name} can read it") for key, name in choices]
        nobody = (NOBODY, "Nobody’s in particular", "Kept, and shown on nobody’s page")
        super().offer([*people, nobody])
        self.initial = people[0][0] if len(people) == 1 else None


class DecideForm(BaseForm):
    decision = ChoiceRadio(
        label="Is a meeting suitable?",
        choices=Suitable,
        option_hints={
            Suitable.YES: "Motives are sincere, no harm can come of it, and it is the right time",
            Suitable.NOT_NOW: "It is looked at again on a date you choose. A booked meeting is called off at once",
            Suitable.NO: "Nothing can be booked. A booked meeting is called off at once",
        },
    )
    review_on = DateField(
        label="When will it be looked at again?", shown_if=("decision", Suitable.NOT_NOW), future=True
    )
    reason = CleanTextField(label="Why?", rows=4)
    party = WhoseField("Whose information does that reason come from?")
    ask_records = TickField(
        label="Ask a safeguarding lead for the records check too",
        help_text="They match the names across organisations. You see only that it is done",
        shown_if=("decision", Suitable.YES),
        initial=True,
    )


class AppointForm(BaseForm):
    """Which worker, in which part. `workers` are grouped by organisation."""

    user = ChoiceSelect(label="Who?", choices="workers")
    part = ChoiceRadio(
        label="As what?",
        choices=[Part.FACILITATOR, Part.SECOND_WORKER],
        option_hints={
            Part.FACILITATOR: "Prepares and runs the meeting. Sees what each person agreed to share",
            Part.SECOND_WORKER: "Beside a facilitator who supports someone here, or manages who does",
        },
        initial=Part.FACILITATOR,
    )


class CloseForm(BaseForm):
    reason = ChoiceRadio(label="Why is it not going ahead?", choices=Reason)
    party = WhoseField("Whose information does that come from?")
    why_open_items = CleanTextField(
        label="Why is it closed all the same?", help_text="Kept with the closing", rows=3
    )


class ReviewForm(BaseForm):
    review_on = DateField(label="When will it be looked at again?", future=True)


class PauseForm(ReviewForm):
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
    died_on = DateField(
        label="When did {name} die?", past=True, help_text="If the day is not known: the day you heard"
    )
