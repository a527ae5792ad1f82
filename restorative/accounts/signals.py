"""What is noted when somebody signs in or out: the ledger's entry, and the moment from which the 12 hours run.
Failed tries are counted by throttle.py."""

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
    """Start the session's 12 hours and write it down."""
    if request is not None:
        start(request)
    with transaction.atomic():
        record("signed_in", by=user, thing=user)


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    """Write it down, whether by the button or at the end of the 12 hours."""
    if user is not None:
        with transaction.atomic():
            record("signed_out", by=user, thing=user)
