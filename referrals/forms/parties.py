"""Forms about a party: joining, keyworker, contact routes, approaches, keeping a provisional record."""

from typing import Any

from referrals.enums import Answer, ApproachResult, Place, RouteKind
from referrals.forms.reaching import ReachingForm
from restorative.common.formfields import (
    ChoiceRadio,
    ChoiceSelect,
    CleanCharField,
    CleanTextField,
    DateField,
    PersonNameField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Row, Section

THEIR_WORDS, THE_DAY = "Write down what they said, in their words", "Enter the day they said it"


def told_us(cleaned: dict[str, Any], to: Any) -> dict[str, str]:
    """Their words, the date, and the worker who heard them; {} if neither was asked for."""
    if not cleaned["told_on"]:
        return {}
    return {"words": cleaned["told_words"], "on": cleaned["told_on"].isoformat(), "to": str(to.pk)}


class PersonForm(BaseForm):
    """A further participant, or a participant's supporter."""

    given = PersonNameField(label="First name")
    family = PersonNameField(label="Last name", required=False)

    place = ChoiceSelect(label="They are", choices="places")
    beside = ChoiceSelect(
        label="Whose supporter are they?",
        choices="beside",
        shown_if=("place", Place.SUPPORTER),
        needed="Choose whose supporter they are",
    )
    asked_first = YesNoNotSureField(
        label="Did they ask for this themselves?",
        yes_no=True,
        help_text="If not, somebody has to agree to the exact words before they are spoken to.",
    )
    told_words = CleanTextField(label="What did they say?", shown_if=("asked_first", Answer.YES), rows=2)
    told_on = DateField(label="On which day?", shown_if=("asked_first", Answer.YES), past=True)
    keyworker = ChoiceSelect(
        label="Who supports them?", choices="keyworkers", required=False, empty="Nobody yet: the lead does"
    )

    layout = [Row("given", "family")]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # Supporters are asked by their participant, without approved words.
        came = cleaned.get("asked_first") == Answer.YES
        if came and cleaned.get("place") and cleaned["place"] != Place.SUPPORTER:
            self.missing(THEIR_WORDS, "told_words")
            self.missing(THE_DAY, "told_on")
        return cleaned


class RouteForm(ReachingForm):
    allowed = YesNoNotSureField(
        label="May we reach {name} this way?",
        help_text="Not sure counts as no. We never fall back to another way.",
    )
    confirmed = YesNoNotSureField(
        label="Did {name} tell you so, alone?", help_text="Until then nothing is sent this way."
    )

    layout = [
        Section("A new or changed way", ReachingForm.way[0], "allowed", *ReachingForm.way[1:], "confirmed")
    ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.clean_way(need_value=cleaned.get("allowed") == Answer.YES)
        return cleaned


class ApproachForm(BaseForm):
    ASKED, TOLD = CAME = "asked_first", "told_unprompted"

    result = ChoiceRadio(
        label="What happened?",
        choices=[
            (ApproachResult.WAITING, "We reached {name}, and wait for an answer"),
            (ApproachResult.COULD_NOT_REACH, "We tried, and could not reach {name}"),
            (ASKED, "{name} asked for this first"),
            (TOLD, "{name} told us, unprompted, what {name} knows of it"),
            (ApproachResult.DO_NOT_APPROACH, "{name} said no: do not approach again"),
        ],
        option_hints={TOLD: "Somebody else saying that they know of it is not that."},
    )
    how = ChoiceRadio(
        label="How?",
        choices=RouteKind,
        shown_if=("result", ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH),
        needed="Choose how you tried",
    )
    told_words = CleanTextField(
        label="What did {name} say?", shown_if=("result", *CAME), needed=THEIR_WORDS, rows=2
    )
    told_on = DateField(label="On which day?", shown_if=("result", *CAME), needed=THE_DAY, past=True)


class KeyworkerForm(BaseForm):
    keyworker = ChoiceSelect(
        label="Who supports {name}?",
        choices="keyworkers",
        required=False,
        empty="Nobody: the lead stands in",
    )


class NeedsForm(BaseForm):
    language = CleanCharField(
        label="Which language is easiest?",
        max_length=60,
        width="10",
        required=False,
        help_text="Leave empty for English",
    )
    needs = CleanTextField(
        label="What helps them to come and to take part?",
        rows=4,
        required=False,
        help_text="For example: step-free, large print, breaks, childcare, a bus fare. In their words",
    )


class InviteForm(BaseForm):
    name = PersonNameField(label="Name")
    role = CleanCharField(
        label="What they do", max_length=120, width="20", help_text="For example: social worker."
    )
    organisation = CleanCharField(label="Where they work", max_length=120, width="20")


class KeepForm(BaseForm):
    """The reason. It is sealed in the party's compartment."""

    reason = CleanTextField(
        label="Why is it kept longer?",
        rows=3,
        help_text="Only those who support this person, and their managers, read this.",
        needed="Say why it is kept longer",
    )
