"""Pages of a long list, counted no further than the cap."""

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from restorative.common.rules import rules


class CappedPaginator(Paginator):
    """Counts no further than the cap and in no order, so that a long list costs no more than a short one."""

    def __init__(self, rows: QuerySet):
        super().__init__(rows, rules().page_size)

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().values("pk")[: rules().count_cap + 1].count()

    def requested(self, request: HttpRequest) -> Page:
        """The page that the address names; the first or the last, if there is no such page."""
        return self.get_page(request.GET.get("page", "")[:9])

    def said(self, one: str, many: str) -> str:
        """'1 referral', '24 referrals', '1,000+ referrals'."""
        cap = rules().count_cap
        if self.count > cap:
            return f"{cap:,}+ {many}"
        return f"{self.count:,} {one if self.count == 1 else many}"
