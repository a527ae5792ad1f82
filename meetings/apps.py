"""Meetings: planned, booked, called off, started, recorded."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "meetings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meetings import receivers, reminders, reminders_after, reminders_hold

        receivers.connect()
        reminders.register_kinds()
        reminders_after.register_kinds()
        reminders_hold.register_kinds()
