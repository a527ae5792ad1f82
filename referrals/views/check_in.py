"""The check-in with one person: five answers on one page, or a link to the full questions if that is not enough."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from referrals.actions.check_in import ANOTHER_WAY, QUESTIONS, Standing, check_in, standing
from referrals.enums import Answer, Ready, RouteKind
from referrals.forms.talk import CheckInForm
from referrals.presenters.reach import route_kind, route_value
from referrals.views.person import PersonFormView
from restorative.common.decisions import NotPossible
from restorative.common.forms import BaseForm
from restorative.common.views_forms import ActionFormView


class CheckIn(PersonFormView):
    form_class = CheckInForm
    presses = frozenset({"later"})
    title = "Check in with {name}"
    intro = "Ask alone, in person or by phone. Saved together, this renews what was said before."
    submit_text = "{name} is alone: save"
    action = check_in

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
        return {**super().get_form_kwargs(), "way": self._way(), "route": asked}

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
            name, supporter = self.party.known_as, self.party.is_supporter
            context["nothing"] = " ".join(self.found)
            context["nothing_href"] = self.party_href if supporter else self.link("talk")
            context["nothing_text"] = f"{name}’s page" if supporter else f"Talk with {name}"
        context["second_text"] = f"{self.party.known_as} is not alone: later"
        context["second_name"] = "later"
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "later" not in request.POST or "X-Draft" in request.headers:
            return super().post(request, *args, **kwargs)
        form = self.form_class(request.POST, **self.get_form_kwargs())
        self.keep(form)
        messages.info(request, "Not saved as answers. What you had filled in is kept for when you come back.")
        return HttpResponseRedirect(self.done(), status=303)

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "answers": {key: said[key] for key in QUESTIONS},
            "note": said["note"],
            "way": said["route"],
        }

    def done(self) -> str:
        return self.came_from[0] if self.came_from else self.still_seen

    @staticmethod
    def _say(form: BaseForm, refusal: NotPossible) -> None:
        """If the contact route has changed, the form asks about the current one."""
        ActionFormView._say(form, refusal)
        if ANOTHER_WAY in refusal.sentences:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["route"] = str(form["route"].initial)
            form.data.pop("same_way", None)

    @property
    def success(self) -> str:
        right = "Ready" if self.result.judgement == Ready.READY else "Not yet"
        return f"Saved. The right time? {right}."

    def tell(self) -> None:
        super().tell()
        if self.said["still_yes"] != Answer.YES:
            messages.info(self.request, "Nothing can be booked without a yes to taking part.")
        if self.said["same_way"] != Answer.YES:
            messages.info(
                self.request, "Nothing is sent that way any more. Record a safe way when you know one."
            )
