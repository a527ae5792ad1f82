"""Each verb that is written to the ledger is said in plain words, in one group. A new one fails until it is named."""

import ast
from collections.abc import Iterator

import pytest

from referrals.stages import STEPS
from reports.enums import CHANGED, EXPORTED, SAW, SEEN, SIGNED, WORDS
from tests.source import modules

# Functions that write an entry with the verb they are given first.
WRITERS = {"record", "audit", "note", "_record_action"}
# Written with a name that is put together: f"referral_{step}".
STEPPED = {f"referral_{name}" for name in STEPS}
# Functions of the same name that write no entry.
OTHERS = {"restorative.notify.sending"}


def verbs() -> Iterator[str]:
    """Every verb that stands in the source, whole."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and node.args and module.name not in OTHERS:
                name = ast.unparse(node.func).split(".")[-1]
                verb = node.args[1] if name == "note" and len(node.args) > 1 else node.args[0]
                if name in WRITERS:
                    yield from _texts(verb)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(ast.unparse(target).split(".")[-1] == "audit_verb" for target in targets):
                    yield from _texts(node.value)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def test_every_verb_has_its_words_and_every_word_its_verb():
    assert set(WORDS) == set(verbs()) | STEPPED


def test_the_groups_share_nothing():
    assert len(WORDS) == len(SAW) + len(EXPORTED) + len(SIGNED) + len(CHANGED)


@pytest.mark.parametrize("verb", sorted(WORDS))
def test_what_was_seen_is_told_by_how_its_verb_ends(verb):
    assert verb.endswith(SEEN) == (verb in SAW or (verb in EXPORTED and verb.endswith(SEEN)))
