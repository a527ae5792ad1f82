"""Loads the settings for manage.py, the web server and Celery, and turns a faulty environment into one line.
What the settings are is decided in settings.py."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured


def load_settings(*, exit_code: int = 1) -> None:
    """Load the settings or leave with one clear line on stderr."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restorative.settings")
    from django.conf import settings

    try:
        settings.INSTALLED_APPS  # noqa: B018 - the first look at any setting loads them all
    except ImproperlyConfigured as error:
        print(f"Cannot start: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(exit_code) from None
