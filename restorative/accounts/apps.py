"""Organisations, teams, staff and signing in. It knows nothing about referrals."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "restorative.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from restorative.accounts import signals  # noqa: F401
