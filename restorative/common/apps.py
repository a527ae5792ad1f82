"""Shared parts of the platform. They know nothing about referrals."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "restorative.common"
    label = "common"
    default_auto_field = "django.db.models.BigAutoField"
