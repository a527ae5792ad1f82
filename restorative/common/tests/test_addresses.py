"""One phone number, mailbox or house has one key, however it was written; different ones have different keys."""

import pytest

from restorative.common.addresses import contact_key, contact_keys

PHONES = ["+447700900123", "07700 900123", "07700-900 123", "+44 (0)7700 900123", "0044 7700 900123"]
EMAILS = ["jo.smith@example.org", "JoSmith@Example.org", "jo.smith+news@example.org", " josmith@example.org "]
DOORS = [
    "12 Made Up Street, Leeds LS12 1AB",
    "12 Made Up St., LS12 1AB",
    "12, made-up street, Armley, Leeds, ls121ab",
    "Jo Example, 12 Made Up Street, Leeds",
    "Flat 3, 12 Made Up Street, Leeds",
    "12 Made Up St, Flat 4, West Yorkshire",
]
ROADS = ["5 St Mary's Road, Leeds", "5 St Marys Rd Leeds LS7 4AA"]
NAMED = ["Rose Cottage, Mill Lane, Otley LS21 1AB", "rose cottage, Mill Ln, Otley"]
APART = [
    "12 Made Up Street",
    "14 Made Up Street",
    "12 Made Up Road",
    "12a Made Up Street",
    "5 St Mary's Road",
    "5 St John's Road",
    "5 Street Lane",
    "Rose Cottage, Mill Lane",
    "Ivy Cottage, Mill Lane",
    "PO Box 12",
    "PO Box 13",
]


@pytest.mark.parametrize("same", [PHONES, EMAILS, ["a@gmail.com", "A@googlemail.com"]])
def test_the_same_number_or_box(same: list[str]) -> None:
    assert len({contact_key(each) for each in same}) == 1


@pytest.mark.parametrize("same", [DOORS, ROADS, NAMED])
def test_the_same_door(same: list[str]) -> None:
    assert len({contact_key(each, post=True) for each in same}) == 1


def test_different_addresses_have_different_keys() -> None:
    assert len({contact_key(each, post=True) for each in APART}) == len(APART)
    phones = [
        "07700 900123",
        "07700 900124",
        "0113 496 0123",
        "jo@example.org",
        "jo@example.com",
        "mo@example.org",
    ]
    assert len({contact_key(each) for each in phones}) == len(phones)


def test_only_an_empty_value_has_no_key() -> None:
    assert contact_key("") == contact_key("", post=True) == ""
    for typed in ("@", "+", "ring the shop", "\U0001f600x", "12"):
        assert len(contact_key(typed)) in (0, 64)
    assert contact_keys("12 Made Up Street") >= {contact_key("12 Made Up St", post=True)}
