"""Keys that are equal for the same name, whatever its capitals, accents, apostrophes and hyphens.
Display of names is not decided here."""

import unicodedata

# Letters that Unicode does not decompose.
ALONE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
LONGEST_WORD = 100
BETWEEN = "|"  # between first name and family name; no name contains it


def fold(name: str) -> str:
    """A name in lower case, without accents, with only its letters and single spaces."""
    apart = unicodedata.normalize("NFKD", name.casefold().translate(ALONE))
    letters = (letter for letter in apart if not unicodedata.combining(letter))
    words = "".join(letter if letter.isalnum() else "" if letter in "'’`." else " " for letter in letters)
    return " ".join(words.split())


def name_words(*names: str) -> list[str]:
    """The words of these names, folded and no longer than they are kept: 'Anna-Lena O’Brien' is anna, lena, obrien."""
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in fold(" ".join(names)).split()))


def name_key(given: str, family: str) -> str:
    """'zoe|obrien' for Zoë O’Brien; equal for the same name, however it was typed."""
    return f"{fold(given)}{BETWEEN}{fold(family)}"
