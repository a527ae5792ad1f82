"""Counts failed sign-ins, so that guessing is slow and no user can lock another one out.
allauth checks the password."""

import secrets
from datetime import datetime, timedelta

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from restorative.accounts.models import SignInCount, User
from restorative.common.fields import keyed_hash

WINDOW = timedelta(minutes=15)
TRIES_FOR_ONE_ACCOUNT = 10
TRIES_FROM_ONE_ADDRESS = 100
_SALT = "restorative.known-device"
_DEVICE_LASTS = timedelta(days=180)
_ACCOUNTS_ON_A_DEVICE = 20


def keys_for(request: HttpRequest, email: str) -> list[tuple[str, int]]:
    """The counters for this attempt, with their limits.

    A device that has signed in to this account before has its own counter. Failures on other devices, even at the
    same office, do not affect it.
    """
    account = keyed_hash(f"sign-in account {email}")
    device, accounts = _device(request)
    if device and account in accounts:
        return [(keyed_hash(f"device {device} {account}"), TRIES_FOR_ONE_ACCOUNT)]
    address = get_client_ip(request) or "unknown"
    return [
        (keyed_hash(f"address {address} {account}"), TRIES_FOR_ONE_ACCOUNT),
        (keyed_hash(f"address {address}"), TRIES_FROM_ONE_ADDRESS),
    ]


def take_try(keys: list[tuple[str, int]], *, at: datetime | None = None) -> datetime | None:
    """Count one attempt before the password is checked. Returns when to try again if none is left."""
    at = at or timezone.now()
    for position, (key, limit) in enumerate(keys):
        if until := _take(key, limit, at):
            give_back(keys[:position])
            return until
    return None


def _take(key: str, limit: int, at: datetime) -> datetime | None:
    rows = SignInCount.objects.filter(key=key)
    if rows.filter(started_at__gt=at - WINDOW, failures__lt=limit).update(failures=F("failures") + 1):
        return None
    if rows.filter(started_at__lte=at - WINDOW).update(failures=1, started_at=at):
        return None
    try:
        with transaction.atomic():
            SignInCount.objects.create(key=key, failures=1, started_at=at)
    except IntegrityError:
        row = rows.get()
        if row.failures < limit:  # another process created the row between the two statements
            return _take(key, limit, at)
        return row.started_at + WINDOW
    SignInCount.objects.filter(started_at__lt=at - timedelta(days=1)).delete()
    return None


def give_back(keys: list[tuple[str, int]]) -> None:
    """Take one attempt off the count, after the right password."""
    for key, _ in keys:
        SignInCount.objects.filter(key=key, failures__gt=0).update(failures=F("failures") - 1)


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Mark this browser as one that has signed in to this account. The cookie contains no name."""
    device, accounts = _device(request)
    account = keyed_hash(f"sign-in account {user.email}")
    accounts = [account, *(other for other in accounts if other != account)][:_ACCOUNTS_ON_A_DEVICE]
    response.set_cookie(
        settings.KNOWN_DEVICE_COOKIE_NAME,
        signing.dumps({"device": device or secrets.token_urlsafe(16), "accounts": accounts}, salt=_SALT),
        max_age=_DEVICE_LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _device(request: HttpRequest) -> tuple[str, list[str]]:
    cookie = request.COOKIES.get(settings.KNOWN_DEVICE_COOKIE_NAME, "")
    try:
        value = signing.loads(cookie, salt=_SALT, max_age=_DEVICE_LASTS)
        return value["device"], value["accounts"]
    except (signing.BadSignature, KeyError, TypeError):
        return "", []
