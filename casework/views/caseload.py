"""Lists of referrals: the caseload and the search.
Each shows only what visible_to gives, and the ledger notes which ids were shown."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from casework.forms import read_query
from casework.presenters import caseload as shown
from referrals import selectors
from referrals.enums import Stage
from referrals.models import Summary
from referrals.views.base import CaseworkPage
from restorative.common import drafts
from restorative.common.paging import CappedPaginator
from restorative.common.references import read_reference
from restorative.common.rules import rules

WHOSE = {"mine": "Mine", "team": "My team’s", "organisation": "My organisation’s"}


class Caseload(CaseworkPage):
    """Referrals this user may see: their own first, for a manager their organisation's. A filter that is not
    understood is dropped, and the page says so.
    """

    template_name = "casework/caseload.html"
    title = "Referrals"
    rows: list[Summary]

    def get(self, request, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        whose_choices = {
            key: label for key, label in WHOSE.items() if key != "organisation" or user.is_manager
        }
        usual = "organisation" if user.is_manager else "mine"
        filters, dropped = self._read_filters(whose_choices, usual)
        found = selectors.caseload(
            user,
            whose=filters["whose"],
            stage=filters["stage"],
            words=filters["q"],
            oldest=filters["sort"] == "oldest",
        )
        paginator = CappedPaginator(found)
        page = paginator.requested(request)
        self.rows = list(page.object_list)
        asked = {
            key: value
            for key, value in filters.items()
            if value and (key, value) not in (("whose", usual), ("sort", "newest"))
        }
        return self.show(
            page_obj=page,
            query=urlencode(asked),
            list_rows=shown.list_rows(self.rows, user),
            heads=shown.HEADS,
            filters=filters,
            dropped=dropped,
            whose_choices=list(whose_choices.items()),
            stage_choices=Stage.choices,
            chips=self._chips(asked),
            count=paginator.said("referral", "referrals"),
            others=[
                {"text": label, "href": f"{reverse('casework:list')}?{urlencode({'whose': key})}"}
                for key, label in whose_choices.items()
                if key != filters["whose"]
            ],
            filtered=bool(filters["q"] or filters["stage"]),
            drafts_left=drafts.count(user),
        )

    def _read_filters(self, whose_choices: dict[str, str], usual: str) -> tuple[dict[str, str], list[str]]:
        given = self.request.GET
        dropped = []
        whose = given.get("whose") or usual
        if whose not in whose_choices:
            whose = usual
            dropped.append("whose referrals")
        stage = given.get("stage", "")
        if stage and stage not in Stage.values:
            stage = ""
            dropped.append("stage")
        sort = given.get("sort") or "newest"
        if sort not in ("newest", "oldest"):
            sort = "newest"
            dropped.append("order")
        words, understood = read_query(given.get("q", ""))
        if not understood:
            dropped.append("search")
        return {"whose": whose, "stage": stage, "sort": sort, "q": words}, dropped

    def _chips(self, asked: dict[str, str]) -> list[dict[str, str]]:
        labels = {"q": lambda v: f"“{v}”", "stage": lambda v: str(Stage(v).label)}
        return [
            {
                "text": labels[key](value),
                "href": f"{reverse('casework:list')}?{urlencode({k: v for k, v in asked.items() if k != key})}",
            }
            for key, value in asked.items()
            if key in labels
        ]


class Search(CaseworkPage):
    """By name, reference or phone number, among what this user may see. A whole reference opens at once."""

    template_name = "casework/search.html"
    title = "Search"
    rows: list[Summary]

    def get(self, request, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        words, understood = read_query(request.GET.get("q", ""))
        self.rows = []
        if reference := read_reference(words):
            if selectors.by_reference(user, reference):
                return HttpResponseRedirect(reverse("casework:show", args=[reference]))
        elif len(words) >= 2:
            self.rows = list(selectors.search(user, words)[: rules().page_size])
        return self.show(
            words=words,
            understood=understood,
            too_short=len(words) < 2,
            list_rows=shown.list_rows(self.rows, user),
            heads=shown.HEADS,
            full=len(self.rows) == rules().page_size,
        )
