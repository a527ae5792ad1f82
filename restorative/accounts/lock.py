"""When a session was last used, and whether it waits for its owner's password. All of it stands in the session.
What a locked session still opens is decided in restorative/middleware.py."""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

SIGNED_IN_AT, SEEN_AT, LOCKED = "signed_in_at", "seen_at", "locked"
NOTED_EVERY = timedelta(seconds=30)  # a session is not written anew at every request


def start(request: HttpRequest) -> None:
    """Somebody has signed in: the 12 hours and the quarter of an hour begin."""
    request.session[SIGNED_IN_AT] = timezone.now().isoformat()
    request.session.pop(SEEN_AT, None)
    request.session.pop(LOCKED, None)


def is_locked(request: HttpRequest) -> bool:
    """Whether this session waits for its owner's password."""
    return request.user.is_authenticated and bool(request.session.get(LOCKED))


def unlock(request: HttpRequest) -> None:
    """The password was right: the session goes on, under another key."""
    del request.session[LOCKED]
    request.session[SEEN_AT] = timezone.now().isoformat()
    request.session.cycle_key()


def note_or_lock(request: HttpRequest) -> None:
    """Note that the session is used, unless a script only keeps text; lock it where nobody used it for too long."""
    session, now = request.session, timezone.now()
    if session.get(LOCKED):
        return
    seen = datetime.fromisoformat(session.get(SEEN_AT) or session[SIGNED_IN_AT])
    if now - seen >= settings.SESSION_LOCKS_AFTER:
        session[LOCKED] = True
    elif now - seen >= NOTED_EVERY and "X-Draft" not in request.headers:
        session[SEEN_AT] = now.isoformat()
