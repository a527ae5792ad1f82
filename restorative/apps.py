"""The platform as an app, so that every management command runs its system checks."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "restorative"
    label = "platform"

    def ready(self) -> None:
        from restorative import checks  # noqa: F401
