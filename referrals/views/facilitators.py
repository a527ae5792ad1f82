"""Who prepares and runs a referral's meetings: listed, appointed, and ended."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse

from referrals import access
from referrals.actions.facilitation import appoint, stand_down
from referrals.enums import Part, Stage
from referrals.forms.decisions import AppointForm, EndPartForm
from referrals.models import Facilitation
from referrals.presenters import facilitators_of, steps, you_or_name
from referrals.views.base import ReferralForm
from restorative.common.decisions import Decision
from restorative.common.forms import BaseForm

HEADS = ["Name", "Part", "Organisation", "Since", "End"]


class Facilitators(ReferralForm):
    """Those with a part now, and a form to appoint somebody else."""

    title = "Facilitators"
    template_name = "referrals/facilitators.html"
    form_class = AppointForm
    submit_text = "Appoint"

    def may(self) -> Decision:
        return access.may_run(self.request.user, self.referral)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"workers": steps.to_appoint(self.referral, self.request.user)}

    def get_context(self) -> dict[str, Any]:
        rows = steps.running(self.referral, self.request.user)
        closed = self.referral.shown_stage == Stage.CLOSED
        return {**super().get_context(), "heads": HEADS, "rows": rows, "closed": closed}

    def act(self, form: BaseForm) -> str:
        user = access.could_facilitate(self.request.user).get(pk=form.cleaned_data["user"])
        part = Part(form.cleaned_data["part"])
        appoint(referral=self.referral, user=user, part=part, by=self.request.user, at=self.at)
        messages.success(self.request, f"{user.first_name} is a {str(part.label).lower()} from now on.")
        return reverse("referrals:facilitators", args=[self.referral.reference])


class EndFacilitation(ReferralForm):
    """Ends somebody's part, after saying what follows."""

    template_name = "form_page.html"
    form_class = EndPartForm
    submit_text = "End their part"
    submit_tone = "stop"
    drafted = False
    facilitation: Facilitation

    def load(self) -> None:
        super().load()
        found = (
            Facilitation.objects.visible_to(self.request.user)
            .select_related("user", "referral")
            .filter(referral=self.referral, pk=self.kwargs["facilitation"], until__isnull=True)
            .first()
        )
        if found is None:
            raise Http404
        self.facilitation = found
        self.name = "your" if found.user_id == self.request.user.pk else f"{found.user.first_name}’s"
        self.title = f"End {self.name} part"

    def may(self) -> Decision:
        return access.may_run(self.request.user, self.referral)

    @property
    def back_href(self) -> str:
        return reverse("referrals:facilitators", args=[self.referral.reference])

    def get_context(self) -> dict[str, Any]:
        others = [
            row
            for row in facilitators_of(self.referral, self.request.user)
            if row.pk != self.facilitation.pk and row.part != Part.SECOND_WORKER
        ]
        last = self.facilitation.part != Part.SECOND_WORKER and not others
        who = "You" if self.name == "your" else self.facilitation.user.first_name
        verb = "see" if who == "You" else "sees"
        return {
            **super().get_context(),
            "intro": f"{who} {verb} this referral as a facilitator no longer, from the next page on.",
            "warning": "Nobody else facilitates. A booked meeting is called off at once and everybody is told."
            if last
            else "",
        }

    def act(self, form: BaseForm) -> str:
        stand_down(facilitation=self.facilitation, by=self.request.user, at=self.at)
        whose = you_or_name(self.facilitation.user, self.request.user)
        messages.success(self.request, f"{'Your' if whose == 'you' else whose + '’s'} part has ended.")
        still = access.may_run(self.request.user, self.referral)
        if still:
            return self.back_href
        return self.referral_href if access.may_see(self.request.user, self.referral) else reverse("home")
