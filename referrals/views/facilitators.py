"""Who prepares and runs a referral's meetings: list, appoint, end; and leaving invited professionals out."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse

from referrals import access
from referrals.actions.facilitation import appoint, leave_out, stand_down
from referrals.enums import Part, Stage
from referrals.forms.decisions import AppointForm
from referrals.models import Invited, Involvement, Referral
from referrals.presenters import decisions, you_or_name
from referrals.views.base import ReferralFormView
from restorative.accounts.models import User
from restorative.common.decisions import Decision
from restorative.common.forms import BaseForm

HEADS = ["Name", "Part", "Organisation", "Since", "End"]
INVITED_HEADS = ["Name", "Role", "Organisation", "Asked for by", "Leave out"]


def invited_to(referral: Referral, user: User) -> QuerySet[Invited]:
    """Professionals still invited whose inviting party the user opens."""
    rows = Invited.objects.visible_to(user).filter(referral=referral, left_out_at__isnull=True)
    return rows.select_related("party", "referral")


class Facilitators(ReferralFormView):
    """Workers with a current part, and a form to appoint another."""

    title = "Facilitators"
    template_name = "referrals/facilitators.html"
    form_class = AppointForm
    submit_text = "Appoint"

    def may(self) -> Decision:
        return access.may_run(self.request.user, self.referral)

    def get_form_kwargs(self) -> dict[str, Any]:
        wanted = self.request.GET.get("part") == Part.SECOND_WORKER
        return {
            "workers": decisions.to_appoint(self.referral, self.request.user),
            "initial": {"part": Part.SECOND_WORKER if wanted else Part.FACILITATOR},
        }

    def get_context(self) -> dict[str, Any]:
        rows = decisions.running(self.referral, self.request.user)
        closed = self.referral.shown_stage == Stage.CLOSED
        return {
            **super().get_context(),
            "heads": HEADS,
            "rows": rows,
            "invited_heads": INVITED_HEADS,
            "invited": [self.invited_row(row) for row in invited_to(self.referral, self.request.user)],
            "closed": closed,
        }

    def invited_row(self, row: Invited) -> list[Any]:
        href = reverse("referrals:professional_leave_out", args=[self.referral.reference, row.pk])
        return [
            row.name,
            row.role,
            row.organisation,
            row.party.known_as,
            {"text": "Leave out", "href": href},
        ]

    def act(self, form: BaseForm) -> str:
        user = access.could_facilitate(self.request.user).get(pk=form.cleaned_data["user"])
        part = Part(form.cleaned_data["part"])
        appoint(referral=self.referral, user=user, part=part, by=self.request.user, at=self.at)
        messages.success(self.request, f"{user.first_name} is a {str(part.label).lower()} from now on.")
        here = reverse("referrals:facilitators", args=[self.referral.reference])
        return self.came_from[0] if self.came_from else here


class EndPart(ReferralFormView):
    """Ends a worker's part, after showing the consequences."""

    template_name = "form_page.html"
    submit_text = "End their part"
    submit_tone = "stop"
    drafted = False
    part: Involvement

    def load(self) -> None:
        super().load()
        found = (
            Involvement.objects.visible_to(self.request.user)
            .select_related("user", "referral")
            .filter(referral=self.referral, pk=self.kwargs["facilitation"], until__isnull=True)
            .first()
        )
        if found is None:
            raise Http404
        self.part = found
        self.name = "your" if found.user_id == self.request.user.pk else f"{found.user.first_name}’s"
        self.title = f"End {self.name} part"

    def may(self) -> Decision:
        return access.may_run(self.request.user, self.referral)

    @property
    def back_href(self) -> str:
        return reverse("referrals:facilitators", args=[self.referral.reference])

    def get_context(self) -> dict[str, Any]:
        who = "You" if self.name == "your" else self.part.user.first_name
        verb = "see" if who == "You" else "sees"
        return {
            **super().get_context(),
            "intro": f"{who} {verb} this referral as a facilitator no longer, from the next page on.",
            "warning": "A meeting is booked. Unless you appointed somebody in their place before, it is called off at "
            "once and everybody is told."
            if self.referral.shown_stage == Stage.BOOKED
            else "",
        }

    def act(self, form: BaseForm) -> str:
        stand_down(part=self.part, by=self.request.user, at=self.at)
        whose = you_or_name(self.part.user, self.request.user)
        messages.success(self.request, f"{'Your' if whose == 'you' else whose + '’s'} part has ended.")
        still = access.may_run(self.request.user, self.referral)
        if still:
            return self.back_href
        return self.referral_href if access.may_see(self.request.user, self.referral) else reverse("home")


class LeaveOutProfessional(ReferralFormView):
    """Leaves an invited professional out, after showing the consequences. Only if the user opens the inviting
    party."""

    policy = "party"
    template_name = "form_page.html"
    submit_text = "Leave out"
    submit_tone = "stop"
    drafted = False
    invited: Invited

    def load(self) -> None:
        super().load()
        found = invited_to(self.referral, self.request.user).filter(pk=self.kwargs["invited"]).first()
        if found is None:
            raise Http404
        self.invited = found
        self.title = f"Leave {found.name} out"

    def may(self) -> Decision:
        return access.may_run(self.request.user, self.referral)

    def audited(self) -> dict[str, Any] | None:
        return {"thing": self.invited, "referral_id": self.referral.pk, "party_id": self.invited.party_id}

    @property
    def back_href(self) -> str:
        return reverse("referrals:facilitators", args=[self.referral.reference])

    def get_context(self) -> dict[str, Any]:
        name, asked = self.invited.name, self.invited.party.known_as
        return {
            **super().get_context(),
            "intro": f"{asked} wanted {name} there. Nobody is asked about {name} any more, and the meeting can go "
            f"ahead without them. Tell {asked} first. Nothing is sent.",
        }

    def act(self, form: BaseForm) -> str:
        leave_out(invited=self.invited, by=self.request.user, at=self.at)
        messages.success(self.request, f"{self.invited.name} is left out of the meeting.")
        return self.back_href
