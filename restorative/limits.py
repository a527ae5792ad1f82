"""A form that exceeds the size limits: what arrived is read anyway, and the view is told.
The limits are Django's, in settings.py."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.deprecation import MiddlewareMixin

MOST_READ = 16 * 1024 * 1024  # bytes to read of an oversized body: enough to give the text back
MOST_DRAINED = 64 * 1024 * 1024  # a response sent before the whole body was read may never arrive
CHUNK = 1024 * 1024


class BodyLimits(MiddlewareMixin):
    """Runs before other middleware reads the form. Form views handle `request.too_much`; other views are skipped."""

    def process_request(self, request: HttpRequest) -> None:
        if request.method == "POST":
            try:
                request.POST  # noqa: B018 - reading it raises
            except (RequestDataTooBig, TooManyFieldsSent) as error:
                request.too_much = _why(error)  # type: ignore[attr-defined]
                _take_what_came(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        from restorative.views import error_page

        if not hasattr(request, "too_much") or hasattr(getattr(view, "view_class", None), "drafted"):
            return None
        return error_page("too_much", 413, request.too_much)


def _why(error: Exception) -> str:
    if isinstance(error, TooManyFieldsSent):
        return f"This form came with more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} answers, so it was not saved."
    megabytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // (1024 * 1024)
    return f"This is too long to be saved: together it is more than {megabytes} MB, many thousand pages."


def _take_what_came(request: HttpRequest) -> None:
    """Put into request.POST what can be read; the end of a cut text may be missing."""
    body = request._body if hasattr(request, "_body") else _read(request)
    data = QueryDict(mutable=True)
    if request.content_type == "application/x-www-form-urlencoded":
        pairs = parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, errors="replace")
        for name, value in pairs[: settings.DATA_UPLOAD_MAX_NUMBER_FIELDS]:
            data.appendlist(name, value)
    data._mutable = False
    request.POST = data  # type: ignore[misc]
    request._files = MultiValueDict()  # type: ignore[attr-defined]


def _read(request: HttpRequest) -> bytes:
    try:
        body = request.read(MOST_READ)
        drained = len(body)
        while drained < MOST_DRAINED and (more := request.read(CHUNK)):
            drained += len(more)
    except OSError:
        return b""
    return body
