"""The check-in with one person: five answers on one page, or a link to the full questions if that is not enough."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from referrals.actions.check_in import ANOTHER_WAY, QUESTIONS, Standing, check_in, standing
from referrals.enums import STOPS, Answer, Ready, RouteKind
from referrals.forms.check_in import CheckInForm
from referrals.models import Concern
from referrals.presenters.reach import route_kind, route_value
from referrals.views.person import PersonFormView
from restorative.common.decisions import NotPossible
from restorative.common.forms import BaseForm
from restorative.common.views import ActionFormView


class CheckIn(PersonFormView):
    """Still yes, safe, well, same number, the right time?"""

    form_class = CheckInForm
    presses = frozenset({"later"})

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Check in with {self.party.known_as}"

    @property
    def submit_text(self) -> str:  # type: ignore[override]
        return f"{self.party.known_as} is alone: save"

    @cached_property
    def found(self) -> Standing | list[str]:
        """What would be renewed, or why nothing can be."""
        user = self.request.user
        try:
            return standing(self.party, lambda model: model.objects.visible_to(user).filter(party=self.party))
        except NotPossible as refusal:
            return refusal.sentences

    def get_form_kwargs(self) -> dict[str, Any]:
        asked = self.found.route.pk if isinstance(self.found, Standing) else None
        return {"whom": self.whom, "way": self._way(), "route": asked}

    def _way(self) -> str:
        if not isinstance(self.found, Standing):
            return ""
        route = self.found.route
        if route.kind == RouteKind.IN_PERSON:
            return "in person, at an appointment"
        kind, value = route_kind(route).lower(), route_value(route)
        return f"by {kind} {'on' if route.kind in (RouteKind.TEXT, RouteKind.PHONE) else 'at'} {value}"

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        if not isinstance(self.found, Standing):
            context["nothing"] = " ".join(self.found)
            context["nothing_href"] = self.link("party" if self.party.is_supporter else "talk")
            context["nothing_text"] = (
                f"{self.party.known_as}’s page"
                if self.party.is_supporter
                else f"Talk with {self.party.known_as}"
            )
        return {
            **context,
            "intro": "Ask alone, in person or by phone. Saved together, this renews what was said before.",
            "second_text": f"{self.party.known_as} is not alone: later",
            "second_name": "later",
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "later" not in request.POST or "X-Draft" in request.headers:
            return super().post(request, *args, **kwargs)
        form = self.form_class(request.POST, **self.get_form_kwargs())
        self.keep(form)
        messages.info(request, "Not saved as answers. What you had filled in is kept for when you come back.")
        return HttpResponseRedirect(self.done(), status=303)

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        check = check_in(
            party=self.party,
            answers={key: cleaned[key] for key in QUESTIONS},
            note=cleaned["note"],
            way=cleaned["route"],
            by=self.request.user,
            at=self.at,
        )
        self._say_what_follows(cleaned, check.judgement == Ready.READY)
        return self.done() if self.came_from else self.still_seen()

    @staticmethod
    def _say(form: BaseForm, refusal: NotPossible) -> None:
        """If the contact route has changed, the form asks about the current one."""
        ActionFormView._say(form, refusal)
        if ANOTHER_WAY in refusal.sentences:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["route"] = str(form["route"].initial)
            form.data.pop("same_way", None)

    def _say_what_follows(self, cleaned: dict[str, Any], ready: bool) -> None:
        """Without names, because the message waits in the session for the next page."""
        right = "ready" if ready else "not yet"
        messages.success(self.request, f"Saved. The right time? {right.capitalize()}.")
        user = self.request.user
        raised = Concern.objects.visible_to(user).filter(
            party=self.party, raised_by=user, raised_at__gte=self.at
        )
        if any(concern.kind in STOPS for concern in raised):
            messages.error(self.request, "A stop was recorded. Only a safeguarding lead can clear it.")
        if cleaned["still_yes"] != Answer.YES:
            messages.info(self.request, "Nothing can be booked without a yes to taking part.")
        if cleaned["same_way"] != Answer.YES:
            messages.info(
                self.request, "Nothing is sent that way any more. Record a safe way when you know one."
            )
