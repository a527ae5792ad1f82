"""Preparation, readiness, ratings and capacity, each on a separate page."""

from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404

from referrals import access
from referrals.actions.readiness import accept_late, assess_capacity, check_readiness, prepare, rate
from referrals.enums import CapacityResult, Format, RatingPoint, ReadinessKind, Ready
from referrals.forms import parts, words
from referrals.forms.readiness import (
    AcceptLateForm,
    CapacityForm,
    PreparationForm,
    RatingsForm,
    ReadinessForm,
)
from referrals.models import ReadinessCheck
from referrals.presenters.carrying import carried_rows
from referrals.presenters.readiness import check_rows
from referrals.views.person import PersonFormView
from referrals.views.talk import right_time
from restorative.common.decisions import Decision
from restorative.common.forms import BaseForm
from restorative.common.rules import rules


class Prepare(PersonFormView):
    """A preparation with one person."""

    form_class = PreparationForm

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Preparation with {self.party.known_as}"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"whom": self.whom}

    def get_context(self) -> dict[str, Any]:
        carried = carried_rows(self.referral, self.request.user, self.at, to=self.party)
        return {**super().get_context(), "facts": carried}

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        prepare(
            party=self.party,
            answers={key: cleaned[key] for key in words.HOPES},
            may_carry=cleaned["may_carry"],
            format=Format(cleaned["format"]),
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, "Saved.")
        return self.done()


class CheckReadiness(PersonFormView):
    """A readiness check of one person."""

    form_class = ReadinessForm

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Is this the right time for {self.party.known_as}?"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"whom": self.whom}

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        check = check_readiness(
            party=self.party,
            answers=parts.readiness_answers(cleaned),
            notes=parts.readiness_notes(cleaned),
            judgement=Ready(cleaned["judgement"]),
            reason=cleaned["reason"],
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, f"Saved. {right_time(Ready(check.result), Ready(check.judgement))}")
        return self.done()


class AcceptLate(PersonFormView):
    """A manager accepts a readiness check that is slightly too old."""

    form_class = AcceptLateForm
    submit_text = "Accept"
    policy = "manager_of_the_party"
    check_row: ReadinessCheck

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Accept {self.party.known_as}’s older check"

    def load(self) -> None:
        super().load()
        checks = ReadinessCheck.objects.visible_to(self.request.user).filter(
            party=self.party, kind__in=[ReadinessKind.FULL, ReadinessKind.CHECK_IN]
        )
        newest = checks.select_related("party", "completed_by").order_by("-completed_at", "-pk").first()
        if newest is None:
            raise Http404
        self.check_row = newest

    def may(self) -> Decision:
        return access.may_accept_late(self.request.user, self.party)

    def get_context(self) -> dict[str, Any]:
        last = self.check_row.completed_at + timedelta(days=rules().readiness_late_days)
        return {
            **super().get_context(),
            "facts": check_rows(self.check_row, self.request.user, until=last),
            "intro": f"A check counts for {rules().readiness_days} days. A manager who does not work on this referral "
            f"may accept it for up to {rules().readiness_late_days}, with a reason.",
        }

    def act(self, form: BaseForm) -> str:
        accept_late(check=self.check_row, why=form.cleaned_data["why"], by=self.request.user, at=self.at)
        messages.success(self.request, "Accepted.")
        return self.done()


class Rate(PersonFormView):
    """Three private ratings."""

    form_class = RatingsForm

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{self.party.known_as}’s ratings"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"whom": self.whom}

    def act(self, form: BaseForm) -> str:
        rate(
            party=self.party,
            point=RatingPoint(form.cleaned_data["point"]),
            by=self.request.user,
            at=self.at,
            ratings=parts.ratings_of(form.cleaned_data),
        )
        messages.success(self.request, "Saved.")
        return self.done()


class AssessCapacity(PersonFormView):
    """Whether a person can decide about this, with the help that was given."""

    form_class = CapacityForm

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Can {self.party.known_as} decide about this?"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"whom": self.whom}

    @cached_property
    def _name(self) -> str:
        return self.party.known_as

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "intro": f"{self._name} can, unless it is shown otherwise for this decision, at this time, with help. "
            f"Nobody else can say yes for {self._name}: not a relative, not an attorney.",
        }

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        assess_capacity(
            party=self.party,
            help_given=cleaned["help_given"],
            result=CapacityResult(cleaned["result"]),
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, "Saved.")
        return self.done()
