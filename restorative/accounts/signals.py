"""Sign-in and sign-out: writes the ledger entry and starts the 12-hour limit.
throttle.py counts failed attempts."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from restorative.accounts.lock import start
from restorative.accounts.models import User
from restorative.audit.ledger import record


@receiver(user_logged_in)
def signed_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    """Start the session's 12 hours and record the sign-in."""
    if request is not None:
        start(request)
    with transaction.atomic():
        record("signed_in", by=user, thing=user)


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    """Record the sign-out, by the button or at the end of the 12 hours."""
    if user is not None:
        with transaction.atomic():
            record("signed_out", by=user, thing=user)
