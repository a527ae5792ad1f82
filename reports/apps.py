"""What managers and governance look at: the ledger. It reads what the apps below hold and changes nothing."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    default_auto_field = "django.db.models.BigAutoField"
