"""Each verb written to the ledger has plain words and belongs to one group. A new verb fails until it is listed."""

import ast
from collections.abc import Iterator

import pytest

from referrals.stages import STEPS
from reports.enums import CHANGED, EXPORTED, SAW, SEEN, SIGNED, WORDS
from tests.source import modules

# What writes an entry; the verb is the first argument.
WRITERS = {"record"}
# Verbs built at runtime: f"referral_{step}".
STEPPED = {f"referral_{name}" for name in STEPS}
# Functions with the same name that write no entry.
OTHERS = {"restorative.notify.sending"}


def verbs() -> Iterator[str]:
    """Every literal verb in the source."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and node.args and module.name not in OTHERS:
                name = ast.unparse(node.func).split(".")[-1]
                if name in WRITERS:
                    yield from _texts(node.args[0])
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


def test_verbs_and_plain_words_match_one_to_one():
    assert set(WORDS) == set(verbs()) | STEPPED


def test_the_groups_share_nothing():
    assert len(WORDS) == len(SAW) + len(EXPORTED) + len(SIGNED) + len(CHANGED)


@pytest.mark.parametrize("verb", sorted(WORDS))
def test_verbs_of_viewing_end_in_viewed(verb):
    assert verb.endswith(SEEN) == (verb in SAW or (verb in EXPORTED and verb.endswith(SEEN)))
