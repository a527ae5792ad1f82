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


class CarryingOut(HandoffFormView):
    """A form for the worker who accepted the request."""

    def may(self) -> Decision:
        if self.handoff.shown_state in UNANSWERED:
            return refuse("This was not answered yet.")
        return access.may_carry_out(self.request.user, self.handoff)


class FirstContact(CarryingOut):
    title = "First contact made"
    form_class = VersionForm
    submit_text = "First contact made"
    action = handed_over.first_contact

    def get_context(self) -> dict[str, Any]:
        row = self.handoff
        who = row.receiver.first_name if row.receiver else row.to_org.name
        does = "leads this referral" if row.decided_kind == HandoffKind.LEAD else "supports them"
        intro = f"From now on {who} {does}, and {row.from_org.name} does no longer. Both teams are told."
        return {**super().get_context(), "intro": intro}


class GiveBack(CarryingOut):
    title = "Give it back"
    intro = "{from_org} is responsible again at once. You will see nothing of it any more."
    form_class = GiveBackForm
    submit_text = "Give it back"
    submit_tone = "stop"
    success = "Given back."
    drafted = True
    action = handed_over.give_back


class CompleteHandoff(CarryingOut):
    title = "Complete, and say what came of it"
    form_class = CompleteForm
    submit_text = "Complete"
    success = "Completed."
    drafted = True
    action = handed_over.complete

    def get_context(self) -> dict[str, Any]:
        sender = self.handoff.from_org.name
        intro = f"{sender} reads these three answers."
        if self.handoff.decided_kind == HandoffKind.HELP:
            intro += f" {sender} supports the person again, from this moment on."
        return {**super().get_context(), "intro": intro}
