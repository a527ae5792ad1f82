"""Pages that combine referrals and meetings, so that referrals need not import meetings."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "casework"
