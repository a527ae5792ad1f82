"""Safety of one person: answers, concerns with their next step, sign-off, clearing, steps.
While a concern is open, safeguarding leads open these pages and no others."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from referrals import access
from referrals.actions.concerns import OrderFacts, clear, finish_step, raise_concern, sign_off, write_order
from referrals.actions.readiness import ask_safety
from referrals.enums import STOPS, ConcernKind
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
from referrals.views.base import PartyMixin
from referrals.views.person import PersonFormView, PersonPage
from restorative.common import clock
from restorative.common.views import allows


class SafetyFormView(PersonFormView):
    """A form that returns to the safety page."""

    @property
    def home(self) -> tuple[str, str]:
        return self.link("safety"), f"Back to {self.party.known_as}’s safety"


class Safety(PersonPage):
    """The safety answers, and each concern with its next step."""

    template_name = "referrals/safety.html"
    safety_only = True
    audit_verb = "safety_viewed"
    title = "{name}’s safety"

    def get_context(self) -> dict[str, Any]:
        user = self.request.user
        opens = bool(access.may_open(user, self.party))
        back = self.came_from or (self.home if opens else super(PartyMixin, self).home)
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
    form_class = SafetyForm
    title = "Ask {name} about safety, alone"
    action = ask_safety

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "answers": parts.safety_answers(said),
            "details": parts.safety_details(said),
            "asked_alone": True,
        }


class RaiseConcern(SafetyFormView):
    form_class = ConcernForm
    title = "A safety concern with {name}"
    intro = "If you are unsure, record it. The safety questions are asked again after a new concern."
    submit_text = "Record concern"
    success = "Recorded."
    action = raise_concern

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        order = OrderFacts(**order_given(said)) if said["kind"] == ConcernKind.ORDER else None
        return {"kind": said["kind"], "detail": said["detail"], "order": order}


class AboutConcern(SafetyFormView):
    """A form about one concern, for a second person."""

    safety_only = True
    policy = "second_person"
    about = "concern"
    concern: Concern

    def load(self) -> None:
        super().load()
        rows = Concern.objects.visible_to(self.request.user).select_related("party", "raised_by")
        self.concern = get_object_or_404(rows, party=self.party, pk=self.kwargs["concern"])
        self.concern.party = self.party

    def get_context(self) -> dict[str, Any]:
        facts = shown.concern_facts(self.concern, self.party, self.request.user, self.at)
        named = {"key": "Concern", "value": str(ConcernKind(self.concern.kind).label)}
        return {**super().get_context(), "facts": [named, *facts]}


class SignOffConcern(AboutConcern):
    form_class = SignOffForm
    title = "Decide on a concern with {name}"
    submit_text = "Save decision"
    action = sign_off
    may = allows(access.may_sign_off, "concern")

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"steps_due_on": said.pop("due_on"), **said}


class ClearConcern(AboutConcern):
    form_class = ClearForm
    title = "Clear a concern with {name}"
    submit_text = "Clear concern"
    success = "Cleared."
    action = clear
    may = allows(access.may_clear, "concern")

    def get_form_kwargs(self) -> dict[str, Any]:
        without = () if self.concern.kind in STOPS else ("seen_alone_on",)
        return {**super().get_form_kwargs(), "without": without}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"seen_alone_on": None, **said}

    def done(self) -> str:
        # A safeguarding lead sees these pages only while a concern is open.
        still = access.may_open_safety(self.request.user, self.party)
        return super().done() if still else self.seen_href


class WriteOrder(AboutConcern):
    """The terms of an order, bail or licence, recorded by a user who opens the compartment it was heard in."""

    safety_only = False
    policy = "party"
    form_class = OrderForm
    title = "An order about {name}"
    intro = (
        "What was written down before is kept. It stays a stop, also when it has ended, until a "
        "safeguarding lead clears it."
    )
    success = "Written down."
    action = write_order

    def load(self) -> None:
        super().load()
        if self.concern.kind != ConcernKind.ORDER:
            raise Http404

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "known": self.concern.order}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"order": OrderFacts(**order_given(said))}


class FinishStep(SafetyFormView):
    submit_text = "It is done"
    drafted = False
    action, about = finish_step, "task"
    task: Task

    def load(self) -> None:
        super().load()
        rows = Task.objects.visible_to(self.request.user).select_related("assignee")
        self.task = get_object_or_404(rows, party=self.party, pk=self.kwargs["task"])
        self.task.party = self.party
        self.title = "A step before the meeting" if self.task.blocks_id else "Something to do"

    def get_context(self) -> dict[str, Any]:
        facts = [
            {"key": "What", "value": self.task.words},
            {"key": "Who", "value": self.task.assignee.first_name},
            {"key": "By", "value": clock.show_day(self.task.due_on)},
        ]
        if self.task.done_at:
            facts.append({"key": "Done", "value": clock.show_when(self.task.done_at)})
        return {**super().get_context(), "facts": facts}
