"""The ledger: who did and saw what, as ids and field names only. It does not know what the ids refer to."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "restorative.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
