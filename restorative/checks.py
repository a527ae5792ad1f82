"""System checks of the environment, run by every management command.
settings.py reports missing variables."""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register
def secrets(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Keys must be valid and, in production, long and different from each other."""
    found: list[CheckMessage] = []
    for place, key in enumerate(settings.FIELD_KEYS, start=1):
        try:
            Fernet(key.encode())
        except ValueError:
            found.append(Error(f"Key {place} of FIELD_KEYS is not a Fernet key.", id="restorative.E001"))
    if not settings.PRODUCTION:
        return found
    keys = [settings.SECRET_KEY, settings.INDEX_KEY, settings.AUDIT_KEY, *settings.FIELD_KEYS]
    if len(set(keys)) < len(keys):
        found.append(Error("Two of the keys are the same; each needs its own.", id="restorative.E002"))
    found += [
        Error(f"{name} must have at least {least} characters.", id="restorative.E003")
        for name, least in (("SECRET_KEY", 50), ("INDEX_KEY", 32), ("AUDIT_KEY", 32))
        if len(getattr(settings, name)) < least
    ]
    return found


@register
def production(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Production needs a host name and a shared cache, and should have PostgreSQL, Redis and an email server."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if not settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS is empty: every request would be refused.", id="restorative.E004"))
    if settings.CACHES["default"]["BACKEND"].endswith(("LocMemCache", "DummyCache")):
        found.append(Error("CACHE_URL must name a cache that every process shares.", id="restorative.E005"))
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(
            Warning("SQLite serves one machine; production wants PostgreSQL.", id="restorative.W001")
        )
    if settings.BROKER_IS_FILES:
        found.append(
            Warning("Files serve one machine; production wants Redis as broker.", id="restorative.W002")
        )
    if not settings.EMAIL_HOST or settings.EMAIL_HOST == "localhost":
        found.append(Warning("EMAIL_URL is not set: email goes to this machine.", id="restorative.W003"))
    return found
