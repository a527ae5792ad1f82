"""Safety of one person: answers, concerns with their next step, sign-off, clearing, steps.
While a concern is open, safeguarding leads open these pages and no others."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse

from referrals import access
from referrals.actions.concerns import OrderFacts, clear, finish_step, raise_concern, sign_off, write_order
from referrals.actions.readiness import ask_safety
from referrals.enums import STOPS, ConcernKind, SignOffDecision
from referrals.forms import parts
from referrals.forms.safety import (
    ClearForm,
    ConcernForm,
    OrderForm,
    SafetyForm,
    SignOffForm,
    order_given,
)
from referrals.models import Concern, Task
from referrals.presenters import safety as shown
from referrals.views.person import PersonFormView, PersonPage
from restorative.common import clock
from restorative.common.decisions import Decision
from restorative.common.forms import BaseForm


class SafetyFormView(PersonFormView):
    """A form that returns to the safety page."""

    def done(self) -> str:
        return self.came_from[0] if self.came_from else self.link("safety")

    @property
    def back_text(self) -> str:
        return self.came_from[1] if self.came_from else f"Back to {self.party.known_as}’s safety"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"whom": self.whom}


class Safety(PersonPage):
    """The safety answers, and each concern with its next step."""

    template_name = "referrals/safety.html"
    safety_only = True
    audit_verb = "safety_viewed"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{self.party.known_as}’s safety"

    def get_context(self) -> dict[str, Any]:
        user = self.request.user
        opens = bool(access.may_open(user, self.party))
        back = (self.party_href, f"Back to {self.party.known_as}")
        if self.came_from or not opens:
            back = self.came_from or (self.referral_href, "Back to the referral")
        # Links on a concern return to the page that named the blocker.
        onward = f"?from={self.request.GET['from']}" if self.came_from else ""
        return {
            **super().get_context(),
            "opens": opens,
            "back_href": back[0],
            "back_text": back[1],
            "ask_href": self.link("safety_ask") + onward,
            "concern_href": self.link("concern") + onward,
            "share_href": self.link("protective_share") + onward,
            **shown.page(self.party, user, self.at, opens=opens, onward=onward),
        }


class AskSafety(SafetyFormView):
    """The safety questions, asked of one person alone."""

    form_class = SafetyForm

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Ask {self.party.known_as} about safety, alone"

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        ask_safety(
            party=self.party,
            answers=parts.safety_answers(cleaned),
            details=parts.safety_details(cleaned),
            asked_alone=True,
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, "Saved.")
        return self.done()


class RaiseConcern(SafetyFormView):
    """Records a concern: a stop or a sign-off."""

    form_class = ConcernForm
    submit_text = "Record concern"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"A safety concern with {self.party.known_as}"

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "intro": "If you are unsure, record it. The safety questions are asked again after a new concern.",
        }

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        kind = ConcernKind(cleaned["kind"])
        raise_concern(
            party=self.party,
            kind=kind,
            detail=cleaned["detail"],
            order=OrderFacts(**order_given(cleaned)) if kind == ConcernKind.ORDER else None,
            by=self.request.user,
            at=self.at,
        )
        if kind in STOPS:
            messages.error(self.request, "A stop was recorded. Only a safeguarding lead can clear it.")
        else:
            messages.success(self.request, "Recorded. Somebody else has to sign it off.")
        return self.done()


class AboutConcern(SafetyFormView):
    """A form about one concern, for a second person."""

    safety_only = True
    policy = "second_person"
    concern: Concern

    def load(self) -> None:
        super().load()
        rows = Concern.objects.visible_to(self.request.user).select_related("party", "raised_by")
        found = rows.filter(party=self.party, pk=self.kwargs["concern"]).first()
        if found is None:
            raise Http404
        found.party = self.party
        self.concern = found

    def get_context(self) -> dict[str, Any]:
        facts = shown.concern_facts(self.concern, self.party, self.request.user, self.at)
        named = {"key": "Concern", "value": str(ConcernKind(self.concern.kind).label)}
        return {**super().get_context(), "facts": [named, *facts]}


class SignOffConcern(AboutConcern):
    """A second person decides on a concern: go, go with steps, do not go."""

    form_class = SignOffForm
    submit_text = "Save decision"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Decide on a concern with {self.party.known_as}"

    def may(self) -> Decision:
        return access.may_sign_off(self.request.user, self.concern)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {}

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        sign_off(
            concern=self.concern,
            decision=SignOffDecision(cleaned["decision"]),
            reason=cleaned["reason"],
            steps=form.steps_given(),
            steps_due_on=cleaned["due_on"],
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, "Saved.")
        return self.done()


class ClearConcern(AboutConcern):
    """A second person clears a concern, on new facts."""

    form_class = ClearForm
    submit_text = "Clear concern"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Clear a concern with {self.party.known_as}"

    def may(self) -> Decision:
        return access.may_clear(self.request.user, self.concern)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"whom": self.whom, "stop": self.concern.kind in STOPS}

    def act(self, form: BaseForm) -> str:
        clear(
            concern=self.concern,
            evidence=form.cleaned_data["evidence"],
            seen_alone_on=form.cleaned_data.get("seen_alone_on"),
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, "Cleared.")
        # A safeguarding lead sees these pages only while a concern is open.
        if access.may_open_safety(self.request.user, self.party):
            return self.done()
        return self.referral_href if access.may_see(self.request.user, self.referral) else reverse("home")


class WriteOrder(AboutConcern):
    """The terms of an order, bail or licence, recorded by a user who opens the compartment it was heard in."""

    safety_only = False
    policy = "party"
    form_class = OrderForm

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"An order about {self.party.known_as}"

    def load(self) -> None:
        super().load()
        if self.concern.kind != ConcernKind.ORDER:
            raise Http404

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"known": self.concern.order}

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "intro": "What was written down before is kept. It stays a stop, also when it has ended, until a "
            "safeguarding lead clears it.",
        }

    def act(self, form: BaseForm) -> str:
        order = OrderFacts(**order_given(form.cleaned_data))
        write_order(concern=self.concern, order=order, by=self.request.user, at=self.at)
        messages.success(self.request, "Written down.")
        return self.done()


class FinishStep(SafetyFormView):
    """Marks a step before the meeting, or another task of this worker, as done."""

    submit_text = "It is done"
    drafted = False
    task: Task

    @property
    def title(self) -> str:  # type: ignore[override]
        return "A step before the meeting" if self.task.blocks_id else "Something to do"

    def load(self) -> None:
        super().load()
        rows = Task.objects.visible_to(self.request.user).select_related("assignee")
        found = rows.filter(party=self.party, pk=self.kwargs["task"]).first()
        if found is None:
            raise Http404
        self.task = found

    def get_form_kwargs(self) -> dict[str, Any]:
        return {}

    def get_context(self) -> dict[str, Any]:
        facts = [
            {"key": "What", "value": self.task.words},
            {"key": "Who", "value": self.task.assignee.first_name},
            {"key": "By", "value": clock.show_day(self.task.due_on)},
        ]
        if self.task.done_at:
            facts.append({"key": "Done", "value": clock.show_when(self.task.done_at)})
        return {**super().get_context(), "facts": facts}

    def act(self, form: BaseForm) -> str:
        self.task.party = self.party
        finish_step(task=self.task, by=self.request.user, at=self.at)
        messages.success(self.request, "Saved.")
        return self.done()
