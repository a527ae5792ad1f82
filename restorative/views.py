"""The health page and the pages shown when something went wrong. They must work when little else does."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from restorative.common.heartbeat import last_beats

# Seconds without a sign of life before somebody must look.
LATE_AFTER = {"sweep": 300, "beat": 300, "seal": 300}


@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Whether the database answers and the sweep, the sealer and beat were seen lately. 503 when not."""
    parts: dict[str, dict[str, Any]] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts["database"] = {"ok": True}
        seen = last_beats()
    except DatabaseError:
        parts["database"] = {"ok": False}
        seen = {}
    now = timezone.now()
    for name, late in LATE_AFTER.items():
        parts[name] = _part(seen.get(name), now, late)
    ok = all(part["ok"] for part in parts.values())
    return JsonResponse({"ok": ok, **parts}, status=200 if ok else 503)


health.policy = "public"


def _part(at: datetime | None, now: datetime, late: int) -> dict[str, Any]:
    if at is None:
        return {"ok": False, "seconds_ago": None}
    ago = int((now - at).total_seconds())
    return {"ok": ago <= late, "seconds_ago": ago}


def home(request: HttpRequest) -> HttpResponse:
    """The first page after signing in: the caseload, until there is My work."""
    return redirect("referrals:list")


home.policy = "signed_in"

TITLES = {
    400: ("We could not read what was sent", "Go back and try again. What you typed should still be there."),
    403: ("You cannot do this", "Your role does not allow it, or the page was open too long."),
    404: ("Page not found", "Check the address, or search for the reference or the name."),
    500: (
        "Something went wrong",
        "It is our fault, not yours. Nothing you saved is lost. Try again in a minute.",
    ),
}


def error_page(request: HttpRequest, status: int, why: str = "") -> HttpResponse:
    """The page for a status: templates/errors/<status>.html, or plain HTML if even that fails."""
    title, help_text = TITLES[status]
    values = {"title": title, "why": why, "help_text": help_text, "status": status}
    try:
        body = render_to_string(f"errors/{status}.html", values, request=request)
    except Exception as error:  # an error page must not fail, except where somebody is there to mend it
        if settings.TESTING and not isinstance(error, TemplateDoesNotExist):
            raise
        body = format_html(
            '<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>{}</title><h1>{}</h1><p>{}</p>'
            '<p><a href="{}">Go to the first page</a></p></html>',
            title,
            title,
            why or help_text,
            _first_page(),
        )
    return HttpResponse(body, status=status)


def _first_page() -> str:
    try:
        return reverse("home")
    except NoReverseMatch:
        return "/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403, str(getattr(exception, "why", "")))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from another site, or one left open until its session had ended."""
    return error_page(
        request,
        403,
        "This form was open too long or came from somewhere else. Go back, reload and send it again.",
    )
