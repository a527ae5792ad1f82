"""The outbox: messages that wait for their time and are checked once more before they go.
It knows nothing about what they are about; apps register kinds with it."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "restorative.notify"
    label = "notify"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from restorative.notify import checks  # noqa: F401
