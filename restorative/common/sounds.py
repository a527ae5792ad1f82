"""Phonetic keys of names as pronounced in Leeds: equal for Catherine and Kathryn, Mohammed and Muhamad, Shaun and Sean.
Computed in Python, so every database gives the same result. Spelling is folded in names.py."""

import re

from restorative.common.names import fold

# Applied in order, each to the result of the one before: beginnings, then pairs of letters, then single letters.
SAME_SOUND = (
    (r"^(?:kn|gn|pn)", "n"),
    (r"^wr", "r"),
    (r"^wh", "w"),
    (r"^(?:ps|x)", "s"),
    (r"^s[ei](?=a|obh)", "x"),  # Sean, Siân, Siobhan
    (r"^bh", "b"),
    (r"ph|[bm]h|v", "f"),  # inside a word, as in Siobhan and Niamh
    (r"ch(?=[rlt])|kh|ck|qu?", "k"),
    (r"tch|sch|sh|sz|cz", "x"),
    (r"ngh", "ng"),  # Singh
    (r"gh(?=t|e?s|$)", ""),
    (r"dg(?=[eiy])|g(?=[eiy])", "j"),
    (r"mps", "ms"),  # Thompson
    (r"(?:th|dh)", "t"),
    (r"gh", "g"),
    (r"c(?=[eiy])", "s"),
    (r"c(?!h)", "k"),
    (r"z", "s"),
    (r"d$", "t"),  # Mohammed and Mohamet, Reid and Reit
)
# "ch" has two sounds: Rachel, Michael.
TWO_WAYS = (("ch", "x"), ("ch", "k"))
SILENT = re.compile(r"(?<=.)[aeiouhwy]")
TWICE = re.compile(r"(.)\1+")


def sound_keys(name: str) -> set[str]:
    """The keys of each word of a name, and of the whole name as one word. A word in another script is its own key."""
    words = fold(name).split()
    joined = ["".join(words)] if len(words) > 1 else []
    return {key for word in [*words, *joined] for key in _keys_of(word)}


def _keys_of(word: str) -> set[str]:
    if not (word.isascii() and word.isalpha()):
        return {word[:32]}
    for written, said in SAME_SOUND:
        word = re.sub(written, said, word)
    return {_bare(word.replace(written, said)) for written, said in TWO_WAYS}


def _bare(word: str) -> str:
    """The word without doubled letters and without vowels after the first letter; all initial vowels become one."""
    return SILENT.sub("", re.sub(r"^[aeiou]+", "a", TWICE.sub(r"\1", word)))[:32]
