"""Words that no message may contain (docs/domain.md, "Wording"). The outbox calls `forbidden` before each message to a
participant; tests measure the length and reading age of every template (tests/lint.py)."""

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
