"""Logging a referral: one page, a check page, and what happens next."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy

from referrals import access, presenters
from referrals.actions.intake import Worry, log_referral
from referrals.actions.parties import PersonFacts
from referrals.actions.reaching import RouteFacts
from referrals.enums import SENT_ROUTES, RouteKind, Source
from referrals.forms.intake import LogForm
from referrals.presenters import approaching, duplicates
from referrals.views.base import ReferralPage, named
from restorative.common import drafts
from restorative.common.decisions import NotPossible
from restorative.common.fields import keyed_hash
from restorative.common.formfields import show_phone
from restorative.common.forms import BaseForm
from restorative.common.views import allows
from restorative.common.views_forms import ActionFormView, PreviewMixin

LOG_PLACE = "referrals:log"
CHANGED = (
    "These answers were changed since you looked, perhaps in another window. Nothing is logged yet. "
    "Check them as they are now, then log it."
)


class CaseworkFormView(ActionFormView):
    """A form for users who log referrals."""

    policy = "casework"
    may = allows(access.may_log)

    def leads(self) -> list[tuple[str, str]]:
        user = self.request.user
        others = [(str(each.pk), named(each)) for each in access.colleagues(user) if each.pk != user.pk]
        return [(str(user.pk), f"{user.first_name} (you)"), *others]


class LogReferral(PreviewMixin, CaseworkFormView):
    """The seven answers. Nothing is logged yet: the check page comes next."""

    title = "Log a referral"
    submit_text = "Check your answers"
    form_class = LogForm
    back_href = reverse_lazy("casework:list")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"leads": self.leads(), "lead": str(self.request.user.pk)}

    def preview(self, form: BaseForm) -> HttpResponse:
        self.keep(form)
        return HttpResponseRedirect(reverse("referrals:log_check"), status=303)


class CheckReferral(CaseworkFormView):
    title = "Check before you log this"
    submit_text = "Log referral"
    template_name = "referrals/log_check.html"
    form_class = BaseForm
    drafted = False
    back_href = reverse_lazy("referrals:log")
    shown = ""

    def answered(self) -> LogForm | None:
        """The stored answers, if they are still valid; `self.shown` identifies them."""
        kept = drafts.find(self.request.user, LOG_PLACE)
        form = LogForm(drafts.as_data(kept.typed), leads=self.leads()) if kept else None
        if form is None or not form.is_valid():
            return None
        self.shown = keyed_hash(json.dumps(form.typed(), sort_keys=True))
        return form

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.answered()
        if form is None:
            return HttpResponseRedirect(reverse("referrals:log"))
        return self.show(form=BaseForm(), answered=form)

    def show(self, status: int = 200, **more: Any) -> HttpResponse:
        form = more.pop("answered", None) or self.answered()
        more["rows"] = self.rows(form) if form else []
        more["shown"] = self.shown
        more["received"] = received(form.cleaned_data["source"]) if form else ""
        more["asked_not"] = self.asked_not(form) if form else []
        more["duplicates"] = found = self.duplicates(form) if form else []
        if found:
            more["submit_text"] = "This is somebody else, log it"
        return super().show(status=status, **more)

    def duplicates(self, form: LogForm) -> list[dict[str, Any]]:
        """Possible duplicates among the referrals this user sees."""
        data = form.cleaned_data
        typed = data["route_kind"] in (*SENT_ROUTES, RouteKind.PHONE)
        return duplicates.rows(
            self.request.user,
            given=data["own_given"],
            family=data["own_family"],
            others=[given for given, _ in form.others()],
            route=data["route_value"] if typed else "",
        )

    def asked_not(self, form: LogForm) -> list[dict[str, Any]]:
        """Warns if one of these people asked before not to be approached, as far as this user may know."""
        data, others = form.cleaned_data, [given for given, _ in form.others()]
        own = data["own_given"]
        people = [(own, data["own_family"], others)]
        people += [(given, "", [own, *(each for each in others if each != given)]) for given in others]
        return approaching.asked_not_of(self.request.user, people)

    def act(self, form: BaseForm) -> str:
        answered = self.answered()
        if answered is None:
            raise NotPossible("These answers were already logged, or are not complete. Go back and look.")
        if self.request.POST.get("shown") != self.shown:
            raise NotPossible(CHANGED)
        data = answered.cleaned_data
        user = self.request.user
        lead = next(person for person in [user, *access.colleagues(user)] if str(person.pk) == data["lead"])
        referral = log_referral(
            person=PersonFacts(given=data["own_given"], family=data["own_family"], place=data["own_place"]),
            others=[PersonFacts(given=given, place=place) for given, place in answered.others()],
            kind=data["kind"],
            source=data["source"],
            hoped_for=data["hoped_for"],
            lead=lead,
            by=user,
            route=RouteFacts(kind=data["route_kind"], value=data["route_value"]),
            worry=Worry(data["worry_kind"], data["worry_detail"]) if data["worry_kind"] else None,
            at=self.at,
        )
        drafts.forget(user, LOG_PLACE)
        return reverse("referrals:log_done", args=[referral.reference])

    def rows(self, form: LogForm) -> list[dict[str, str]]:
        """The answers as a summary list, each with a link to change it."""
        data = form.cleaned_data
        name = " ".join(part for part in (data["own_given"], data["own_family"]) if part)
        route, value = data["route_kind"], data["route_value"]
        shown = show_phone(value) if route in (RouteKind.TEXT, RouteKind.PHONE) else value
        worry = form.worry_label()
        answers = [
            ("The person", f"{name}, {data['own_place'].label}", "own_given"),
            (
                "The others",
                "\n".join(f"{given}, {place.label}" for given, place in form.others()),
                "other_1_given",
            ),
            ("What is hoped for", data["hoped_for"], "hoped_for"),
            ("What kind of meeting", str(data["kind"].label), "kind"),
            (
                "Safety worry",
                f"{worry}\n{data['worry_detail']}".strip() if worry else "None that you know of",
                "worry",
            ),
            ("Reaching them", f"{route.label}: {shown}\nNot used until they say it is safe", "route_value"),
            ("How it came about", str(data["source"].label), "source"),
            ("Who leads", dict(self.leads())[data["lead"]], "lead"),
        ]
        return [
            {
                "key": key,
                "value": value,
                "action_text": "Change",
                "action_href": f"{reverse('referrals:log')}#id_{field}",
            }
            for key, value, field in answers
        ]


def received(source: str) -> str:
    """The fixed answer to a family member who enquired; '' if no family member did."""
    return approaching.RECEIVED if source == Source.FAMILY else ""


class ReferralLogged(ReferralPage):
    """The referral is logged: its reference, and the next step."""

    template_name = "referrals/log_done.html"
    title = "Referral logged"

    def get_context(self) -> dict[str, Any]:
        parties = presenters.parties_for(self.referral, self.request.user)
        first = next((party for party in parties if party.opened and party.asked_first), None)
        # The source is sealed with the person: shown only to users who open them, and to the user who logged it.
        own = next((party for party in parties if party.is_own_place), None)
        knows = self.referral.created_by_id == self.request.user.pk or bool(own and own.opened)
        said = received(own.source) if own and knows else ""
        return {**super().get_context(), "first": first, "received": said}
