"""An order, bail or licence that bars contact, in words: kind, terms, who has seen it, end date.
The end date clears nothing; the page says to look at it again."""

from datetime import date, datetime
from typing import Any

from referrals.enums import ConcernKind, OrderKind
from referrals.models import Concern
from restorative.common import clock

Row = dict[str, Any]
NOT_WRITTEN = "Not written down yet"
NOT_SEEN = "Nobody yet"


def _ends(order: dict[str, Any]) -> date | None:
    return date.fromisoformat(order["ends_on"]) if order.get("ends_on") else None


def ended_on(concern: Concern, at: datetime) -> date | None:
    """The end date of an order that is over, if known; otherwise None."""
    if concern.kind != ConcernKind.ORDER or concern.cleared_at is not None:
        return None
    ends = _ends(concern.order or {})
    return ends if ends is not None and ends < clock.today(at) else None


def order_rows(concern: Concern, at: datetime) -> list[Row]:
    order = concern.order or {}
    if concern.kind != ConcernKind.ORDER:
        return []
    if not order.get("conditions"):
        return [{"key": "What it is", "value": NOT_WRITTEN}]
    rows = [
        {"key": "What it is", "value": str(OrderKind(order["kind"]).label)},
        {"key": "What it says", "value": order["conditions"]},
        {"key": "Document seen by", "value": order["seen_by"] or NOT_SEEN},
        {"key": "Ends", "value": _ends_words(concern, at)},
    ]
    if order.get("written_on"):
        day = clock.show_day(date.fromisoformat(order["written_on"]))
        rows.append({"key": "Written down", "value": f"{day}, by {order['written_by']}"})
    before = [_in_short(each) for each in order.get("before", [])]
    return [*rows, {"key": "Written down before", "value": "\n".join(before)}] if before else rows


def _ends_words(concern: Concern, at: datetime) -> str:
    if (over := ended_on(concern, at)) is not None:
        return f"Ended on {clock.show_day(over)}: look again. Its end alone clears nothing."
    ends = _ends(concern.order)
    return f"{clock.show_day(ends)}. Its end alone clears nothing." if ends else "Not known"


def _in_short(order: dict[str, Any]) -> str:
    ends = _ends(order)
    until = f", until {clock.show_day(ends)}" if ends else ""
    return f"{OrderKind(order['kind']).label}{until}: {order['conditions']}"
