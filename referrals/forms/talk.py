"""The page of a talk with one person, alone, and the check-in that repeats five of its answers. An empty part was not
reached; a half-filled part gives errors for what is missing. Its parts are in parts.py, its wording in words.py."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from referrals.enums import NOBODY, SAFETY_QUESTIONS
from referrals.forms import agreeing, parts, words
from referrals.forms.agreeing import Ask
from referrals.forms.reaching import ReachingForm
from restorative.common.formfields import CleanTextField
from restorative.common.forms import BaseForm, Layout, Section, also_asks


@also_asks(parts.safety(), parts.HOPES, parts.readiness(), parts.ratings())
class TalkForm(parts.StartedForm, ReachingForm):
    """Everything heard in one talk. `reached` names the parts that were reached."""

    NOT_OF_SUPPORTERS = Layout(*ReachingForm.way, parts.SAFETY, parts.READINESS, *words.RATINGS)

    def __init__(
        self,
        *args: Any,
        asks: Sequence[Ask],
        route: dict[str, str],
        supporter: bool = False,
        **kwargs: Any,
    ):
        without = self.NOT_OF_SUPPORTERS.names() if supporter else ()
        super().__init__(*args, initial=route, without=without, **kwargs)
        self.asks, self.supporter = list(asks), supporter
        self.reached: set[str] = set()
        if not supporter:
            self.fields["kind"].required = self.fields["read_by_others"].required = False
            self.fields["screen_seen"].shown_if = ("shares_home", "yes", "not_sure")
        self.layout = [
            self.start,
            parts.SAFETY,
            Section("How to reach {name} safely", *self.way),
            agreeing.add_consents(self, self.asks),
            Section("Hopes, worries and limits", *parts.HOPES),
            parts.READINESS,
            Section(
                "Three ratings, in private",
                *words.RATINGS,
                intro="Only if it helps. Each may be left out, and nobody else in this is shown them.",
            ),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._clean_parts()
        if not self.reached and not self.errors:
            self.add_error(None, "Nothing is answered yet, so there is nothing to save.")
        parts.check_alone(self)
        return cleaned

    def _clean_parts(self) -> None:
        if not self.supporter:
            if parts.safety_reached(self):
                self.reached.add("safety")
                self.missing(parts.ANSWER, *SAFETY_QUESTIONS)
            if self.way_reached():
                self.reached.add("route")
                self.clean_way()
            if parts.readiness_reached(self):
                self.reached.add("readiness")
                parts.clean_readiness(self)
            if any(value is not None for value in parts.ratings_of(self.cleaned_data).values()):
                self.reached.add("ratings")
        if agreeing.consents_reached(self, self.asks):
            self.reached.add("consents")
            agreeing.clean_consents(self, self.asks)
        if parts.hopes_reached(self):
            self.reached.add("hopes")


class AskedAboutField(forms.UUIDField):
    """The contact route that the question named. An invalid value becomes an id that never existed. It is not kept
    in drafts, because a resumed form shows the current route."""

    widget = forms.HiddenInput
    kept_as_typed = False

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> UUID:
        try:
            return super().clean(value) or NOBODY
        except forms.ValidationError:
            return NOBODY


@also_asks({key: parts.answer(asked, help_text=asked.leads_to) for key, asked in words.CHECK_IN.items()})
class CheckInForm(BaseForm):
    """The submit button confirms that the person is alone."""

    route = AskedAboutField()
    note = CleanTextField(label="What did {name} say? If it is worth keeping", required=False, rows=2)
    layout = [*words.CHECK_IN, "note"]

    def __init__(self, *args: Any, way: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["same_way"].label = self.fields["same_way"].label.replace("{way}", way)
