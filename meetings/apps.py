"""Meetings: planned, booked, called off, started, recorded."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "meetings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meetings import receivers, reminders

        receivers.connect()
        reminders.register_kinds()
