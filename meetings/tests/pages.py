"""Helpers for tests of pages: a signed-in user, forms as a browser submits them, comparison of pages."""

import re
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.test import Client

from meetings.demo.story import Played
from meetings.models import Meeting, Venue
from restorative.accounts.models import User
from restorative.common import clock

# What differs between two views of the same page: the form's tokens, and the request's id on an error page.
TOKENS = re.compile(r'(name="(?:csrfmiddlewaretoken|submission)" value=")[^"]*|\b[0-9a-f]{32}\b')


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(made: Played, page: str = "") -> str:
    """The URL of a page of the referral's newest meeting."""
    meeting = Meeting.objects.unscoped("test").filter(referral=made.referral).latest("created_at")
    return f"/r/{made.referral.reference}/meetings/{meeting.pk}/{page}"


def planner(made: Played) -> str:
    return f"/r/{made.referral.reference}/meetings/new/"


def send(client: Client, path: str, **typed: Any) -> Any:
    """Submit a form once, with a new token unless one is given."""
    return client.post(path, {"submission": str(uuid4()), **typed})


def plan(start: datetime, /, *, room: int = 0, **changes: Any) -> dict[str, Any]:
    """A completed planner, ready for booking."""
    local = clock.local(start)
    venue = Venue.objects.filter(organisation__key="forward-leeds").order_by("name")[room]
    return {
        "on": f"{local:%Y-%m-%d}",
        "starts_at": f"{local:%H:%M}",
        "ends_at": "",
        "venue": str(venue.pk),
        "kind": "conversation",
        "book": "1",
        **changes,
    }


def text_of(response: Any) -> str:
    """A page without what differs between two views of it, and without blank lines."""
    shown = TOKENS.sub(r"\1", response.content.decode())
    return "\n".join(line.strip() for line in shown.splitlines() if line.strip())


def errors_of(response: Any) -> dict[str, list[str]]:
    """The errors of the form on a page, by field; '' is the form as a whole."""
    return {
        field.replace("__all__", ""): [str(text) for text in texts]
        for field, texts in response.context["form"].errors.items()
    }
