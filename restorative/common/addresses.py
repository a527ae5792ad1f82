"""The same number, email or postal address however it was written. Where in doubt two are taken for one: what follows
from it is only that nothing is sent. How they are typed and shown is in formfields.py."""

import re

import phonenumbers

from restorative.common.fields import keyed_hash
from restorative.common.names import fold

STREETS = {
    "st": "street",
    "str": "street",
    "rd": "road",
    "ave": "avenue",
    "av": "avenue",
    "ln": "lane",
    "dr": "drive",
    "cl": "close",
    "ct": "court",
    "cres": "crescent",
    "crsnt": "crescent",
    "pl": "place",
    "sq": "square",
    "terr": "terrace",
    "ter": "terrace",
    "gdns": "gardens",
    "gdn": "gardens",
    "grv": "grove",
    "gr": "grove",
    "mt": "mount",
    "pk": "park",
    "wy": "way",
}
KINDS = {*STREETS.values(), "view", "walk", "row", "hill", "green", "rise", "mews", "yard", "gate"}
# A flat's neighbours share the door the post comes through.
FLAT = re.compile(r"\b(?:flat|apartment|apt|unit|room)\s+\w{1,4}\b")
POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b")
TOWNS = re.compile(r"\b(?:leeds|bradford|wakefield|west yorkshire|yorkshire|england|uk)\b")


def contact_keys(value: str) -> set[str]:
    """Every key under which something typed may have been stored, whichever kind it is of."""
    return {contact_key(value), contact_key(value, post=True)} - {""}


def contact_key(value: str, *, post: bool = False) -> str:
    """A keyed hash, the same for the same number or address. Empty for nothing. `post` reads it as a postal one."""
    found = _post(value) if post else _email(value) if "@" in value else _phone(value)
    return keyed_hash(found) if found else ""


def _phone(value: str) -> str:
    try:
        number = phonenumbers.parse(value, "GB")
    except phonenumbers.NumberParseException:
        return fold(value).replace(" ", "")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(value: str) -> str:
    """Without capitals, dots and what follows a plus: many providers deliver all of these to one box."""
    local, _, domain = value.strip().casefold().rpartition("@")
    local = local.partition("+")[0].replace(".", "") or local
    return f"{local}@{'gmail.com' if domain == 'googlemail.com' else domain}"


def _post(value: str) -> str:
    """House and street where both can be told, else all of it but town and postcode, without spaces."""
    text = FLAT.sub(" ", fold(value.replace(",", " ").replace("/", " ")))
    words = TOWNS.sub(" ", POSTCODE.sub(" ", text)).split()
    first = next((index for index, word in enumerate(words) if word[0].isdigit()), 0)
    words = words[first:] or text.split()  # what stands before the house is a name
    return "".join(_to_the_street(words))


def _to_the_street(words: list[str]) -> list[str]:
    """Up to the word that ends a street's name: 'st' does at its end, and is a saint where it begins one."""
    named = False
    for index, word in enumerate(words):
        if named and STREETS.get(word, word) in KINDS:
            return [*words[:index], STREETS.get(word, word)]
        named = named or not word[0].isdigit()
    return words
