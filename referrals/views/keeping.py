"""Extending a provisional record, once, by a manager."""

from typing import Any

from django.contrib import messages

from referrals import access
from referrals.actions.forgetting import keep_longer
from referrals.forms.keeping import KeepForm
from referrals.presenters import approaching
from referrals.views.person import PersonFormView
from restorative.common.decisions import Decision
from restorative.common.forms import BaseForm


class KeepLonger(PersonFormView):
    """Keeps a provisional record for the same time again."""

    form_class = KeepForm
    submit_text = "Keep it longer"
    policy = "manager_of_the_party"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Keep the record of {self.party.known_as} longer"

    def may(self) -> Decision:
        return access.may_keep_longer(self.request.user, self.party)

    def get_context(self) -> dict[str, Any]:
        name = self.party.known_as
        context = super().get_context()
        context["facts"] = approaching.longer(self.known)
        if not context["facts"]:
            context["nothing"] = f"The record of {name} does not go, so there is nothing to do here."
            return context
        context["intro"] = (
            f"{name} has not answered. On that day what we hold about {name} goes by itself: the name, how to reach "
            "them, and what was noted. It can be kept longer once, for the same time again."
        )
        return context

    def act(self, form: BaseForm) -> str:
        keep_longer(party=self.party, reason=form.cleaned_data["reason"], by=self.request.user, at=self.at)
        messages.success(self.request, "Saved.")
        return self.done()
