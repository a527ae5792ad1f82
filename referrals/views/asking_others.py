"""Asking another organisation to lead or to help: the form, a preview of the packet, and Send."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

from referrals import access
from referrals.actions.handoff import NotShared, check_asking, send_handoff
from referrals.actions.packet import Asking, digest_of
from referrals.enums import HandoffKind, Stage
from referrals.forms.handoffs import LEAD, PACKET, AskForm
from referrals.models import Party
from referrals.presenters import handoffs, parties_for
from referrals.views.base import ReferralFormView
from restorative.accounts.models import Organisation
from restorative.accounts.working_days import working_day_after
from restorative.common import clock
from restorative.common.decisions import Decision, NotPossible, refuse
from restorative.common.forms import BaseForm
from restorative.common.rules import rules
from restorative.common.views_forms import PreviewMixin


class NewHandoff(PreviewMixin, ReferralFormView):
    """Asks another organisation, in two steps: preview, then send."""

    title = "Ask another organisation"
    template_name = "referrals/handoff_new.html"
    form_class = AskForm
    submit_text = "See what they will see"
    presses = frozenset({"send", "change"})
    confirms = "send"
    action = send_handoff
    not_shared: NotShared | None = None
    asking: Asking

    def may(self) -> Decision:
        if self.referral.shown_stage == Stage.CLOSED:
            return refuse("This referral is closed. Nobody can be asked about it.")
        if self.asks:
            return access.ALLOWED
        return refuse("Only the lead, or who supports a person, may ask another organisation.")

    @cached_property
    def helped(self) -> dict[str, Party]:
        """The people this user may ask help for."""
        found = {}
        for party in parties_for(self.referral, self.request.user):
            party.referral = self.referral
            if party.opened and not party.is_supporter and access.may_ask_to_help(self.request.user, party):
                found[f"help-{party.pk}"] = party
        return found

    @cached_property
    def asks(self) -> list[tuple[str, str]]:
        """What this user may ask for, as choices of the form."""
        lead = (
            [(LEAD, "Lead this referral")] if access.may_ask_to_lead(self.request.user, self.referral) else []
        )
        return [*lead, *((key, f"Help {party.known_as}") for key, party in self.helped.items())]

    @cached_property
    def organisations(self) -> list[Organisation]:
        return list(access.could_be_asked(self.request.user))

    def get_form_kwargs(self) -> dict[str, Any]:
        houses = [(str(each.pk), each.name) for each in self.organisations]
        return {"organisations": houses, "asks": self.asks}

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        if self.not_shared is not None:
            rows = handoffs.missing_rows(self.not_shared.rows, self.referral, self.asking.to_org)
            context["missing"] = rows
        return context

    def asked(self, form: BaseForm) -> Asking:
        """The request in a valid form. Kept, because a refusal removes values from the form."""
        said = form.cleaned_data
        to_org = next(each for each in self.organisations if str(each.pk) == said["to_org"])
        usual = working_day_after(clock.today(self.at), rules().handoff_decided_working_days, to_org.pk)
        self.asking = Asking(
            to_org=to_org,
            kind=HandoffKind.LEAD if said["ask"] == LEAD else HandoffKind.HELP,
            party=self.helped.get(said["ask"]),
            **{name: said[name] for name in PACKET},
            reply_by=said["reply_by"] or usual,
        )
        return self.asking

    def preview(self, form: BaseForm) -> HttpResponse:
        asking = self.asked(form)
        packet = check_asking(referral=self.referral, asking=asking, by=self.request.user, at=self.at)
        self.keep(form)
        self.title = "They will see exactly this"
        data = form.data.copy()  # type: ignore[attr-defined]
        data["seen"] = digest_of(packet)
        again = self.form_class(data, **self.get_form_kwargs())
        return self.show(form=again, preview=True, packet=packet, to=asking.to_org.name)

    def _say(self, form: BaseForm, refusal: NotPossible) -> None:  # type: ignore[override]
        if isinstance(refusal, NotShared):
            self.not_shared = refusal  # shown with a link to the page that fixes each
            refusal = NotPossible("Something is missing before this can be sent. What you typed is kept.")
        super()._say(form, refusal)

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"asking": self.asked(self.form), "digest": said["seen"] or "never looked at"}

    @property
    def success(self) -> str:
        return f"Sent to {self.asking.to_org.name}."

    def done(self) -> str:
        return reverse("referrals:handoff", args=[self.result.pk])
