"""The ledger's filters, read from the address. Values that are not understood are dropped and named."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from restorative.common.formfields import clean_text, read_date
from restorative.common.references import read_id, read_reference

LONGEST = 100


def read_about(text: str) -> str:
    """A complete reference or id in its stored form, or ''. Parts are not accepted."""
    if len(text) > LONGEST:
        return ""
    typed = clean_text(text)
    if reference := read_reference(typed):
        return reference
    found = read_id(typed)
    return str(found) if found else ""


def read_ledger_filters(
    given: Mapping[str, str], groups: Collection[str], workers: Collection[UUID]
) -> tuple[dict[str, Any], list[str]]:
    """The filters, and the labels of those that were not understood."""
    dropped: list[str] = []

    def read(name: str, label: str, take: Callable[[str], Any]) -> Any:
        text = given.get(name, "").strip()
        if not text:
            return None
        try:
            found = take(text[: LONGEST + 1])
        except ValidationError:
            found = None
        if not found:
            dropped.append(label)
        return found or None

    def read_worker(text: str) -> UUID | None:
        found = read_id(text)
        return found if found in workers else None

    found = {
        "did": read("did", "what was done", lambda text: text if text in groups else None) or "",
        "worker": read("worker", "worker", read_worker),
        "about": read("about", "referral or person", read_about) or "",
        "since": read("since", "first day", _day),
        "until": read("until", "last day", _day),
    }
    if found["since"] and found["until"] and found["until"] < found["since"]:
        found["since"] = found["until"] = None
        dropped.append("days, as the last is before the first")
    return found, dropped


def _day(text: str) -> date:
    return read_date(clean_text(text))
