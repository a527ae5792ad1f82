"""Agreed actions: adding one, and recording the result of one."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from meetings import access
from meetings.actions.agreeing import add_action, set_status
from meetings.enums import ActionStatus
from meetings.forms.agreement import AddActionForm, StatusForm
from meetings.models import Action
from meetings.presenters import aftercare
from meetings.views.agreement import CLOSED, AgreementFormView
from restorative.common import clock
from restorative.common.decisions import Decision, refuse


class AddAction(AgreementFormView):
    template_name = "meetings/agreement_form.html"
    title = "Add an action"
    form_class = AddActionForm
    submit_text = "Add it"
    success = "Added."
    action, about = add_action, "agreement"

    def load(self) -> None:
        super().load()
        self.agreement = self.outcome.agreement
        if self.agreement is None:
            raise Http404

    def may(self) -> Decision:
        return access.may_agree(self.request.user, self.outcome.meeting) if self.open else refuse(CLOSED)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"people": self.people()}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"facts": self.facts(said)}


class ActionStatusFormView(AgreementFormView):
    policy = "party"
    template_name = "meetings/action_status.html"
    title = "What became of it"
    form_class = StatusForm
    about = ""
    row: Action

    def load(self) -> None:
        rows = Action.objects.visible_to(self.request.user).select_related("agreement")
        self.row = get_object_or_404(rows, pk=self.kwargs["action"])
        super().load()
        owner = next((party for party in self.outcome.opened if party.pk == self.row.owner_id), None)
        if owner is None:
            raise Http404
        self.row.owner = owner

    def wanted(self) -> str:
        return str(self.row.agreement.meeting_id)

    def audited(self) -> dict[str, Any]:
        return {"thing": self.row, "referral_id": self.referral.pk, "party_id": self.row.owner_id}

    def may(self) -> Decision:
        return access.may_update(self.request.user, self.row) if self.open else refuse(CLOSED)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"name": self.row.owner.known_as}

    def get_context(self) -> dict[str, Any]:
        facts = [
            {"key": "Who", "value": self.row.owner.known_as},
            {"key": "What", "value": self.row.what},
            {"key": "By when", "value": clock.show_day(self.row.due_on)},
            {"key": "How we will know", "value": self.row.sign},
            {"key": "Who helps", "value": self.row.helper},
        ]
        return {
            **super().get_context(),
            "facts": [row for row in facts if row["value"]],
            "history": aftercare.update_rows(self.row, self.request.user),
        }

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        anew = said["status"] == ActionStatus.RENEGOTIATED
        becomes = self.facts(said, self.row.owner) if anew else None
        return {"status": said["status"], "note": said["note"], "becomes": becomes}

    def run(self, **arguments: Any) -> Any:
        return set_status(action=self.row, **arguments)

    @property
    def success(self) -> str:
        name = self.row.owner.known_as
        done = {
            ActionStatus.NOT_DONE: f"Saved. You have a task to check in with {name}: how are things?",
            ActionStatus.RENEGOTIATED: f"Saved, with what it became. Only {name}’s side is shown that.",
        }
        return done.get(self.said["status"], "Saved.")
