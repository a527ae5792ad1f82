"""Grants: list, ask, give and end; bars of a referral; and changing its lead."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page as PageOfRows
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy

from referrals import access
from referrals.actions import grants
from referrals.actions.facilitation import change_lead
from referrals.enums import GrantKind
from referrals.forms.grants import SHELL, AskForAccessForm, BarForm, LeadForm, WhichReferralForm
from referrals.models import Bar, Grant, Party, Referral
from referrals.presenters import grants as shown
from referrals.presenters import you_or_name
from referrals.views.base import ReferralFormView, as_choices
from restorative.common.decisions import Decision, NotPossible
from restorative.common.forms import BaseForm
from restorative.common.paging import CappedPaginator
from restorative.common.references import read_reference
from restorative.common.views import Page, allows
from restorative.common.views_forms import ActionFormView


class Grants(Page):
    """Requested, active and ended grants that this user may know of. `list` in the address names one of the lists,
    which is then shown page by page."""

    policy = "grants"
    audit_verb = "grants_viewed"
    title = "Access"
    template_name = "referrals/grants.html"
    rows: dict[str, list[Grant]]
    one: PageOfRows | None = None

    def load(self) -> None:
        known, name = shown.known(self.request.user, self.at), self.request.GET.get("list", "")
        if name in known:
            self.one = CappedPaginator(known[name]).requested(self.request)
            self.rows = {name: list(self.one)}
        else:
            self.rows = {key: list(found[: shown.SHOWN + 1]) for key, found in known.items()}

    def may(self) -> Decision:
        return access.may_ask_for_access(self.request.user)

    def audited(self) -> dict[str, Any] | None:
        things = [
            row.pk for rows in self.rows.values() for row in (rows if self.one else rows[: shown.SHOWN])
        ]
        return {"things": things, "thing_type": "grant"} if things else None

    def get_context(self) -> dict[str, Any]:
        tables = shown.tables(self.rows, self.request.user, whole=self.one is not None)
        query = urlencode({"list": self.request.GET.get("list", "")})
        return {"tables": tables, "page_obj": self.one, "query": query}


class AccessFormView(ActionFormView):
    """A form that returns to the list of grants."""

    policy = "grants"
    back_href = reverse_lazy("referrals:grants")


class WhichReferral(AccessFormView):
    title = "Ask to be let in"
    intro = (
        "For an emergency, or to cover for a colleague. It is for one referral and for a time, and "
        "everything you see is noted."
    )
    form_class = WhichReferralForm
    submit_text = "Continue"
    drafted = False
    may = allows(access.may_ask_for_access)

    def act(self, form: BaseForm) -> str:
        reference = read_reference(form.cleaned_data["reference"])
        there = Referral.objects.could_be_asked_for(self.request.user).filter(reference=reference or "-")
        if not there.exists():
            raise NotPossible(
                "Your organisation supports nobody in a referral with this reference.", field="reference"
            )
        return reverse("referrals:grant_ask", args=[reference])


class AskForAccess(AccessFormView):
    """Asks for access: reason, worker, end date. Emergency access starts on submission."""

    title = "Ask to be let in"
    intro = "The manager is told at once, and governance when it is open. Everything that is seen is noted."
    form_class = AskForAccessForm
    submit_text = "Ask"
    audit_verb = "access_request_viewed"
    action, about = grants.ask_for_access, "referral"
    may = allows(access.may_ask_for_access)
    referral: Referral

    def load(self) -> None:
        reference = self.kwargs["reference"]
        if read_reference(reference) != reference:
            raise Http404
        rows = Referral.objects.could_be_asked_for(self.request.user)
        self.referral = get_object_or_404(rows, reference=reference)

    def audited(self) -> dict[str, Any]:
        return {"thing": self.referral, "referral_id": self.referral.pk}

    def get_form_kwargs(self) -> dict[str, Any]:
        user = self.request.user
        kinds, hints = shown.kinds(user)
        return {
            "kinds": kinds,
            "hints": hints,
            "workers": as_choices(access.colleagues(user)),
            "people": shown.people(self.referral, user),
            "user": str(user.pk),
        }

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "identity": {"name": self.referral.reference, "facts": []}}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        user = worker = self.request.user
        if said["kind"] == GrantKind.COVER:
            worker = access.colleagues(user).filter(pk=said["user"] or None).first()
            if worker is None:
                raise NotPossible("Choose who covers.", field="user")
        party = None
        if said["party"] != SHELL:
            party = Party.objects.could_be_asked_for(user).get(pk=said["party"], referral=self.referral)
        return {
            "wanted": grants.Wanted(GrantKind(said["kind"]), worker, party, said["reason"], said["until_on"])
        }

    @property
    def success(self) -> str:
        if self.result.given_at is None:
            return "Asked. You find the answer here."
        until = shown.until(self.result.until)
        ends = f"{until[:1].lower()}{until[1:]}" if until.startswith("The") else until
        whose = you_or_name(self.result.user, self.request.user)
        return f"Open for {whose} until {ends}. All that is seen is noted."

    def done(self) -> str:
        if self.result.given_at is None or self.result.user_id != self.request.user.pk:
            return self.back_href
        return reverse("casework:show", args=[self.referral.reference])


class GrantFormView(AccessFormView):
    """A form about one grant, for a user who may know of it."""

    template_name = "referrals/grant.html"
    drafted = False
    about = "grant"
    grant: Grant

    def load(self) -> None:
        related = "user", "party", "referral", "created_by", "given_by"
        rows = Grant.objects.visible_to(self.request.user).select_related(*related)
        self.grant = get_object_or_404(rows, pk=self.kwargs["grant"])
        self.names["who"] = self.grant.user.first_name

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "facts": shown.facts(self.grant, self.request.user)}


class GiveAccess(GrantFormView):
    title = "Let a colleague in"
    intro = "They see it from the next page on, until the time below. Governance is told at once."
    submit_text = "Let them in"
    success = "{who} is let in."
    presses = frozenset({"refuse"})
    may = allows(access.may_give, "grant")

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "second_text": "Do not let them in", "second_name": "refuse"}

    def run(self, **arguments: Any) -> Any:
        if "refuse" in self.request.POST:
            self.success = "Not given."
            return grants.end_access(**arguments)
        return grants.give(**arguments)


class EndAccess(GrantFormView):
    title = "End this access"
    submit_text = "End it"
    submit_tone = "stop"
    success = "It is over."
    action = grants.end_access
    may = allows(access.may_end_access, "grant")


class Bars(ReferralFormView):
    """Who is barred from a referral for a conflict of interest, and a form to bar a colleague."""

    title = "Conflicts of interest"
    warning = (
        "They see nothing of this referral from the next page on, even if they may see more elsewhere. Where "
        "they facilitate it and nobody else does, a booked meeting is called off."
    )
    template_name = "referrals/bars.html"
    form_class = BarForm
    submit_text = "Bar them"
    submit_tone = "stop"
    action = grants.bar
    may = allows(access.may_bar, "referral")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"workers": as_choices(access.could_be_barred(self.request.user))}

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "heads": ["Who", "What the conflict is", "By whom", ""],
            "rows": shown.bar_rows(self.referral, self.request.user),
        }

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        user = access.could_be_barred(self.request.user).get(pk=said["user"])
        self.success = f"{user.first_name} sees nothing of this referral any more."
        return {"user": user, "reason": said["reason"]}

    def done(self) -> str:
        return self.link("bars")


class LiftBar(ReferralFormView):
    title = "Let {who} in again"
    intro = "{who} sees what they would see without it. A part that ended does not come back."
    submit_text = "Let them in again"
    success = "{who} is not barred any more."
    drafted = False
    action, about = grants.lift_bar, "bar"
    may = allows(access.may_bar, "referral")
    bar: Bar

    def load(self) -> None:
        super().load()
        rows = Bar.objects.visible_to(self.request.user).select_related("user", "referral")
        where = {"referral": self.referral, "pk": self.kwargs["bar"], "lifted_at__isnull": True}
        self.bar = get_object_or_404(rows, **where)
        self.names["who"] = self.bar.user.first_name

    @property
    def back_href(self) -> str:
        return self.link("bars")


class ChangeLead(ReferralFormView):
    title = "Change who leads"
    intro = "{lead} it now. Everybody keeps the worker who supports them."
    form_class = LeadForm
    drafted = False
    action = change_lead
    goes_to = "seen_href"
    may = allows(access.may_change_lead, "referral")

    def load(self) -> None:
        super().load()
        lead = you_or_name(self.referral.lead, self.request.user)
        self.names["lead"] = "You lead" if lead == "you" else f"{lead} leads"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"workers": as_choices(access.colleagues(self.request.user).exclude(pk=self.referral.lead_id))}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        lead = access.colleagues(self.request.user).get(pk=said["lead"])
        self.success = f"{lead.first_name} leads this referral from now on."
        return {"lead": lead}
