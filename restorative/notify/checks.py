"""What must be true of the settings of messages: the sender shows on a lock screen, so it names no service.
The wording itself is linted by tests and before each message."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from restorative.notify import wording


@register
def neutral_sender(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The sender's name and address say nothing about what this is."""
    problems = wording.forbidden(settings.DEFAULT_FROM_EMAIL)
    if not problems:
        return []
    return [Error(f"DEFAULT_FROM_EMAIL {' and '.join(problems)}; a sender must not.", id="notify.E001")]
