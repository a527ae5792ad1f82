"""The shared floor of the platform. It knows nothing about referrals."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "restorative.common"
    label = "common"
    default_auto_field = "django.db.models.BigAutoField"
