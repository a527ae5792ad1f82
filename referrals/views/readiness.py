"""Preparation, readiness, ratings and capacity, each on a separate page."""

from datetime import timedelta
from typing import Any

from django.http import Http404

from referrals import access
from referrals.actions.readiness import accept_late, assess_capacity, check_readiness, prepare, rate
from referrals.enums import ReadinessKind
from referrals.forms import parts, words
from referrals.forms.readiness import (
    AcceptLateForm,
    CapacityForm,
    PreparationForm,
    RatingsForm,
    ReadinessForm,
)
from referrals.models import ReadinessCheck
from referrals.presenters.consent_rows import carried_rows
from referrals.presenters.decisions import check_rows
from referrals.views.person import PersonFormView
from referrals.views.talk import right_time
from restorative.common.rules import rules
from restorative.common.views import allows


class Prepare(PersonFormView):
    form_class = PreparationForm
    title = "Preparation with {name}"
    action = prepare

    def get_context(self) -> dict[str, Any]:
        carried = carried_rows(self.referral, self.request.user, self.at, to=self.party)
        return {**super().get_context(), "facts": carried}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"answers": {key: said.pop(key) for key in words.HOPES}, **said}


class CheckReadiness(PersonFormView):
    form_class = ReadinessForm
    title = "Is this the right time for {name}?"
    action = check_readiness

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "answers": parts.readiness_answers(said),
            "notes": parts.readiness_notes(said),
            "judgement": said["judgement"],
            "reason": said["reason"],
        }

    @property
    def success(self) -> str:
        return f"Saved. {right_time(self.result.result, self.result.judgement)}"


class AcceptLate(PersonFormView):
    form_class = AcceptLateForm
    title = "Accept {name}’s older check"
    submit_text = "Accept"
    success = "Accepted."
    policy = "manager_of_the_party"
    action, about = accept_late, "check"
    may = allows(access.may_accept_late, "party")
    check: ReadinessCheck

    def load(self) -> None:
        super().load()
        checks = ReadinessCheck.objects.visible_to(self.request.user).filter(
            party=self.party, kind__in=[ReadinessKind.FULL, ReadinessKind.CHECK_IN]
        )
        newest = checks.select_related("party", "completed_by").order_by("-completed_at", "-pk").first()
        if newest is None:
            raise Http404
        self.check = newest

    def get_context(self) -> dict[str, Any]:
        last = self.check.completed_at + timedelta(days=rules().readiness_late_days)
        return {
            **super().get_context(),
            "facts": check_rows(self.check, self.request.user, until=last),
            "intro": f"A check counts for {rules().readiness_days} days. A manager who does not work on this referral "
            f"may accept it for up to {rules().readiness_late_days}, with a reason.",
        }


class Rate(PersonFormView):
    form_class = RatingsForm
    title = "{name}’s ratings"
    action = rate

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"point": said["point"], "ratings": parts.ratings_of(said)}


class AssessCapacity(PersonFormView):
    form_class = CapacityForm
    title = "Can {name} decide about this?"
    intro = (
        "{name} can, unless it is shown otherwise for this decision, at this time, with help. "
        "Nobody else can say yes for {name}: not a relative, not an attorney."
    )
    action = assess_capacity
