"""The outbox: messages that wait for their time and are checked again before they are sent.
It does not know what they are about; apps register kinds of message with it."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "restorative.notify"
    label = "notify"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from restorative.notify import checks  # noqa: F401
