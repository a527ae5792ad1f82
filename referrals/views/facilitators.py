"""Who prepares and runs a referral's meetings: list, appoint, end; and leaving invited professionals out."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from referrals import access
from referrals.actions.facilitation import appoint, leave_out, stand_down
from referrals.enums import Part, Stage
from referrals.forms.decisions import AppointForm
from referrals.models import Invited, Involvement, Referral
from referrals.presenters import decisions
from referrals.views.decisions import RunFormView
from restorative.accounts.models import User

HEADS = ["Name", "Part", "Organisation", "Since", "End"]
INVITED_HEADS = ["Name", "Role", "Organisation", "Asked for by", "Leave out"]


def invited_to(referral: Referral, user: User) -> QuerySet[Invited]:
    """Professionals still invited whose inviting party the user opens."""
    rows = Invited.objects.visible_to(user).filter(referral=referral, left_out_at__isnull=True)
    return rows.select_related("party", "referral")


class Facilitators(RunFormView):
    """Workers with a current part, and a form to appoint another."""

    title = "Facilitators"
    template_name = "referrals/facilitators.html"
    form_class = AppointForm
    submit_text = "Appoint"
    action = appoint

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
        leave = {"text": "Leave out", "href": self.link("professional_leave_out", row.pk)}
        return [row.name, row.role, row.organisation, row.party.known_as, leave]

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "user": access.could_facilitate(self.request.user).get(pk=said["user"])}

    @property
    def success(self) -> str:
        return f"{self.result.user.first_name} is a {str(self.said['part'].label).lower()} from now on."

    def done(self) -> str:
        return self.came_from[0] if self.came_from else self.link("facilitators")


class FacilitatorsFormView(RunFormView):
    """A button that returns to the facilitators."""

    submit_tone = "stop"
    drafted = False

    @property
    def back_href(self) -> str:
        return self.link("facilitators")


class EndPart(FacilitatorsFormView):
    title = "End {whose} part"
    intro = "{who} this referral as a facilitator no longer, from the next page on."
    submit_text = "End their part"
    success = "{Whose} part has ended."
    action, about = stand_down, "part"
    part: Involvement

    def load(self) -> None:
        super().load()
        rows = Involvement.objects.visible_to(self.request.user).select_related("user", "referral")
        self.part = get_object_or_404(
            rows, referral=self.referral, pk=self.kwargs["facilitation"], until__isnull=True
        )
        name, mine = self.part.user.first_name, self.part.user_id == self.request.user.pk
        self.names["whose"] = "your" if mine else f"{name}’s"
        self.names["Whose"] = "Your" if mine else f"{name}’s"
        self.names["who"] = "You see" if mine else f"{name} sees"
        if self.referral.shown_stage == Stage.BOOKED:
            self.warning = (
                "A meeting is booked. Unless you appointed somebody in their place before, it is called off at "
                "once and everybody is told."
            )

    def done(self) -> str:
        return self.back_href if self.may() else self.seen_href


class LeaveOutProfessional(FacilitatorsFormView):
    """Leaves an invited professional out, after showing the consequences. Only if the user opens the inviting
    party."""

    policy = "party"
    title = "Leave {name} out"
    intro = (
        "{asked} wanted {name} there. Nobody is asked about {name} any more, and the meeting can go "
        "ahead without them. Tell {asked} first. Nothing is sent."
    )
    submit_text = "Leave out"
    success = "{name} is left out of the meeting."
    action, about = leave_out, "invited"
    invited: Invited

    def load(self) -> None:
        super().load()
        rows = invited_to(self.referral, self.request.user)
        self.invited = get_object_or_404(rows, pk=self.kwargs["invited"])
        self.names |= {"name": self.invited.name, "asked": self.invited.party.known_as}

    def audited(self) -> dict[str, Any] | None:
        return {"thing": self.invited, "referral_id": self.referral.pk, "party_id": self.invited.party_id}
