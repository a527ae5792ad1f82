"""Loads the settings for manage.py, the web server and Celery; a faulty environment gives one clear line.
The settings themselves are in settings.py."""

import base64
import os
import secrets
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def load_settings(*, exit_code: int = 1) -> None:
    """Load the settings, or exit with one clear line on stderr."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restorative.settings")
    from django.conf import settings

    try:
        settings.INSTALLED_APPS  # noqa: B018 - reading any setting loads them all
    except ImproperlyConfigured as error:
        print(f"Cannot start: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(exit_code) from None


def make_demo_environment() -> None:
    """Write random keys for a demonstration into DATA_DIR/restorative.env, once, for `manage.py serve`.

    Does nothing in production or if the file exists.
    """
    if os.environ.get("RESTORATIVE_ENV", "demo") != "demo":
        return
    data_dir = BASE_DIR / os.environ.get("DATA_DIR", "var")
    data_dir.mkdir(parents=True, exist_ok=True)
    fernet_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    lines = [
        "# Made up by `make run`. What is encrypted in the database beside this file needs these keys.",
        "RESTORATIVE_ENV=demo",
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
        f"FIELD_KEYS={fernet_key}",
        f"INDEX_KEY={secrets.token_urlsafe(32)}",
        f"AUDIT_KEY={secrets.token_urlsafe(32)}",
    ]
    writing = data_dir / f"restorative.env.{os.getpid()}"
    writing.touch(mode=0o600)
    writing.write_text("\n".join(lines) + "\n")
    try:
        os.link(writing, data_dir / "restorative.env")  # fails, as it should, if the file exists
    except FileExistsError:
        pass
    finally:
        writing.unlink()
