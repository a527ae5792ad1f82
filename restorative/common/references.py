"""Random references such as RP-7K3M-9Q, without order, date or meaning; and parsing of references and ids."""

import re
import secrets
from uuid import UUID

# No 0/O, 1/I/L, 5/S, 8/B, U or V: references are read aloud and written down in busy clinics.
ALPHABET = "234679ACDEFGHJKMNPQRTWXYZ"
PATTERN = re.compile(rf"^RP-?([{ALPHABET}]{{4}})-?([{ALPHABET}]{{2}})$")


def new_reference() -> str:
    """A new random reference, 'RP-XXXX-XX' (25^6 values). A unique constraint in the database prevents repeats."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"RP-{letters[:4]}-{letters[4:]}"


def read_reference(text: str) -> str | None:
    """A typed reference in its stored form, or None: 'rp7k3m9q' is RP-7K3M-9Q."""
    match = PATTERN.match(re.sub(r"\s+", "", text).upper())
    return f"RP-{match[1]}-{match[2]}" if match else None


def begin_reference(text: str) -> str | None:
    """The beginning of a typed reference in its stored form, or None: '7k3m9' is RP-7K3M-9."""
    letters = re.sub(r"[\s-]+", "", text).upper().removeprefix("RP")
    if not re.fullmatch(rf"[{ALPHABET}]{{1,6}}", letters):
        return None
    return f"RP-{letters[:4]}-{letters[4:]}" if letters[4:] else f"RP-{letters}"


def read_id(text: str | None) -> UUID | None:
    """The id that a button submitted, or None."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
