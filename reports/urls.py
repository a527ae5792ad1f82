"""Addresses of what managers and governance look at."""

from django.urls import path

from reports.views import Ledger

app_name = "reports"

urlpatterns = [
    path("audit/", Ledger.as_view(), name="ledger"),
]
