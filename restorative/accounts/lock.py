"""When a session was last used, and whether it is locked. Everything is stored in the session.
restorative/middleware.py decides what a locked session can still open."""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

SIGNED_IN_AT, SEEN_AT, LOCKED = "signed_in_at", "seen_at", "locked"
NOTED_EVERY = timedelta(seconds=30)  # so that not every request writes the session


def start(request: HttpRequest) -> None:
    """Start the 12-hour limit and the 15-minute timer at sign-in."""
    request.session[SIGNED_IN_AT] = timezone.now().isoformat()
    request.session.pop(SEEN_AT, None)
    request.session.pop(LOCKED, None)


def is_locked(request: HttpRequest) -> bool:
    return request.user.is_authenticated and bool(request.session.get(LOCKED))


def unlock(request: HttpRequest) -> None:
    """Unlock after the right password, and give the session a new key."""
    del request.session[LOCKED]
    request.session[SEEN_AT] = timezone.now().isoformat()
    request.session.cycle_key()


def note_or_lock(request: HttpRequest) -> None:
    """Record that the session is in use, unless a script only saves a draft; lock it after too long without use."""
    session, now = request.session, timezone.now()
    if session.get(LOCKED):
        return
    seen = datetime.fromisoformat(session.get(SEEN_AT) or session[SIGNED_IN_AT])
    if now - seen >= settings.SESSION_LOCKS_AFTER:
        session[LOCKED] = True
    elif now - seen >= NOTED_EVERY and "X-Draft" not in request.headers:
        session[SEEN_AT] = now.isoformat()
