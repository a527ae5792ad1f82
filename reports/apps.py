"""Pages for managers and governance: the ledger. They read the apps below and change nothing."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    default_auto_field = "django.db.models.BigAutoField"
