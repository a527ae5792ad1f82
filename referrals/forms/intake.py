"""The seven answers that log a referral, and a list's search."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Field

from referrals.enums import (
    OTHER_PLACES,
    OWN_PLACES,
    SIGN_OFFS,
    STOPS,
    Kind,
    Place,
    RouteKind,
    Source,
)
from restorative.common.formfields import (
    ChoiceRadio,
    ChoiceSelect,
    CleanCharField,
    CleanTextField,
    EmailField,
    PersonNameField,
    PhoneField,
)
from restorative.common.forms import BaseForm, Row, Section, also_asks

MOST_OTHERS = 3
NO_WORRY, A_WORRY = "no", "yes"


def clean_route_value(form: BaseForm, name: str, kind: str) -> None:
    """Put a typed contact route into its stored form, or add an error to it."""
    reads = {RouteKind.TEXT: PhoneField, RouteKind.PHONE: PhoneField, RouteKind.EMAIL: EmailField}
    if name in form.errors or kind not in reads:
        return
    try:
        form.cleaned_data[name] = reads[kind](required=False).clean(form.cleaned_data[name])
    except ValidationError as error:
        form.add_error(name, error)


def ask_other(number: int) -> dict[str, Field]:
    """The name and the place of one of the others. Only the first is needed."""
    first = number == 1
    return {
        f"other_{number}_given": PersonNameField(
            label="Their first name" if first else f"First name of person {number}",
            required=first,
            needed="Enter the other person’s first name" if first else "",
        ),
        f"other_{number}_place": ChoiceSelect(
            label="What are they to the person?" if first else f"What is person {number} to the person?",
            required=first,
            needed="Choose what they are to the person" if first else "",
            choices=OTHER_PLACES,
        ),
    }


@also_asks(*(ask_other(number) for number in range(1, MOST_OTHERS + 1)))
class LogForm(BaseForm):
    own_given = PersonNameField(label="First name", needed="Enter the person’s first name")
    own_family = PersonNameField(label="Last name", required=False)
    own_place = ChoiceRadio(
        label="They are",
        needed="Choose whether they are in treatment or in recovery",
        choices=OWN_PLACES,
    )
    hoped_for = CleanTextField(
        label="What is hoped for?",
        rows=3,
        help_text="In their words, if you can.",
        needed="Write what is hoped for",
    )
    kind = ChoiceRadio(
        label="What kind of meeting?",
        choices=Kind,
        needed="Choose what kind of meeting",
    )
    worry = ChoiceRadio(
        label="Is there any safety worry?",
        choices=[(NO_WORRY, "None that I know of"), (A_WORRY, "Yes")],
        needed="Choose whether there is any safety worry",
    )
    worry_kind = ChoiceSelect(
        label="What is the worry?",
        shown_if=("worry", A_WORRY),
        needed="Choose what the worry is",
        choices=[
            ("Stops it until a safeguarding lead clears it", STOPS),
            ("Needs a second person to sign it off", SIGN_OFFS),
        ],
    )
    worry_detail = CleanTextField(label="What do you know about it?", shown_if=("worry", A_WORRY), rows=2)
    route_kind = ChoiceRadio(
        label="How could we reach them?",
        choices=[
            (RouteKind.TEXT, "Text"),
            (RouteKind.PHONE, "Phone call"),
            (RouteKind.EMAIL, "Email"),
            (RouteKind.IN_PERSON, "In person, at a named appointment"),
        ],
        help_text="Nothing is sent until they have told us, alone, that it is safe.",
        needed="Choose how we could reach them",
    )
    route_value = CleanCharField(label="Number, email address or appointment", required=False, width="20")
    source = ChoiceRadio(
        label="How did this come about?",
        choices=Source,
        needed="Choose how this came about",
    )
    lead = ChoiceSelect(label="Who leads?", choices="leads", empty="", needed="Choose who leads")

    layout = [
        Section("1. The person", Row("own_given", "own_family"), "own_place"),
        Section(
            "2. The others",
            *(Row(f"other_{n}_given", f"other_{n}_place") for n in range(1, MOST_OTHERS + 1)),
            intro="Nobody is contacted yet. More people can be added later.",
        ),
        Section("3. What is hoped for", "hoped_for"),
        Section("4. What kind of meeting", "kind"),
        Section("5. Safety", "worry", "worry_kind", "worry_detail"),
        Section("6. Reaching them", "route_kind", "route_value"),
        Section("7. Who leads", "source", "lead"),
    ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for number in range(2, MOST_OTHERS + 1):
            given, place = cleaned.get(f"other_{number}_given"), cleaned.get(f"other_{number}_place")
            if given:
                self.missing(f"Choose what {given} is to the person", f"other_{number}_place")
            if place:
                self.missing("Enter their first name", f"other_{number}_given")
        if cleaned.get("worry") != A_WORRY:
            cleaned["worry_kind"] = cleaned["worry_detail"] = ""
        if kind := cleaned.get("route_kind"):
            self.missing("Enter the number, the email address or the appointment", "route_value")
            clean_route_value(self, "route_value", kind)
        return cleaned

    def others(self) -> list[tuple[str, Place]]:
        """First name and place of each other person that was entered."""
        rows = [
            (self.cleaned_data.get(f"other_{n}_given"), self.cleaned_data.get(f"other_{n}_place"))
            for n in range(1, MOST_OTHERS + 1)
        ]
        return [(given, place) for given, place in rows if given and place]

    def worry_label(self) -> str:
        """The worry in words, or ''."""
        kind = self.cleaned_data.get("worry_kind")
        return str(kind.label) if kind else ""
