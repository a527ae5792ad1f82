"""The ledger's page for governance, and the page with what was opened under a grant, for those who oversee access.
Viewing either is itself recorded in the ledger."""

from typing import Any

from django.core.paginator import Page as RowsPage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from referrals.access import may_ask_for_access, may_see_what_was_opened
from referrals.models import Grant
from referrals.presenters import grants as shown
from reports import access, presenters
from reports.enums import Did
from reports.forms import read_ledger_filters
from reports.querysets import About, about_person, about_reference, entries_under
from reports.selectors import Filters, ledger
from restorative.audit import watch
from restorative.audit.models import AuditEntry
from restorative.common.decisions import Decision
from restorative.common.paging import CappedPaginator
from restorative.common.references import read_id
from restorative.common.views import Page


class Ledger(Page):
    """Who saw, changed and exported what, newest first, with the state of the ledger above."""

    policy = "governance"
    template_name = "reports/ledger.html"
    title = "Ledger"
    audit_verb = "ledger_viewed"
    filters: Filters
    about: About | None
    entries: list[AuditEntry]

    def may(self) -> Decision:
        return access.may_read_ledger(self.request.user)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = self.request.user
        workers = presenters.workers_of(user)
        found, dropped = read_ledger_filters(request.GET, Did.values, workers)
        self.filters = Filters(**found)
        self.about = self.read_about()
        paginator = CappedPaginator(ledger(user, self.filters, self.about))
        page = paginator.requested(request)
        self.entries = list(page.object_list)
        standing = watch.standing()
        line, late = presenters.checked(standing, self.at)
        return self.show(
            alarm=presenters.alarm(standing),
            checked=line,
            checked_late=late,
            page_obj=page,
            query=presenters.query(self.filters),
            rows=presenters.entry_rows(self.entries, user, workers),
            count=paginator.said("entry", "entries"),
            filters=presenters.vars_of(self.filters),
            chips=presenters.chips(self.filters, workers),
            did_choices=Did.choices,
            worker_choices=presenters.worker_choices(workers),
            dropped=dropped,
        )

    def read_about(self) -> About | None:
        """The typed reference or id, resolved to ids in the ledger."""
        typed, user = self.filters.about, self.request.user
        if not typed:
            return None
        key = read_id(typed)
        return about_person(user, key) if key else about_reference(user, typed)

    def audited(self) -> dict[str, Any]:
        """The entries shown and the filters. A typed id that matches nothing is not recorded."""
        asked = [name for name, value in vars(self.filters).items() if value]
        about = self.about if self.entries else None
        return {
            "things": self.entries,
            "thing_type": "audit_entry",
            "fields": asked,
            "referral_id": about.referral if about else None,
            "party_id": next(iter(about.ours), None)
            if about and len(about.ours & about.parties) == 1
            else None,
        }


class GrantSeen(Page):
    """What a user saw and did under a grant, newest first."""

    policy = "grants"
    template_name = "reports/grant_seen.html"
    title = "What was seen"
    audit_verb = "grant_opened_viewed"
    grant: Grant
    entries: RowsPage

    def load(self) -> None:
        rows = Grant.objects.visible_to(self.request.user).select_related(
            "user", "referral", "party", "created_by"
        )
        self.grant = get_object_or_404(rows, pk=self.kwargs["grant"])
        found = entries_under(self.grant).order_by("-at", "-id")
        self.entries = CappedPaginator(found).requested(self.request)

    def may(self) -> Decision:
        may = may_ask_for_access(self.request.user)
        return may_see_what_was_opened(self.request.user, self.grant) if may else may

    def audited(self) -> dict[str, Any]:
        return {"things": [self.grant.pk], "thing_type": "grant", "referral_id": self.grant.referral_id}

    def get_context(self) -> dict[str, Any]:
        return {
            "facts": shown.facts(self.grant, self.request.user),
            "back_href": reverse("referrals:grants"),
            "given": self.grant.given_at is not None,
            "heads": presenters.SEEN_HEADS,
            "rows": presenters.seen_rows(self.entries, self.grant),
            "page_obj": self.entries,
        }
