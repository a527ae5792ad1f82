"""One person's contact route, as part of a form: its fields, its validation, and its result."""

from typing import Any

from referrals.enums import SENT_ROUTES, WRITTEN_ROUTES, Answer, Days, Hours, RouteKind, Voicemail
from referrals.forms.intake import clean_route_value
from referrals.forms.parts import ANSWER
from restorative.common.formfields import ChoiceSelect, CleanCharField, YesNoNotSureField
from restorative.common.forms import BaseForm, Row


class ReachingForm(BaseForm):
    kind = ChoiceSelect(label="The best way", choices=RouteKind)
    value = CleanCharField(label="Number, address or appointment", required=False, width="20")
    read_by_others = YesNoNotSureField(
        label="Can anybody else read it, or answer {name}’s phone?",
        help_text="If so, texts, emails and post are not used.",
        say="“Does anybody else look at your phone or open your post, even sometimes?”",
    )
    screen_seen = YesNoNotSureField(
        label="Could anybody else see {name}’s screen light up?",
        required=False,
        help_text="If so, a message only says “Can you ring me?”",
    )
    days = ChoiceSelect(label="Which days are good?", choices=Days, required=False, initial=Days.ANY)
    hours = ChoiceSelect(label="When is good?", choices=Hours, required=False, initial=Hours.ANY)
    voicemail = ChoiceSelect(label="On voicemail", choices=Voicemail, required=False, initial=Voicemail.NO)
    cover = CleanCharField(
        label="Cover words: what to say if somebody else answers", required=False, max_length=160
    )

    way = (Row("kind", "value"), "read_by_others", "screen_seen", Row("days", "hours"), "voicemail", "cover")

    def way_reached(self) -> bool:
        """Whether anything was answered, or changed from the known values."""
        cleaned = self.cleaned_data
        offered = ("kind", "value", "days", "hours", "voicemail", "cover")
        return bool(cleaned.get("read_by_others") or cleaned.get("screen_seen")) or any(
            cleaned.get(name) and cleaned[name] != self[name].initial for name in offered
        )

    def clean_way(self, *, need_value: bool = True) -> None:
        """Put the value in its stored form; report missing fields."""
        cleaned = self.cleaned_data
        self.missing("Choose a way", "kind")
        self.missing(ANSWER, "read_by_others")
        if kind := cleaned.get("kind"):
            if need_value and kind != RouteKind.IN_PERSON:
                self.missing("Enter how to reach them this way", "value")
            clean_route_value(self, "value", kind)
        at_home = cleaned.get("shares_home") in (Answer.YES, Answer.NOT_SURE)
        if at_home and kind in SENT_ROUTES and cleaned.get("read_by_others") == Answer.NO:
            self.missing(ANSWER, "screen_seen")


def route_facts(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of RouteFacts. Unknown means no: a route that others can read is not used for writing."""
    kind = cleaned["kind"]
    read = cleaned["read_by_others"] != Answer.NO
    return {
        "kind": kind,
        "value": cleaned["value"],
        "allowed": not (read and kind in WRITTEN_ROUTES),
        "read_by_others": read,
        "screen_private": cleaned.get("screen_seen") == Answer.NO,
        "days": cleaned["days"] or Days.ANY,
        "hours": cleaned["hours"] or Hours.ANY,
        "voicemail": cleaned["voicemail"] or Voicemail.NO,
        "cover": cleaned["cover"],
    }
