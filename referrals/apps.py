"""The referral, and everything that is sealed per party."""

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from referrals import receivers, reminders

        receivers.connect()
        reminders.register_kinds()
