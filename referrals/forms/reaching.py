"""One person's contact route, as part of a form: its fields, its validation, and its result."""

from typing import Any

from django.core.exceptions import ValidationError

from referrals.enums import (
    SENT_ROUTES,
    WRITTEN_ROUTES,
    Answer,
    Days,
    Hours,
    RouteKind,
    Voicemail,
)
from referrals.forms.intake import route_value
from referrals.forms.parts import missing, reveal, say
from referrals.forms.words import Whom
from restorative.common.formfields import (
    ChoiceSelect,
    CleanCharField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Row

ROUTE = ("kind", "value", "read_by_others", "screen_seen", "days", "hours", "voicemail", "cover")


def add_route(
    form: BaseForm, whom: Whom, *, initial: dict[str, str], shares_home: bool | None, required: bool = False
) -> list[Any]:
    """Add one contact route. `shares_home` None: asked on the same page."""
    first = {
        "kind": "",
        "value": "",
        "days": Days.ANY.value,
        "hours": Hours.ANY.value,
        "voicemail": Voicemail.NO.value,
        "cover": "",
    } | initial
    form.fields["kind"] = ChoiceSelect(
        label="The best way", choices=RouteKind.choices, required=required, initial=first["kind"]
    )
    form.fields["value"] = CleanCharField(
        label="Number, address or appointment", required=False, width="20", initial=first["value"]
    )
    form.fields["read_by_others"] = YesNoNotSureField(
        label=f"Can anybody else read it, or answer {whom.name}’s phone?",
        required=required,
        help_text="If so, texts, emails and post are not used.",
    )
    say(form, "read_by_others", "“Does anybody else look at your phone or open your post, even sometimes?”")
    form.fields["screen_seen"] = YesNoNotSureField(
        label=f"Could anybody else see {whom.name}’s screen light up?",
        required=False,
        help_text="If so, a message only says “Can you ring me?”",
    )
    if shares_home is None:
        reveal(form, "screen_seen", "shares_home", "yes", "not_sure")
    form.fields["days"] = ChoiceSelect(
        label="Which days are good?", choices=Days.choices, required=False, initial=first["days"]
    )
    form.fields["hours"] = ChoiceSelect(
        label="When is good?", choices=Hours.choices, required=False, initial=first["hours"]
    )
    form.fields["voicemail"] = ChoiceSelect(
        label="On voicemail", choices=Voicemail.choices, required=False, initial=first["voicemail"]
    )
    form.fields["cover"] = CleanCharField(
        label="Cover words: what to say if somebody else answers",
        required=False,
        max_length=160,
        initial=first["cover"],
    )
    asked = [Row("kind", "value"), "read_by_others"]
    if shares_home is not False:
        asked.append("screen_seen")
    else:
        del form.fields["screen_seen"]
    return [*asked, Row("days", "hours"), "voicemail", "cover"]


def route_reached(form: BaseForm) -> bool:
    """Whether anything was answered, or changed from the known values."""
    cleaned = form.cleaned_data
    if cleaned.get("read_by_others") or cleaned.get("screen_seen"):
        return True
    offered = ("kind", "value", "days", "hours", "voicemail", "cover")
    return any(cleaned.get(name) and cleaned[name] != form.fields[name].initial for name in offered)


def clean_route(form: BaseForm, *, need_value: bool = True) -> None:
    """Put the value in its stored form; report missing fields."""
    cleaned = form.cleaned_data
    missing(form, ["kind"], "Choose a way")
    missing(form, ["read_by_others"])
    kind = cleaned.get("kind")
    if kind and "value" not in form.errors:
        if not cleaned.get("value"):
            if need_value and kind != RouteKind.IN_PERSON:
                form.add_error("value", "Enter how to reach them this way")
        else:
            try:
                cleaned["value"] = route_value(kind, cleaned.get("value", ""))
            except ValidationError as error:
                form.add_error("value", error)
    at_home = cleaned.get("shares_home") in (Answer.YES, Answer.NOT_SURE)
    if at_home and kind in SENT_ROUTES and cleaned.get("read_by_others") == Answer.NO:
        missing(form, ["screen_seen"])


def route_facts(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of RouteFacts. Unknown means no: a route that others can read is not used for writing."""
    kind = RouteKind(cleaned["kind"])
    read = cleaned["read_by_others"] != Answer.NO
    return {
        "kind": kind,
        "value": cleaned["value"],
        "allowed": not (read and kind in WRITTEN_ROUTES),
        "read_by_others": read,
        "screen_private": cleaned.get("screen_seen") == Answer.NO,
        "days": Days(cleaned["days"] or Days.ANY),
        "hours": Hours(cleaned["hours"] or Hours.ANY),
        "voicemail": Voicemail(cleaned["voicemail"] or Voicemail.NO),
        "cover": cleaned["cover"],
    }
