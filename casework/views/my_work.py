"""The first page after signing in: what needs this worker. work.py makes its rows.
Users who do no casework see a short text about their own pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from casework.presenters import work
from restorative.common.views import Page


class MyWork(Page):
    """What needs this worker today, what they wait for, and what comes next. A welcome text for other users."""

    policy = "signed_in"
    template_name = "casework/my_work.html"
    audit_verb = "list_viewed"
    title = "My work"
    found: work.Read

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = self.request.user
        if user.is_governance:
            return redirect("reports:ledger")
        if not user.does_casework:
            return render(request, "home.html", {"title": f"Hello, {user.first_name}"})
        self.found = work.read(user, self.at)
        return self.show()

    def get_context(self) -> dict[str, Any]:
        return {**work.page(self.found), "day": work.day_words(self.at)}

    def audited(self) -> dict[str, Any] | None:
        ids = self.found.ids
        return {"things": ids, "thing_type": "referral"} if ids else None
