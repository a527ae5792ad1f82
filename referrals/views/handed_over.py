"""After a request was accepted: first contact, return, completion."""

from typing import Any

from referrals import access
from referrals.actions import handed_over
from referrals.enums import UNANSWERED, HandoffKind
from referrals.forms.handoffs import (
    CompleteForm,
    GiveBackForm,
    VersionForm,
)
from referrals.views.handoffs import HandoffFormView
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm


class CarryingOut(HandoffFormView):
    """A form for the worker who accepted the request."""

    def may(self) -> Decision:
        if self.row.shown_state in UNANSWERED:
            return refuse("This was not answered yet.")
        return access.may_carry_out(self.request.user, self.row)


class FirstContact(CarryingOut):
    """Records first contact: from then on the worker who accepted is responsible."""

    title = "First contact made"
    form_class = VersionForm
    submit_text = "First contact made"

    def get_context(self) -> dict[str, Any]:
        leads = self.row.decided_kind == HandoffKind.LEAD
        who = self.row.receiver.first_name if self.row.receiver else self.row.to_org.name
        does = "leads this referral" if leads else "supports them"
        intro = f"From now on {who} {does}, and {self.row.from_org.name} does no longer. Both teams are told."
        return {**super().get_context(), "intro": intro}

    def act(self, form: BaseForm) -> str:
        version = form.cleaned_data["version"]
        handed_over.first_contact(handoff=self.row, version=version, by=self.request.user, at=self.at)
        return self.answered("Saved.")


class GiveBack(CarryingOut):
    """Returns it to the sender's side."""

    title = "Give it back"
    form_class = GiveBackForm
    submit_text = "Give it back"
    submit_tone = "stop"
    drafted = True

    def get_context(self) -> dict[str, Any]:
        intro = f"{self.row.from_org.name} is responsible again at once. You will see nothing of it any more."
        return {**super().get_context(), "intro": intro}

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        handed_over.give_back(
            handoff=self.row, why=said["why"], version=said["version"], by=self.request.user, at=self.at
        )
        return self.answered("Given back.")


class CompleteHandoff(CarryingOut):
    """Reports the result to the sender's side."""

    title = "Complete, and say what came of it"
    form_class = CompleteForm
    submit_text = "Complete"
    drafted = True

    def get_context(self) -> dict[str, Any]:
        intro = f"{self.row.from_org.name} reads these three answers."
        if self.row.decided_kind == HandoffKind.HELP:
            intro += f" {self.row.from_org.name} supports the person again, from this moment on."
        return {**super().get_context(), "intro": intro}

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        handed_over.complete(
            handoff=self.row,
            done=said["done"],
            went=said["went"],
            next_step=said["next_step"],
            version=said["version"],
            by=self.request.user,
            at=self.at,
        )
        return self.answered("Completed.")
