"""Middleware for every request: id and log line, headers, session end, idle lock, the view's policy.
Size limits are in limits.py; access to referrals is not decided here."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import urlencode

from restorative.accounts.lock import SIGNED_IN_AT, is_locked, note_or_lock
from restorative.common import context

log = logging.getLogger("restorative.request")
_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
OPEN_WHILE_LOCKED = frozenset({"health", "locked", "account_logout"})


class RequestLog(MiddlewareMixin):
    """Gives each request an id for logs and ledger, and writes one line with its response."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
        request_id = given if _ID.match(given) else uuid.uuid4().hex
        token = context.request_id.set(request_id)
        started = time.monotonic()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            self._write(request, response.status_code, started)
            return response
        finally:
            context.request_id.reset(token)

    def _write(self, request: HttpRequest, status: int, started: float) -> None:
        route = _route(request)
        if route == "health" and status == 200:
            return
        user = getattr(request, "user", None)
        extra = {
            "route": route,
            "method": request.method,
            "status": status,
            "ms": round((time.monotonic() - started) * 1000),
            "user": str(user.pk) if user is not None and user.is_authenticated else None,
        }
        log.log(logging.ERROR if status >= 500 else logging.INFO, "answered", extra=extra)


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match and match.view_name else ""


@receiver(got_request_exception)
def write_failure(request: HttpRequest | None = None, **_: Any) -> None:
    """Log where a request failed. Django's own line would quote the address and the error's message."""
    log.error("failed", extra={"route": _route(request) if request else ""}, exc_info=True)


class SecurityHeaders(MiddlewareMixin):
    """Forbids caching by browsers and proxies, and all device features."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not request.path_info.startswith(settings.STATIC_URL) or response.status_code != 200:
            response["Cache-Control"] = "no-store"
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class SessionEnd(MiddlewareMixin):
    """Ends a session 12 hours after sign-in, even if it is in use. A form submitted then is saved as a draft."""

    def process_request(self, request: HttpRequest) -> None:
        if request.user.is_authenticated and _over(request.session.get(SIGNED_IN_AT)):
            request.ended_for = request.user  # type: ignore[attr-defined]
            logout(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        """Runs after the CSRF check, so that another site cannot create a draft."""
        _keep_what_was_sent(request, getattr(request, "ended_for", None), view)


class IdleLock(MiddlewareMixin):
    """Locks a session after 15 minutes without a request. A form submitted to a locked session is saved as a draft.

    The lock is stored in the session, on the server. Drafts saved by a script do not reset the timer; otherwise a page
    left open would never lock.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            note_or_lock(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Runs after the CSRF check, as in SessionEnd."""
        match = request.resolver_match
        if not is_locked(request) or match is None or match.view_name in OPEN_WHILE_LOCKED:
            return None
        _keep_what_was_sent(request, request.user, view)
        if "X-Draft" in request.headers:
            return HttpResponse(status=423)
        address = f"{reverse('locked')}?{urlencode({'next': _without_words(request)})}"
        return HttpResponseRedirect(address, status=302 if request.method in ("GET", "HEAD") else 303)


def _without_words(request: HttpRequest) -> str:
    """The address to return to, without search terms: anyone at the laptop can read the lock page's address."""
    query = request.GET.copy()
    query.pop("q", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _keep_what_was_sent(request: HttpRequest, user: Any, view: Callable[..., Any]) -> None:
    """Save the submission as a draft of `user`, if its form keeps drafts."""
    from restorative.common import drafts  # models are not ready when this module is imported

    form_view, match = getattr(view, "view_class", None), request.resolver_match
    if (
        user is None
        or match is None
        or request.method != "POST"
        or form_view is None
        or not getattr(form_view, "drafted", False)
        or "discard" in request.POST
    ):
        return
    title = getattr(form_view, "title", "")  # the page's own title may name a person
    drafts.rescue(
        user,
        match,
        request.POST,
        at=timezone.now(),
        title=title if isinstance(title, str) else "",
        presses=form_view.presses,
    )


def _over(signed_in_at: str | None) -> bool:
    lasts: timedelta = settings.SESSION_LASTS
    return not signed_in_at or timezone.now() - datetime.fromisoformat(signed_in_at) >= lasts


class Policy(MiddlewareMixin):
    """Answers 403 for a view without a policy."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        if not policy_of(view):
            raise PermissionDenied("This view has no policy.")


def policy_of(view: Callable[..., Any]) -> str:
    """A view's policy: the attribute `policy` of the function or of its class."""
    return getattr(view, "policy", "") or getattr(getattr(view, "view_class", None), "policy", "")
