"""Django admin over referrals, for comparison only: its changelist shows the same rows and asks no rule of access."""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from referrals.models import Referral


class Site(AdminSite):
    """Opens for anybody who is signed in."""

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated


class ReferralAdmin(ModelAdmin):
    """A changelist such as one would write first."""

    list_display = ["reference", "kind", "stage", "lead", "lead_organisation", "logged_at"]
    list_filter = ["stage"]
    list_select_related = ["lead", "lead_organisation"]
    list_per_page = 25
    search_fields = ["reference", "parties__person__given", "parties__person__family"]
    ordering = ["-logged_at", "id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Referral]:
        return Referral.objects.unscoped("the benchmark compares").order_by(*self.ordering)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_module_permission = has_add_permission = has_change_permission = has_delete_permission = (
        has_view_permission
    )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, extra_context)

    changelist_view.policy = "signed_in"  # type: ignore[attr-defined]


site = Site(name="admin")
site.register(Referral, ReferralAdmin)
