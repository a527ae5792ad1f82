"""Routes of the pages for managers and governance."""

from django.urls import path

from reports.views import GrantSeen, Ledger

app_name = "reports"

urlpatterns = [
    path("audit/", Ledger.as_view(), name="ledger"),
    path("grants/<uuid:grant>/seen/", GrantSeen.as_view(), name="grant_seen"),
]
