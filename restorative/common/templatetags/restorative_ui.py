"""Template tags and filters: display of times and phone numbers, small helpers for components.
Presenters compute facts, not these.

    {% load restorative_ui %}  {{ meeting.starts_at|when }}  {{ day|day }}  {{ at|ago }}
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from restorative.common import clock
from restorative.common.forms import errors_as_list

register = template.Library()

TAG_CLASSES = {
    "ok": "govuk-tag--green",
    "due": "govuk-tag--yellow",
    "stop": "govuk-tag--red",
    "quiet": "govuk-tag--grey",
}


@register.filter
def when(moment: datetime | None) -> str:
    """'Tue 3 March, 2pm'; '' for none."""
    return clock.show_when(moment) if moment else ""


@register.filter
def day(value: date | datetime | None) -> str:
    """'Tue 3 March'; '' for none."""
    return clock.show_day(value) if value else ""


@register.filter
def ago(moment: datetime | None) -> str:
    """'5 minutes ago', 'yesterday'; '' for none."""
    return clock.ago(moment) if moment else ""


PHONE = re.compile(r"(\b0\d{2,4}(?: ?\d{3,4}){2}\b)")


@register.filter
def phones_whole(text: str) -> SafeString:
    """The text, escaped, with each phone number kept on one line."""
    parts = PHONE.split(str(text))
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<span class="rp-whole">{}</span>', part) if index % 2 else part,)
            for index, part in enumerate(parts)
        ),
    )


register.filter(errors_as_list)


@register.filter
def tag_class(tone: str) -> str:
    """The CSS class for a tone: ok, due, stop, quiet."""
    return TAG_CLASSES[tone]


@register.filter
def at(items: Sequence[Any], place: int) -> Any:
    """The item at that index; '' past the end."""
    return items[place] if place < len(items) else ""


@register.filter
def words(cell: Any) -> Any:
    """A cell's text: the cell itself, or its `text`."""
    return cell["text"] if isinstance(cell, dict) else getattr(cell, "text", cell)


CELL = {"text": "", "href": "", "tone": "", "numeric": False, "quiet": False, "whole": False}


@register.filter
def cells(row: Sequence[Any], heads: Sequence[Any]) -> list[dict[str, Any]]:
    """The cells of a table's row, each with all that the table asks of it and with the words of its head. A template
    is slow to look for what is not there: a table of a hundred rows takes half the time."""
    return [
        {**CELL, **_given(cell), "head": words(head)}
        for cell, head in zip(row, (*heads, *[""] * (len(row) - len(heads))), strict=False)
    ]


def _given(cell: Any) -> dict[str, Any]:
    """What a cell says of itself: a dictionary, an object with `text`, or the text alone."""
    if isinstance(cell, dict):
        return cell
    if not hasattr(cell, "text"):
        return {"text": cell}
    return {name: getattr(cell, name) for name in CELL if hasattr(cell, name)}


@register.simple_tag
def page_query(query: str, page: int) -> str:
    """The query string of a list with another page number."""
    kept = [(key, value) for key, value in parse_qsl(query, keep_blank_values=False) if key != "page"]
    return urlencode([*kept, ("page", page)])
