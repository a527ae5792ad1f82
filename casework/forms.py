"""Validates the text of a search box."""

from django.core.exceptions import ValidationError

from restorative.common.formfields import clean_text

LONGEST = 100


def read_query(text: str) -> tuple[str, bool]:
    """The search text, and whether it was valid. Invalid text is dropped and never causes an error page."""
    try:
        words = " ".join(clean_text(text[: LONGEST * 4]).split())
    except ValidationError:
        return "", False
    return (words, True) if len(words) <= LONGEST else ("", False)
