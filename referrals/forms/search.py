"""What somebody typed into a search box, made safe to look for."""

from django.core.exceptions import ValidationError

from restorative.common.formfields import clean_text

LONGEST = 100


def read_query(text: str) -> tuple[str, bool]:
    """The words to look for, and whether they could be understood. Nonsense is dropped, never an error page."""
    try:
        words = " ".join(clean_text(text[: LONGEST * 4]).split())
    except ValidationError:
        return "", False
    return (words, True) if len(words) <= LONGEST else ("", False)
