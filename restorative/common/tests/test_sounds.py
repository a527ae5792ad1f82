"""Names that sound alike share a key; other names share none."""

import pytest

from restorative.common.sounds import sound_keys

ALIKE = [
    "Catherine Kathryn Katherine Cathrin",
    "Mohammed Muhammad Mohamed Mohamad Mohamud",
    "Shaun Sean Shawn Siân",
    "Siobhan Siobhán Shivaun",
    "Stephen Steven Stefan",
    "Philip Filip Phillip",
    "Geoffrey Jeffrey",
    "Gillian Jillian",
    "Wright Right",
    "Knight Night",
    "Smith Smyth",
    "Thompson Thomson",
    "Rachel Rachael",
    "Michael Mikael",
    "Nicholas Nicolas",
    "Hussain Hussein",
    "Aisha Ayesha Aysha",
    "Niamh Neve",
    "Graham Graeme",
    "Zoë Zoe ZOE",
    "Łukasz Lukasz",
    "Agnieszka Agneshka",
    "O’Brien OBrian",
    "Singh Sing",
    "Reid Reed Read",
    "Иван иван",
]
APART = ["Sam Pat", "Mohammed Matthew", "Khan Singh", "Rachel Ruth", "Anna Hannah", "Иван Олег", "李 王"]


@pytest.mark.parametrize("names", ALIKE)
def test_spellings_of_one_name_share_a_key(names: str) -> None:
    assert set.intersection(*(sound_keys(name) for name in names.split()))


@pytest.mark.parametrize("names", APART)
def test_different_names_share_no_key(names: str) -> None:
    first, second = names.split()
    assert not sound_keys(first) & sound_keys(second)


def test_a_double_name_is_found_by_each_part_and_in_one_word() -> None:
    double = sound_keys("Anne-Marie")
    assert double & sound_keys("Annemarie")
    assert double & sound_keys("Marie")


@pytest.mark.parametrize("name", ["", " ", "'", "x" * 500, "\U0001f600", "a\u0301" * 200])
def test_any_text_gives_short_keys(name: str) -> None:
    assert all(0 < len(key) <= 32 for key in sound_keys(name))
