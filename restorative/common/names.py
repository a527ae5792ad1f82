"""The same name however it is written: capitals, accents, apostrophes and double names with a hyphen do not matter.
How names are shown is not decided here."""

import unicodedata

# Letters that no accent can be taken from.
ALONE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
BETWEEN = "|"  # the first name and the family name; no name holds it


def fold(name: str) -> str:
    """A name with nothing but its letters and single spaces, in small letters without accents."""
    apart = unicodedata.normalize("NFKD", name.casefold().translate(ALONE))
    letters = (letter for letter in apart if not unicodedata.combining(letter))
    words = "".join(letter if letter.isalnum() else "" if letter in "'’`." else " " for letter in letters)
    return " ".join(words.split())


def name_key(given: str, family: str) -> str:
    """'zoe|obrien' for Zoë O’Brien: equal for the same name however it was typed."""
    return f"{fold(given)}{BETWEEN}{fold(family)}"
