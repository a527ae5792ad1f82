"""Closing a referral. The outcome is computed from what happened; only the reason for not going ahead is chosen."""

from typing import Any

from django.contrib import messages

from referrals import access
from referrals.actions.lifecycle import close
from referrals.actions.outcome import derived_outcome, knows_all, open_items
from referrals.enums import Outcome, Stage
from referrals.forms.decisions import CloseForm
from referrals.meetings_port import meetings
from referrals.presenters import decisions
from referrals.views.base import ReferralFormView
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm


class Close(ReferralFormView):
    """The outcome, the open items, and the button that closes."""

    title = "Close this referral"
    template_name = "referrals/close.html"
    form_class = CloseForm
    submit_text = "Close the referral"
    submit_tone = "stop"

    def may(self) -> Decision:
        if self.referral.shown_stage == Stage.CLOSED:
            return refuse("This referral is already closed.")
        return access.may_run(self.request.user, self.referral)

    def load(self) -> None:
        super().load()
        self.outcome = derived_outcome(self.referral)
        self.left = open_items(self.referral, self.request.user)
        self.needs_manager = self.left.needs_manager and not self.request.user.is_manager

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            "people": decisions.opened_people(self.referral, self.request.user),
            "asks_reason": self.outcome == Outcome.NOT_GOING_AHEAD,
            "asks_why": bool(self.left) and not self.needs_manager,
        }

    def get_context(self) -> dict[str, Any]:
        first = meetings().first_settle(self.referral, self.request.user)
        return {
            **super().get_context(),
            "first": first,
            "left": self.left.sentences,
            "needs_manager": self.needs_manager,
            "locked": bool(first) or self.needs_manager,
            "facts": [{"key": "What it came to", "value": self.came_to()}],
        }

    def came_to(self) -> str:
        """The outcome, if it tells this user nothing new. Otherwise it is shown only after closing."""
        if self.outcome == Outcome.NOT_GOING_AHEAD or knows_all(self.referral, self.request.user):
            return str(self.outcome.label)
        return "They met. What became of it is worked out when it closes."

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        user = self.request.user
        close(
            referral=self.referral,
            reason=said.get("reason", ""),
            party=decisions.chosen_party(self.referral, user, said.get("party", "")),
            why_open_items=said.get("why_open_items", ""),
            by=user,
            at=self.at,
        )
        label = str(derived_outcome(self.referral).label)
        messages.success(self.request, f"Closed: {label[:1].lower()}{label[1:]}.")
        return self.referral_href
