"""How a name sounds in Leeds: the same key for Catherine and Kathryn, Mohammed and Muhamad, Shaun and Sean.
The same on every database because it is worked out here. How names are written alike is in names.py."""

import re

from restorative.common.names import fold

# Read in order, each on what the one before left: first the beginnings, then pairs of letters, then single ones.
SAME_SOUND = (
    (r"^(?:kn|gn|pn)", "n"),
    (r"^wr", "r"),
    (r"^wh", "w"),
    (r"^(?:ps|x)", "s"),
    (r"^s[ei](?=a|obh)", "x"),  # Sean, Siân, Siobhan
    (r"^bh", "b"),
    (r"ph|[bm]h|v", "f"),  # and inside a word as in Siobhan and Niamh
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
# "ch" is said in two ways: Rachel, Michael.
TWO_WAYS = (("ch", "x"), ("ch", "k"))
SILENT = re.compile(r"(?<=.)[aeiouhwy]")
TWICE = re.compile(r"(.)\1+")


def sound_keys(name: str) -> set[str]:
    """The keys of each word of a name, and of all of it in one word. A word in another script stands for itself."""
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
    """Without doubled letters, and without vowels after the first letter; all vowels that begin a word are one."""
    return SILENT.sub("", re.sub(r"^[aeiou]+", "a", TWICE.sub(r"\1", word)))[:32]
