"""Helpers for tests of pages about one person: URLs, forms as a browser sends them, and a whole talk."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.enums import READINESS_QUESTIONS, SAFETY_QUESTIONS
from referrals.models import Party
from restorative.accounts.models import User
from tests.stories import tell

START = {"alone": "yes", "helped": "no", "how": "in_person"}
SAFE = dict.fromkeys(SAFETY_QUESTIONS, "no")
ROUTE = {
    "kind": "text",
    "value": "07700 900123",
    "read_by_others": "no",
    "days": "any",
    "hours": "any",
    "voicemail": "no",
    "cover": "It’s Asha, about Thursday.",
}
READY = {**dict.fromkeys(READINESS_QUESTIONS, "yes"), "judgement": "ready"}
PAGES = (
    "party",
    "talk",
    "approach",
    "routes",
    "consent",
    "withdraw",
    "preparation",
    "readiness",
    "readiness_accept",
    "ratings",
    "capacity",
    "safety",
    "safety_ask",
    "concern",
    "keyworker",
    "person_leave",
    "invite",
)
PATHS = {
    "party": "",
    "consent": "consent/new/",
    "readiness_accept": "readiness/accept/",
    "safety_ask": "safety/ask/",
    "concern": "safety/concern/",
    "person_leave": "leave/",
}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def play(name: str, staff: Staff, at: datetime | None = None) -> Played:
    """A situation of the demo, as of now."""
    return tell(name, staff, at or timezone.now())


def path(made: Played, party: Party, page: str = "party", tail: str = "") -> str:
    """The URL of a page about one person."""
    return f"/r/{made.referral.reference}/people/{party.pk}/{PATHS.get(page, f'{page}/')}{tail}"


def send(client: Client, where: str, typed: dict[str, Any] | None = None, **more: Any) -> Any:
    """Submit a form once, with a new token unless one is given."""
    return client.post(where, {"submission": str(uuid4()), **(typed or {}), **more})


def words_key(other: Party) -> str:
    """The field name of the answer about the words to reach a person."""
    return f"words_{other.pk.hex}"


def whole_talk(made: Played) -> dict[str, str]:
    """A whole talk with the person who asked first, without problems."""
    key = words_key(made.other)
    return {
        **START,
        **SAFE,
        **ROUTE,
        **READY,
        "take_part": "yes",
        key: "yes",
        f"{key}_note": f"Hello {made.other.known_as}, can we talk?",
        "hopes": "To be heard.",
    }


def errors_of(response: Any) -> dict[str, list[str]]:
    """The errors of the form on a page, by field; '' is the form as a whole."""
    return {
        field.replace("__all__", ""): [str(text) for text in texts]
        for field, texts in response.context["form"].errors.items()
    }


def rows(model: type, party: Party) -> Any:
    """Every row of one party."""
    return model.objects.unscoped("test").filter(party=party)
