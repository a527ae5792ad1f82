"""Forms about a party: joining, leaving, keyworker, contact routes, approaches."""

from collections.abc import Sequence
from typing import Any

from referrals.enums import Answer, ApproachResult, Place, RouteKind
from referrals.forms import parts, reaching
from referrals.forms.words import Whom
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

Choices = Sequence[tuple[str, str]]


def add_told(form: BaseForm, who: str) -> None:
    """Add fields for the words of a person who came to us, and the date."""
    form.fields["told_words"] = CleanTextField(label=f"What did {who} say?", required=False, rows=2)
    form.fields["told_on"] = DateField(label="On which day?", required=False, past=True)


def need_told(form: BaseForm) -> None:
    """Require their words and the date."""
    parts.missing(form, ["told_words"], "Write down what they said, in their words")
    parts.missing(form, ["told_on"], "Enter the day they said it")


def told_us(cleaned: dict[str, Any], to: Any) -> dict[str, str]:
    """Their words, the date, and the worker who heard them; {} if neither was asked for."""
    if not cleaned["told_on"]:
        return {}
    return {"words": cleaned["told_words"], "on": cleaned["told_on"].isoformat(), "to": str(to.pk)}


class PersonForm(BaseForm):
    """A further participant, or a participant's supporter."""

    given = PersonNameField(label="First name")
    family = PersonNameField(label="Last name", required=False)

    def __init__(self, *args: Any, places: Choices, beside: Choices, keyworkers: Choices, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["place"] = ChoiceSelect(label="They are", choices=places)
        self.fields["beside"] = ChoiceSelect(
            label="Whose supporter are they?", choices=beside, required=False
        )
        parts.reveal(self, "beside", "place", Place.SUPPORTER.value)
        self.fields["asked_first"] = YesNoNotSureField(
            label="Did they ask for this themselves?",
            yes_no=True,
            help_text="If not, somebody has to agree to the exact words before they are spoken to.",
        )
        self.fields["keyworker"] = ChoiceSelect(
            label="Who supports them?", choices=keyworkers, required=False, empty="Nobody yet: the lead does"
        )
        add_told(self, "they")
        parts.reveal(self, "told_words", "asked_first", Answer.YES.value)
        parts.reveal(self, "told_on", "asked_first", Answer.YES.value)
        self.layout = [
            Row("given", "family"),
            "place",
            "beside",
            "asked_first",
            "told_words",
            "told_on",
            "keyworker",
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("place") == Place.SUPPORTER:
            parts.missing(self, ["beside"], "Choose whose supporter they are")
        elif cleaned.get("place") and cleaned.get("asked_first") == Answer.YES:
            need_told(self)  # supporters are asked by their participant, without approved words
        return cleaned


class RouteForm(BaseForm):
    """A contact route, new or changed."""

    def __init__(
        self, *args: Any, whom: Whom, initial_route: dict[str, str], shares_home: bool, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.fields["allowed"] = YesNoNotSureField(
            label=f"May we reach {whom.name} this way?",
            help_text="Not sure counts as no. We never fall back to another way.",
        )
        pieces = reaching.add_route(self, whom, initial=initial_route, shares_home=shares_home, required=True)
        self.fields["confirmed"] = YesNoNotSureField(
            label=f"Did {whom.name} tell you so, alone?",
            help_text="Until then nothing is sent this way.",
        )
        self.layout = [Section("A new or changed way", pieces[0], "allowed", *pieces[1:], "confirmed")]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        reaching.clean_route(self, need_value=cleaned.get("allowed") == Answer.YES)
        return cleaned


class ApproachForm(BaseForm):
    """The result of an approach, or why none is needed."""

    ASKED, TOLD = "asked_first", "told_unprompted"

    def __init__(self, *args: Any, whom: Whom, **kwargs: Any):
        super().__init__(*args, **kwargs)
        name = whom.name
        self.fields["result"] = ChoiceRadio(
            label="What happened?",
            choices=[
                (ApproachResult.WAITING.value, f"We reached {name}, and wait for an answer"),
                (ApproachResult.COULD_NOT_REACH.value, f"We tried, and could not reach {name}"),
                (self.ASKED, f"{name} asked for this first"),
                (self.TOLD, f"{name} told us, unprompted, what {name} knows of it"),
                (ApproachResult.DO_NOT_APPROACH.value, f"{name} said no: do not approach again"),
            ],
            option_hints={self.TOLD: "Somebody else saying that they know of it is not that."},
        )
        self.fields["how"] = ChoiceRadio(label="How?", choices=RouteKind.choices, required=False)
        add_told(self, name)
        tried = (ApproachResult.WAITING.value, ApproachResult.COULD_NOT_REACH.value)
        parts.reveal(self, "how", "result", *tried)
        parts.reveal(self, "told_words", "result", self.ASKED, self.TOLD)
        parts.reveal(self, "told_on", "result", self.ASKED, self.TOLD)
        self.layout = ["result", "how", "told_words", "told_on"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("result") in (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH):
            parts.missing(self, ["how"], "Choose how you tried")
        if cleaned.get("result") in (self.ASKED, self.TOLD):
            need_told(self)
        return cleaned


class KeyworkerForm(BaseForm):
    """The new keyworker."""

    def __init__(self, *args: Any, whom: Whom, keyworkers: Choices, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["keyworker"] = ChoiceSelect(
            label=f"Who supports {whom.name}?",
            choices=keyworkers,
            required=False,
            empty="Nobody: the lead stands in",
        )


class NeedsForm(BaseForm):
    """What helps a person to come and to take part."""

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
    """A professional whom a person wants at the meeting."""

    name = PersonNameField(label="Name")
    role = CleanCharField(
        label="What they do", max_length=120, width="20", help_text="For example: social worker."
    )
    organisation = CleanCharField(label="Where they work", max_length=120, width="20")


class LeaveForm(BaseForm):
    """No fields: the button says it."""
