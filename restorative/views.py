"""The health page and the error pages. They must work when little else does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from restorative.audit import watch
from restorative.common import context
from restorative.common.heartbeat import last_beats

# Seconds without a heartbeat before the health page raises the alarm.
DAY = 86_400
LATE_AFTER = {
    "sweep": 300,
    "beat": 300,
    "seal": 300,
    "records": 300,
    "check": 3 * 3_600,
    "stale": 600,
    "projections": 3 * 3_600,
    "provisional": 3 * DAY,
    "clear": 3 * DAY,
}


@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 if the database answers, the ledger is intact and each periodic task ran recently; otherwise 503."""
    parts: dict[str, dict[str, Any]] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts["database"] = {"ok": True}
        seen = last_beats()
        parts["ledger"] = {"ok": watch.standing().ok}
    except DatabaseError:
        parts["database"] = {"ok": False}
        parts["ledger"] = {"ok": False}
        seen = {}
    now = timezone.now()
    for name, late in LATE_AFTER.items():
        parts[name] = _part(seen.get(name), now, late)
    ok = all(part["ok"] for part in parts.values())
    return JsonResponse({"ok": ok, **parts}, status=200 if ok else 503)


health.policy = "public"  # type: ignore[attr-defined]


def _part(at: datetime | None, now: datetime, late: int) -> dict[str, Any]:
    if at is None:
        return {"ok": False, "seconds_ago": None}
    ago = int((now - at).total_seconds())
    return {"ok": ago <= late, "seconds_ago": ago}


# Sent when even the error page cannot be rendered.
TITLES = {
    "400": "That could not be read",
    "403": "You cannot do this",
    "404": "Page not found",
    "500": "Something went wrong here",
    "csrf": "This page was open too long",
    "too_much": "That was too long",
}


def error_page(name: str, status: int, why: str = "", typed: Sequence[str] = ()) -> HttpResponse:
    """Render templates/errors/<name>.html without the request, the user or the database."""
    try:
        body = render_to_string(
            f"errors/{name}.html", {"why": why, "typed": typed, "request_id": context.request_id.get()}
        )
    except Exception:  # an error page must not fail, except in tests
        if settings.TESTING:
            raise
        body = format_html(
            '<!doctype html><html lang="en-GB"><title>{0}</title><h1>{0}</h1></html>', TITLES[name]
        )
    return HttpResponse(body, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page("400", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403. Shows the exception's sentence (`why`) and the user's own text, if it carries them."""
    return error_page("403", 403, str(getattr(exception, "why", "")), getattr(exception, "typed", ()))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page("404", 404, typed=getattr(exception, "typed", ()))


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page("500", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from another site, or one whose session has ended."""
    return error_page("csrf", 403)
