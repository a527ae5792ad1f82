"""Agreed actions: adding one, and recording the result of one."""

from typing import Any

from django.contrib import messages
from django.http import Http404

from meetings import access
from meetings.actions.agreeing import add_action, set_status
from meetings.enums import ActionStatus
from meetings.forms.agreement import AddActionForm, StatusForm
from meetings.models import Action
from meetings.presenters import aftercare
from meetings.views.agreement import CLOSED, AgreementFormView
from restorative.common import clock
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm


class AddAction(AgreementFormView):
    """One more action."""

    template_name = "meetings/agreement_form.html"
    title = "Add an action"
    form_class = AddActionForm
    submit_text = "Add it"

    def load(self) -> None:
        super().load()
        if self.outcome.agreement is None:
            raise Http404

    def may(self) -> Decision:
        return access.may_agree(self.request.user, self.outcome.meeting) if self.open else refuse(CLOSED)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"people": self.people()}

    def act(self, form: BaseForm) -> str:
        add_action(
            agreement=self.outcome.agreement,
            facts=self.facts(form.cleaned_data),
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, "Added.")
        return self.href("agreement")


class ActionStatusFormView(AgreementFormView):
    """The result of one action, as its owner says."""

    policy = "party"
    template_name = "meetings/action_status.html"
    title = "What became of it"
    form_class = StatusForm
    action: Action

    def load(self) -> None:
        rows = Action.objects.visible_to(self.request.user).select_related("agreement")
        found = rows.filter(pk=self.kwargs["action"]).first()
        if found is None:
            raise Http404
        self.action = found
        super().load()
        owner = next((party for party in self.outcome.opened if party.pk == found.owner_id), None)
        if owner is None:
            raise Http404
        found.owner = owner

    def wanted(self) -> str:
        return str(self.action.agreement.meeting_id)

    def audited(self) -> dict[str, Any]:
        return {"thing": self.action, "referral_id": self.referral.pk, "party_id": self.action.owner_id}

    def may(self) -> Decision:
        return access.may_update(self.request.user, self.action) if self.open else refuse(CLOSED)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"name": self.action.owner.known_as}

    def get_context(self) -> dict[str, Any]:
        facts = [
            {"key": "Who", "value": self.action.owner.known_as},
            {"key": "What", "value": self.action.what},
            {"key": "By when", "value": clock.show_day(self.action.due_on)},
            {"key": "How we will know", "value": self.action.sign},
            {"key": "Who helps", "value": self.action.helper},
        ]
        return {
            **super().get_context(),
            "facts": [row for row in facts if row["value"]],
            "history": aftercare.update_rows(self.action, self.request.user),
        }

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        status = ActionStatus(said["status"])
        anew = status == ActionStatus.RENEGOTIATED
        set_status(
            action=self.action,
            status=status,
            note=said["note"],
            becomes=self.facts(said, self.action.owner) if anew else None,
            by=self.request.user,
            at=self.at,
        )
        name = self.action.owner.known_as
        done = {
            ActionStatus.NOT_DONE: f"Saved. You have a task to check in with {name}: how are things?",
            ActionStatus.RENEGOTIATED: f"Saved, with what it became. Only {name}’s side is shown that.",
        }
        messages.success(self.request, done.get(status, "Saved."))
        return self.href("agreement")
