"""Meetings: plan, book, call off, start, record."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "meetings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meetings import duties, provided, receivers, reminders
        from referrals import duties as all_duties
        from referrals import meetings_port

        meetings_port.register(provided.PORT)
        all_duties.register(duties.RULES, duties.KINDS)
        receivers.connect()
        reminders.register_kinds()
