"""A user's own unsent drafts: continue, discard, restore."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from referrals.presenters import drafts as begun
from restorative.common import drafts
from restorative.common.references import read_id
from restorative.common.rules import rules
from restorative.common.views import Page


class Drafts(Page):
    """The user's drafts, newest first, followed by recently discarded ones."""

    policy = "signed_in"
    template_name = "referrals/drafts.html"
    title = "Drafts"

    def get_context(self) -> dict[str, Any]:
        found = begun.rows(self.request.user)
        return {
            **super().get_context(),
            "kept": [row for row in found if not row["thrown"]],
            "thrown": [row for row in found if row["thrown"]],
            "days": rules().draft_days,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = read_id(request.POST.get("throw") or request.POST.get("back"))
        if key is not None:
            if "throw" in request.POST:
                if drafts.throw_away(self.request.user, key, at=self.at):
                    messages.success(request, "Thrown away. You can put it back below.")
            elif drafts.put_back(self.request.user, key):
                messages.success(request, "Put back.")
        return HttpResponseRedirect(reverse("referrals:drafts"), status=303)
