"""The ledger: who did and saw what, by ids and field names only. It knows nothing about what the ids stand for."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "restorative.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
