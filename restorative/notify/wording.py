"""Forbidden words, length and reading age of messages (docs/domain.md, "Wording").
The outbox calls `forbidden` before each message to a participant; tests call `lint` on every template."""

import math
import re
import unicodedata
from collections.abc import Iterable

# Stems of words that reveal the subject, with their endings.
_WORDS = (
    r"alcohol(?:s|ics?|ism)?",
    r"drugs?",
    r"treatments?",
    r"recover(?:y|ies|ing)",
    r"rehab(?:s|ilitation)?",
    r"forward[\W_]*leeds",
    r"(?:5|five)[\W_]*ways",
    r"carers?",
    r"clinics?",
    r"restorative",
    r"referrals?",
    r"cases?",
)
_FORBIDDEN = re.compile(rf"(?<![^\W_])(?:{'|'.join(_WORDS)})(?![^\W_])", re.IGNORECASE)
# In a link or an address words run together, so they are searched for inside it.
_ADDRESS = re.compile(r"\S*(?:://|@|www\.|\w\.\w{2,}/?)\S*")
_IN_ADDRESS = re.compile(
    "alcohol|drug|treatment|recovery|rehab|forward-?leeds|(?:5|five)-?ways|carer|clinic|restorative|referral|(?<![a-z])case",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
# First names that are also ordinary words count only if they are written as names.
_EVERYDAY = frozenset(
    re.findall(
        r"\w+",
        """will may mark grace hope faith joy rose art bill sue pat jack dean drew frank gene guy jean june april august
        summer autumn dawn eve ivy lily olive penny rob rich sandy skip wade ray max miles chance amber pearl ruby
        robin jay dale glen heath cliff grant earl duke king""",
    )
)

MOST_PARTS = 2
OLDEST_READER = 9

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO = frozenset("\f^{}\\[~]|€")


def forbidden(text: str, other_names: Iterable[str] = ()) -> list[str]:
    """Problems in a text: each forbidden word, and whether it names another person."""
    plain = _plain(text)
    found = {match.group().lower() for match in _FORBIDDEN.finditer(plain)}
    for address in _ADDRESS.findall(plain):
        found |= {match.group().lower() for match in _IN_ADDRESS.finditer(address)}
    problems = [f"says “{word}”" for word in sorted(found)]
    if any(_names(plain, name) for name in other_names):
        problems.append("names another person")
    return problems


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
    kept = _ADDRESS.sub(" ", _plain(text))
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


def _plain(text: str) -> str:
    """The text as it looks: look-alike letters folded, invisible ones removed, spaces normalised."""
    folded = unicodedata.normalize("NFKC", text)
    visible = "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")
    return re.sub(r"[^\S\n]+", " ", visible)


def _names(text: str, name: str) -> bool:
    """Whether the text contains a name as whole words, with or without its accents."""
    name = _unaccented(_plain(name)).strip()
    if not name:
        return False
    everyday = name.lower() in _EVERYDAY
    text = _unaccented(_DATE.sub(" ", text) if everyday else text)
    if not everyday:
        return re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text, re.IGNORECASE) is not None
    as_name = rf"(?<![^\W_])(?:{re.escape(name.capitalize())}|{re.escape(name.upper())})(?![^\W_])"
    starts = re.compile(r"(?:^|[.!?:\n]\s*)$")
    return any(not starts.search(text[: match.start()]) for match in re.finditer(as_name, text))


def _unaccented(text: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )
