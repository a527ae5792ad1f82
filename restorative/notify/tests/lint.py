"""Length and reading age of messages to participants (docs/domain.md, "Wording"), beside the forbidden words."""

import math
import re
from collections.abc import Iterable

from restorative.notify.wording import forbidden

MOST_PARTS = 2
OLDEST_READER = 9

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO = frozenset("\f^{}\\[~]|€")


def lint(text: str, other_names: Iterable[str] = (), *, is_text: bool = True) -> list[str]:
    """All problems of a message to a participant: forbidden words, more than two parts, hard to read."""
    problems = forbidden(text, other_names)
    encoding, count = parts(text)
    if is_text and count > MOST_PARTS:
        problems.append(f"takes {count} parts as a text ({encoding}); at most {MOST_PARTS}")
    age = reading_age(text)
    if age >= OLDEST_READER:
        problems.append(f"reads for age {age:.0f}; it must be under {OLDEST_READER}")
    return problems


def parts(text: str) -> tuple[str, int]:
    """How a text is encoded, GSM-7 or UCS-2, and how many parts it takes."""
    if all(letter in _GSM or letter in _GSM_TWO for letter in text):
        sizes = [2 if letter in _GSM_TWO else 1 for letter in text]
        return "GSM-7", _count(sizes, single=160, each=153)
    sizes = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    return "UCS-2", _count(sizes, single=70, each=67)


def _count(sizes: list[int], *, single: int, each: int) -> int:
    if sum(sizes) <= single:
        return 1
    count, room = 1, each
    for size in sizes:
        if size > room:  # a letter of two units is not split between parts
            count, room = count + 1, each
        room -= size
    return count


def reading_age(text: str) -> float:
    """The reading age: Flesch–Kincaid grade plus 5, without links, numbers and times."""
    kept = re.sub(r"\S*(?:://|@|www\.|\w\.\w{2,}/?)\S*", " ", text)
    kept = re.sub(r"\d+(?:\.\d+)?(?:am|pm)?", " ", kept)
    sentences = [
        words for part in re.split(r"[.!?\n]+", kept) if (words := re.findall(r"[A-Za-zÀ-ÿ’']+", part))
    ]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return 5.0
    grade = 0.39 * len(words) / len(sentences) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59
    return max(5.0, math.floor((grade + 5) * 10) / 10)


def _syllables(word: str) -> int:
    word = re.sub(r"[’'].*$", "", word.lower()) or "a"
    if len(word) > 3:
        word = re.sub(r"(?:(?<![td])ed|(?<![aeiouyl])e|(?<![szxc])es)$", "", word)
    return max(1, len(re.findall(r"[aeiouyà-ÿ]+", word)))
