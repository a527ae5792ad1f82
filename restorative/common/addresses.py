"""Keys that are equal for the same phone number, email or postal address, however it was written. Doubtful cases
count as equal: the only effect is that nothing is sent. Input and display of addresses are in formfields/."""

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
# Flats of one house share a letterbox.
FLAT = re.compile(r"\b(?:flat|apartment|apt|unit|room)\s+\w{1,4}\b")
POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b")
TOWNS = re.compile(r"\b(?:leeds|bradford|wakefield|west yorkshire|yorkshire|england|uk)\b")


def contact_keys(value: str) -> set[str]:
    """All keys that typed text may have been stored under, as a phone number, an email or a postal address."""
    return {contact_key(value), contact_key(value, post=True)} - {""}


def contact_key(value: str, *, post: bool = False) -> str:
    """A keyed hash, equal for the same number or address; '' for no value. `post` means a postal address."""
    found = _post(value) if post else _email(value) if "@" in value else _phone(value)
    return keyed_hash(found) if found else ""


def _phone(value: str) -> str:
    try:
        number = phonenumbers.parse(value, "GB")
    except phonenumbers.NumberParseException:
        return fold(value).replace(" ", "")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(value: str) -> str:
    """Lower case, without dots and the part after a plus: many providers deliver all of these to one mailbox."""
    local, _, domain = value.strip().casefold().rpartition("@")
    local = local.partition("+")[0].replace(".", "") or local
    return f"{local}@{'gmail.com' if domain == 'googlemail.com' else domain}"


def _post(value: str) -> str:
    """House and street if both are recognised, otherwise everything except town and postcode; without spaces."""
    text = FLAT.sub(" ", fold(value.replace(",", " ").replace("/", " ")))
    words = TOWNS.sub(" ", POSTCODE.sub(" ", text)).split()
    first = next((index for index, word in enumerate(words) if word[0].isdigit()), 0)
    words = words[first:] or text.split()  # text before the house number is a name
    return "".join(_to_the_street(words))


def _to_the_street(words: list[str]) -> list[str]:
    """The words up to the end of the street's name. 'st' ends a name as "street", and begins one as "saint"."""
    named = False
    for index, word in enumerate(words):
        if named and STREETS.get(word, word) in KINDS:
            return [*words[:index], STREETS.get(word, word)]
        named = named or not word[0].isdigit()
    return words
