"""The page of a talk with one person, alone. An empty part was not reached; a half-filled part gives errors for
what is missing. Its parts are in parts.py, its wording in words.py."""

from collections.abc import Sequence
from typing import Any

from referrals.enums import SAFETY_QUESTIONS
from referrals.forms import agreeing, parts, reaching
from referrals.forms.agreeing import Ask
from referrals.forms.words import Whom
from restorative.common.forms import BaseForm, Section


class TalkForm(BaseForm):
    """Everything heard in one talk. `reached` names the parts that were reached."""

    def __init__(
        self,
        *args: Any,
        whom: Whom,
        asks: Sequence[Ask],
        route: dict[str, str],
        language: str = "",
        helped: Sequence[str] = (),
        supporter: bool = False,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.whom, self.asks = whom, list(asks)
        self.reached: set[str] = set()
        sections = [parts.add_start(self, whom, language=language, helped=helped)]
        if not supporter:
            sections.append(parts.add_safety(self, whom))
            ways = reaching.add_route(self, whom, initial=route, shares_home=None)
            sections.append(Section(f"How to reach {whom.name} safely", *ways))
        sections.append(agreeing.add_consents(self, whom, self.asks, title=f"What {whom.name} agrees to"))
        sections.append(Section("Hopes, worries and limits", *parts.add_hopes(self, whom)))
        if not supporter:
            sections.append(parts.add_readiness(self, whom))
            sections.append(
                Section(
                    "Three ratings, in private",
                    *parts.add_ratings(self),
                    intro="Only if it helps. Each may be left out, and nobody else in this is shown them.",
                )
            )
        self.supporter = supporter
        self.layout = sections

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        parts.clean_start(self)
        self._clean_parts()
        if not self.reached and not self.errors:
            self.add_error(None, "Nothing is answered yet, so there is nothing to save.")
        parts.check_alone(self, self.whom)
        return cleaned

    def _clean_parts(self) -> None:
        if not self.supporter:
            if parts.safety_reached(self):
                self.reached.add("safety")
                parts.missing(self, list(SAFETY_QUESTIONS))
            if reaching.route_reached(self):
                self.reached.add("route")
                reaching.clean_route(self)
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
