"""Grants: list, ask, give and end; bars of a referral; and changing its lead."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse

from referrals import access
from referrals.actions import grants
from referrals.actions.facilitation import change_lead
from referrals.enums import GrantKind
from referrals.forms.grants import SHELL, AskForAccessForm, BarForm, LeadForm, WhichReferralForm
from referrals.models import Bar, Grant, Party, Referral
from referrals.presenters import grants as shown
from referrals.presenters import you_or_name
from referrals.views.base import ReferralFormView
from restorative.common.decisions import Decision, NotPossible
from restorative.common.forms import BaseForm
from restorative.common.references import read_reference
from restorative.common.views import ActionFormView, Page


class Grants(Page):
    """Active, requested and ended grants that this user may know of."""

    policy = "grants"
    audit_verb = "grants_viewed"
    title = "Access"
    template_name = "referrals/grants.html"
    rows: list[Grant]

    def load(self) -> None:
        self.rows = shown.of_user(self.request.user, self.at)

    def may(self) -> Decision:
        return access.may_ask_for_access(self.request.user)

    def audited(self) -> dict[str, Any] | None:
        return {"things": [row.pk for row in self.rows], "thing_type": "grant"} if self.rows else None

    def get_context(self) -> dict[str, Any]:
        return {"lists": shown.lists(self.rows, self.request.user, self.at)}


class WhichReferral(ActionFormView):
    """Asks for the reference of the referral."""

    policy = "grants"
    title = "Ask to be let in"
    form_class = WhichReferralForm
    submit_text = "Continue"
    drafted = False

    def may(self) -> Decision:
        return access.may_ask_for_access(self.request.user)

    @property
    def back_href(self) -> str:
        return reverse("referrals:grants")

    def get_context(self) -> dict[str, Any]:
        return {
            "intro": "For an emergency, or to cover for a colleague. It is for one referral and for a time, and "
            "everything you see is noted."
        }

    def act(self, form: BaseForm) -> str:
        reference = read_reference(form.cleaned_data["reference"])
        there = Referral.objects.could_be_asked_for(self.request.user).filter(reference=reference or "-")
        if not there.exists():
            raise NotPossible(
                "Your organisation supports nobody in a referral with this reference.", field="reference"
            )
        return reverse("referrals:grant_ask", args=[reference])


class AskForAccess(ActionFormView):
    """Asks for access: reason, worker, end date. Emergency access starts on submission."""

    policy = "grants"
    title = "Ask to be let in"
    form_class = AskForAccessForm
    submit_text = "Ask"
    referral: Referral

    def load(self) -> None:
        reference = self.kwargs["reference"]
        if read_reference(reference) != reference:
            raise Http404
        found = Referral.objects.could_be_asked_for(self.request.user).filter(reference=reference).first()
        if found is None:
            raise Http404
        self.referral = found

    def may(self) -> Decision:
        return access.may_ask_for_access(self.request.user)

    @property
    def back_href(self) -> str:
        return reverse("referrals:grants")

    def get_form_kwargs(self) -> dict[str, Any]:
        user = self.request.user
        kinds, hints = shown.kinds(user)
        workers = [(str(each.pk), each.full_name) for each in access.colleagues(user)]
        return {
            "kinds": kinds,
            "hints": hints,
            "workers": workers,
            "people": shown.people(self.referral, user),
            "initial": {"user": str(user.pk)},
        }

    def get_context(self) -> dict[str, Any]:
        return {
            "identity": {"name": self.referral.reference, "facts": []},
            "intro": "The manager is told at once, and governance when it is open. Everything that is seen is noted.",
        }

    def act(self, form: BaseForm) -> str:
        said, user = form.cleaned_data, self.request.user
        kind = GrantKind(said["kind"])
        worker = user
        if kind == GrantKind.COVER:
            worker = access.colleagues(user).filter(pk=said["user"] or None).first()
            if worker is None:
                raise NotPossible("Choose who covers.", field="user")
        party = None
        if said["party"] != SHELL:
            party = Party.objects.could_be_asked_for(user).get(pk=said["party"], referral=self.referral)
        grant = grants.ask_for_access(
            referral=self.referral,
            wanted=grants.Wanted(kind, worker, party, said["reason"], said["until_on"]),
            by=user,
            at=self.at,
        )
        until = shown.until(grant.until)
        if grant.given_at is None:
            messages.success(self.request, "Asked. You find the answer here.")
            return self.back_href
        whose = you_or_name(grant.user, user)
        ends = f"{until[:1].lower()}{until[1:]}" if until.startswith("The") else until
        messages.success(self.request, f"Open for {whose} until {ends}. All that is seen is noted.")
        if worker.pk == user.pk:
            return reverse("casework:show", args=[self.referral.reference])
        return self.back_href


class GrantFormView(ActionFormView):
    """A form about one grant, for a user who may know of it."""

    policy = "grants"
    drafted = False
    grant: Grant

    def load(self) -> None:
        related = "user", "party", "referral", "created_by", "given_by"
        rows = Grant.objects.visible_to(self.request.user).select_related(*related)
        found = rows.filter(pk=self.kwargs["grant"]).first()
        if found is None:
            raise Http404
        self.grant = found

    @property
    def back_href(self) -> str:
        return reverse("referrals:grants")

    def get_context(self) -> dict[str, Any]:
        return {"facts": shown.facts(self.grant, self.request.user)}

    template_name = "referrals/grant.html"


class GiveAccess(GrantFormView):
    """Gives what a colleague asked for, or refuses it."""

    title = "Let a colleague in"
    submit_text = "Let them in"
    presses = frozenset({"refuse"})

    def may(self) -> Decision:
        return access.may_give(self.request.user, self.grant)

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "intro": "They see it from the next page on, until the time below. Governance is told at once.",
            "second_text": "Do not let them in",
            "second_name": "refuse",
        }

    def act(self, form: BaseForm) -> str:
        if "refuse" in self.request.POST:
            grants.end_access(grant=self.grant, by=self.request.user, at=self.at)
            messages.success(self.request, "Not given.")
        else:
            grants.give(grant=self.grant, by=self.request.user, at=self.at)
            messages.success(self.request, f"{self.grant.user.first_name} is let in.")
        return self.back_href


class EndAccess(GrantFormView):
    """Ends access early, or withdraws the request."""

    title = "End this access"
    submit_text = "End it"
    submit_tone = "stop"

    def may(self) -> Decision:
        return access.may_end_access(self.request.user, self.grant)

    def act(self, form: BaseForm) -> str:
        grants.end_access(grant=self.grant, by=self.request.user, at=self.at)
        messages.success(self.request, "It is over.")
        return self.back_href


class Bars(ReferralFormView):
    """Who is barred from a referral for a conflict of interest, and a form to bar a colleague."""

    title = "Conflicts of interest"
    template_name = "referrals/bars.html"
    form_class = BarForm
    submit_text = "Bar them"
    submit_tone = "stop"

    def may(self) -> Decision:
        return access.may_bar(self.request.user, self.referral)

    def get_form_kwargs(self) -> dict[str, Any]:
        workers = access.could_be_barred(self.request.user)
        return {"workers": [(str(each.pk), each.full_name) for each in workers]}

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "heads": ["Who", "What the conflict is", "By whom", ""],
            "rows": shown.bar_rows(self.referral, self.request.user),
            "warning": "They see nothing of this referral from the next page on, whatever else they may see. Where "
            "they facilitate it and nobody else does, a booked meeting is called off.",
        }

    def act(self, form: BaseForm) -> str:
        user = access.could_be_barred(self.request.user).get(pk=form.cleaned_data["user"])
        grants.bar(
            referral=self.referral,
            user=user,
            reason=form.cleaned_data["reason"],
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, f"{user.first_name} sees nothing of this referral any more.")
        return reverse("referrals:bars", args=[self.referral.reference])


class LiftBar(ReferralFormView):
    """Lifts a bar."""

    submit_text = "Let them in again"
    drafted = False
    bar: Bar

    def load(self) -> None:
        super().load()
        rows = Bar.objects.visible_to(self.request.user).select_related("user", "referral")
        found = rows.filter(referral=self.referral, pk=self.kwargs["bar"], lifted_at__isnull=True).first()
        if found is None:
            raise Http404
        self.bar = found
        self.title = f"Let {found.user.first_name} in again"

    def may(self) -> Decision:
        return access.may_bar(self.request.user, self.referral)

    @property
    def back_href(self) -> str:
        return reverse("referrals:bars", args=[self.referral.reference])

    def get_context(self) -> dict[str, Any]:
        intro = f"{self.bar.user.first_name} sees what they would see without it. A part that ended does not come back."
        return {**super().get_context(), "intro": intro}

    def act(self, form: BaseForm) -> str:
        grants.lift_bar(bar=self.bar, by=self.request.user, at=self.at)
        messages.success(self.request, f"{self.bar.user.first_name} is not barred any more.")
        return self.back_href


class ChangeLead(ReferralFormView):
    """Changes the lead to a colleague of the leading organisation."""

    title = "Change who leads"
    form_class = LeadForm
    submit_text = "Save"
    drafted = False

    def may(self) -> Decision:
        return access.may_change_lead(self.request.user, self.referral)

    def get_form_kwargs(self) -> dict[str, Any]:
        workers = access.colleagues(self.request.user).exclude(pk=self.referral.lead_id)
        return {"workers": [(str(each.pk), each.full_name) for each in workers]}

    def get_context(self) -> dict[str, Any]:
        lead = you_or_name(self.referral.lead, self.request.user)
        verb = "lead" if lead == "you" else "leads"
        intro = (
            f"{lead[:1].upper()}{lead[1:]} {verb} it now. Whoever supports somebody goes on supporting them."
        )
        return {**super().get_context(), "intro": intro}

    def act(self, form: BaseForm) -> str:
        lead = access.colleagues(self.request.user).get(pk=form.cleaned_data["lead"])
        change_lead(referral=self.referral, lead=lead, by=self.request.user, at=self.at)
        messages.success(self.request, f"{lead.first_name} leads this referral from now on.")
        still = access.may_see(self.request.user, self.referral)
        return self.referral_href if still else reverse("home")
