"""Short and long forms of first names: Kate and Katherine, Danny and Daniel, Mo and Mohammed. English ones come from
the `nicknames` package, kept by genealogists; those it lacks of names common in Leeds stand here."""

from functools import lru_cache

from nicknames import NickNamer

from restorative.common.names import fold
from restorative.common.sounds import sound_keys

# Each row is one name, in its long and short forms.
ALSO = (
    ("agnieszka", "aga"),
    ("aleksandra", "alexander", "alexandra", "sasha", "ola"),
    ("anna", "ania"),
    ("barbara", "basia"),
    ("bartosz", "bartek"),
    ("dmitri", "dima"),
    ("eleanor", "nell", "nelly"),
    ("grzegorz", "grzesiek"),
    ("jakub", "kuba"),
    ("joanna", "asia"),
    ("katarzyna", "kasia"),
    ("krzysztof", "krzysiek"),
    ("magdalena", "magda"),
    ("malgorzata", "gosia"),
    ("mikhail", "misha"),
    ("mohammed", "mo", "mohd", "md"),
    ("natalia", "natasha"),
    ("piotr", "piotrek"),
    ("stanislaw", "staszek"),
    ("tomasz", "tomek"),
    ("vladimir", "vova", "volodya"),
    ("wojciech", "wojtek"),
    ("zbigniew", "zbyszek"),
)


@lru_cache(maxsize=1)
def _names() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=1)
def _also() -> list[tuple[set[str], tuple[str, ...]]]:
    """The rows above, each with the phonetic keys of its long form, and its short forms as they are written."""
    return [(sound_keys(row[0]), row) for row in ALSO]


def other_forms(name: str) -> set[str]:
    """The short and long forms of a first name, and the other short forms of its long ones; folded, without itself."""
    found: set[str] = set()
    for word in fold(name).split():
        long = set(_names().canonicals_of(word))
        found |= long | set(_names().nicknames_of(word))
        found |= {short for each in long for short in _names().nicknames_of(each)}
        sounds = sound_keys(word)
        for keys, row in _also():
            if word in row or sounds & keys:
                found.update(row)
        found.discard(word)
    return found
