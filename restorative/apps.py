"""The platform as an app, so that its checks of the environment are part of every command."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "restorative"
    label = "platform"

    def ready(self) -> None:
        from restorative import checks  # noqa: F401
