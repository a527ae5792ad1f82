"""Middleware of every request: sign-in, policy, headers, ids and logs."""

import json
import logging
import re

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import path

from restorative import urls
from restorative.accounts.tests.makers import make_user
from restorative.logs import JsonFormatter
from restorative.middleware import policy_of

pytestmark = pytest.mark.django_db


def undeclared(request):
    return HttpResponse("reached")


def failing(request, word):
    raise ValueError("CANARY in an error's message")


def hidden(request):
    raise Http404


def shown(request):
    return HttpResponse("shown")


for view in (failing, hidden, shown):
    view.policy = "signed_in"

open_to_all = login_not_required(lambda request: HttpResponse("open"))
open_to_all.policy = "public"

urlpatterns = [
    *urls.urlpatterns,
    path("undeclared/", undeclared),
    path("undeclared-public/", login_not_required(lambda request: HttpResponse("reached"))),
    path("failing/<str:word>/", failing, name="failing"),
    path("hidden/", hidden),
    path("shown/", shown, name="shown"),
    path("open/", open_to_all),
]
handler400, handler403, handler404, handler500 = (
    urls.handler400,
    urls.handler403,
    urls.handler404,
    urls.handler500,
)


@pytest.fixture
def staff(client, settings):
    settings.ROOT_URLCONF = __name__
    client.force_login(make_user())
    client.raise_request_exception = False
    return client


def test_signing_in_is_needed_everywhere(client, settings):
    settings.ROOT_URLCONF = __name__
    for address in ("/shown/", "/undeclared/", "/"):
        response = client.get(address)
        assert (response.status_code, response.url) == (302, f"/sign-in/?next={address}")
    assert client.get("/open/").content == b"open"


@pytest.mark.parametrize("address", ["/undeclared/", "/undeclared-public/"])
def test_a_view_that_declared_no_policy_answers_403(staff, address):
    response = staff.get(address)
    assert response.status_code == 403
    assert b"reached" not in response.content


def test_every_view_declares_its_policy_and_the_public_ones_are_these():
    public = set()
    for pattern in every_pattern(urls.urlpatterns):
        policy = policy_of(pattern.callback)
        assert policy, f"{pattern.name or pattern.pattern} has no policy"
        assert (policy == "public") == (not getattr(pattern.callback, "login_required", True)), pattern.name
        if policy == "public":
            public.add(pattern.name)
    assert public == {"health", "account_login", "account_logout"}


def every_pattern(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from every_pattern(pattern.url_patterns)
        else:
            yield pattern


@pytest.mark.parametrize(
    "address", ["/shown/", "/open/", "/nowhere/", "/hidden/", "/failing/x/", "/undeclared/"]
)
def test_headers_on_every_response(staff, address):
    response = staff.get(address)
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])


def test_hidden_and_absent_look_the_same(staff):
    hidden_page, absent = staff.get("/hidden/"), staff.get("/nowhere/")
    assert hidden_page.status_code == absent.status_code == 404
    without_ids = [re.sub(r"[0-9a-f]{32}", "", page.content.decode()) for page in (hidden_page, absent)]
    assert without_ids[0] == without_ids[1]


def test_a_form_without_its_token_is_refused_with_help(staff):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = staff.cookies
    response = strict.post("/shown/", {"words": "typed"})
    assert response.status_code == 403
    assert b"open too long" in response.content


def test_a_strange_host_is_refused(staff):
    assert staff.get("/shown/", HTTP_HOST="evil.example").status_code == 400


class Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def lines():
    handler, loggers = Lines(), [logging.getLogger(), logging.getLogger("restorative")]
    levels = [logger.level for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield handler.lines
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def test_logs_hold_ids_and_routes_and_nothing_that_was_typed(staff, lines):
    staff.post("/failing/CANARY/?q=CANARY", {"name": "CANARY"}, HTTP_REFERER="http://testserver/CANARY")
    staff.get("/CANARY/?q=CANARY")
    staff.get("/shown/?q=CANARY")
    assert "CANARY" not in "".join(lines)
    written = [json.loads(line) for line in lines if "restorative.request" in line]
    failed, answered, _, shown_line = written
    assert failed["exception"] == "ValueError"
    assert any("in failing" in f"in {where.split()[-1]}" for where in failed["where"])
    assert failed["request"] == answered["request"]
    assert (answered["route"], answered["status"], answered["method"]) == ("failing", 500, "POST")
    assert (shown_line["route"], shown_line["status"]) == ("shown", 200)
    assert len(shown_line["user"]) == 36


def test_an_id_from_outside_is_taken_only_behind_a_proxy(staff, settings):
    assert staff.get("/shown/", HTTP_X_REQUEST_ID="abcdefgh-1234")["X-Request-ID"] != "abcdefgh-1234"
    settings.TRUSTED_PROXIES = 1
    assert staff.get("/shown/", HTTP_X_REQUEST_ID="abcdefgh-1234")["X-Request-ID"] == "abcdefgh-1234"
    assert (
        staff.get("/shown/", HTTP_X_REQUEST_ID="bad id\twith spaces")["X-Request-ID"] != "bad id\twith spaces"
    )
