"""System check of the sender: it shows on lock screens, so it must not name a service.
Wording is checked by tests and before each send."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from restorative.notify import wording


@register
def neutral_sender(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The sender's name and address contain no forbidden word."""
    problems = wording.forbidden(settings.DEFAULT_FROM_EMAIL)
    if not problems:
        return []
    return [Error(f"DEFAULT_FROM_EMAIL {' and '.join(problems)}; a sender must not.", id="notify.E001")]
