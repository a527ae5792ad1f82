"""What every action does, read from the source: it asks for a permission, it writes a ledger entry, and it writes only
through its change, so that the facts it decides on are current."""

import ast
from collections.abc import Callable, Iterator

from tests.source import Module, modules
from tests.test_arrows import kind_of_room

# Actions that ask for no permission themselves, each with its reason. One that no longer needs it fails.
ASKS_NOTHING = {
    "referrals.actions.records.decide_and_ask": "each of the two actions in it asks",
}
# Actions whose entries are written by the actions inside them.
NO_ENTRY = {
    "referrals.actions.talk.save_talk": "one for each part of the talk",
}
# These say what an action would refuse, and write nothing.
CHECKS = {"check_booking", "check_move", "check_asking"}
# Writes past the change, each with its reason. One that is no longer needed fails.
UNSEEN = "no version moves: it would reveal that a safeguarding lead was at work"
PAST_THE_CHANGE = {
    ("referrals.actions.intake.log_referral", "create"): "there is no referral to lock yet",
    ("referrals.actions.death.record_death", "update"): "one person, in several referrals that are locked",
    ("referrals.actions.forgetting._nobody", "save"): "saving takes the keys of the name away too",
    ("referrals.actions.matching.keep_name_keys", "bulk_create"): "no rule reads the keys of names",
    ("referrals.actions.matching.match_names", "bulk_create"): UNSEEN,
    ("referrals.actions.matching.match_names", "update"): UNSEEN,
    ("referrals.actions.records.finish_records_check", "update"): UNSEEN,
    ("referrals.actions.records._wait_again", "update"): UNSEEN,
    ("referrals.actions.protecting.look_at_share", "update"): UNSEEN,
    ("referrals.actions.sheets.publish_sheet", "create"): "a sheet is of no single referral",
    ("referrals.actions.sheets.publish_sheet", "update"): "a sheet is of no single referral",
}
WRITES = {"create", "save", "update", "delete", "bulk_create", "bulk_update", "get_or_create"}


def acting() -> list[Module]:
    """The modules of actions, but for the one of the change itself."""
    found = [module for module in modules() if kind_of_room(module.room) == "actions"]
    return [module for module in found if module.name != "referrals.actions.change"]


def functions(module: Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in module.tree.body if isinstance(node, ast.FunctionDef)}


def calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def called(call: ast.Call) -> str:
    """The last name of what is called: 'record' for change.record(…)."""
    return ast.unparse(call.func).split(".")[-1]


def public_actions() -> Iterator[tuple[str, Module, ast.FunctionDef]]:
    """Functions that take `by` and `at` by name."""
    for module in acting():
        for name, node in functions(module).items():
            given = {each.arg for each in node.args.kwonlyargs}
            if {"by", "at"} <= given and not name.startswith("_") and name not in CHECKS:
                yield f"{module.name}.{name}", module, node


def reaches(module: Module, node: ast.AST, wanted: Callable[[str], bool], seen: set[str]) -> bool:
    """Whether a function calls something wanted, itself or through functions of its own module."""
    for call in calls(node):
        name = called(call)
        if wanted(name):
            return True
        inner = functions(module).get(name)
        if inner is not None and name not in seen and reaches(module, inner, wanted, {*seen, name}):
            return True
    return False


def asks(call: ast.Call) -> bool:
    """Whether a call asks for a permission: access.may_…(by, …), or changing_party, which asks for the party."""
    return called(call) == "changing_party" or "may_" in ast.unparse(call.func)


def test_every_action_asks_for_a_permission():
    actions = list(public_actions())
    assert len(actions) > 60
    without = {name for name, _, node in actions if not any(map(asks, calls(node)))}
    assert without == ASKS_NOTHING.keys()


def test_every_action_writes_a_ledger_entry():
    entries = {"record", "take_step"}
    without = {
        name
        for name, module, node in public_actions()
        if not reaches(module, node, lambda called: called in entries, set())
    }
    assert without == NO_ENTRY.keys()


def test_actions_write_only_through_their_change():
    past = set()
    for module in acting():
        for name, node in functions(module).items():
            for call in calls(node):
                through = ast.unparse(call.func).split(".")[0] == "change"
                if isinstance(call.func, ast.Attribute) and call.func.attr in WRITES and not through:
                    past.add((f"{module.name}.{name}", call.func.attr))
    assert past == PAST_THE_CHANGE.keys()
