"""What is noted when somebody signs in: the moment, from which the 12 hours run."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone


@receiver(user_logged_in)
def note_moment(request: HttpRequest | None, **_: Any) -> None:
    """Start the session's 12 hours."""
    if request is not None:
        request.session["signed_in_at"] = timezone.now().isoformat()
