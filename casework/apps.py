"""Pages that show referrals and meetings together, so that referrals never reaches up into meetings."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "casework"
