"""The walls in source code: pages reach rows only through a scope, write nothing, and follow no relation into sealed
rows. The models are in test_guard_tables.py."""

import ast
import re
from collections.abc import Iterator

from tests.source import BASE, Module, modules
from tests.test_arrows import kind_of_room
from tests.test_guard_tables import FREE, MODELS, PROTECTED, SEALED, SHELL

# --- What pages may write -------------------------------------------------------------------------------------

PAGES = ("views", "forms", "presenters", "shown_person", "selectors", "tasks", "templatetags", "previews")
SCOPES = {
    "visible_to",
    "could_be_asked_for",
    "opened_by",
    "safety_opened_by",
    "known_of",
    "words_of",
}
# Modules that use rows without a scope, each with its reason. One that is no longer needed fails.
WITHOUT_A_SCOPE: set[str] = set()
PAST_THE_SCOPE = {
    # Times and codes of events, without narrative; _read leaves out what the user may not know.
    "casework.selectors_history.Source.queryset: _base_manager",
    "casework.presenters.banner.ended: _base_manager",  # all users see the outcome; the rest is deferred
    "restorative.views.health: cursor",  # checks that the database answers
}
# The outbox has no scope: these filter by recipients whose compartment is open, or by the user.
READERS_OF_MESSAGES = {
    "meetings.previews._messages_about",
    "casework.presenters.messages._messages",
}
NAMES_OF_PROTECTED = {label.split(".")[1] for label in PROTECTED}
NAMES_OF_FREE = {label.split(".")[1] for label in FREE} - NAMES_OF_PROTECTED


def pages() -> list[Module]:
    """Modules whose result is a screen, a form or a task."""
    return [module for module in modules() if kind_of_room(module.room) in PAGES]


def nodes(module: Module) -> Iterator[tuple[str, ast.AST, ast.AST | None]]:
    """Each node of a module with the name of its function, and its parent."""

    def walk(node: ast.AST, where: str, parent: ast.AST | None) -> Iterator:
        yield where, node, parent
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            where = f"{where}.{node.name}"
        for child in ast.iter_child_nodes(node):
            yield from walk(child, where, node)

    return walk(module.tree, module.name, None)


def test_pages_reach_rows_only_through_a_scope():
    raw = set()
    for module in pages():
        for where, node, parent in nodes(module):
            if isinstance(node, ast.Attribute) and node.attr == "objects":
                name = node.value.id if isinstance(node.value, ast.Name) else ""
                scoped = isinstance(parent, ast.Attribute) and parent.attr in SCOPES
                if not scoped and name not in NAMES_OF_FREE:
                    raw.add(f"{where}: {ast.unparse(node)}")
    assert raw == WITHOUT_A_SCOPE


def test_pages_never_bypass_a_scope():
    words = {"unscoped", "scoped", "_base_manager", "_default_manager", "raw", "cursor", "extra"}
    past = {
        f"{where}: {node.attr}"
        for module in pages()
        for where, node, _ in nodes(module)
        if isinstance(node, ast.Attribute) and node.attr in words
    }
    assert past == PAST_THE_SCOPE


def test_messages_are_read_only_by_modules_that_filter_by_opened_recipients():
    readers = {
        where
        for module in pages()
        for where, node, _ in nodes(module)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "Message.objects"
    }
    assert readers == READERS_OF_MESSAGES


def test_pages_write_nothing():
    """Only actions write. Exceptions: drafts.py saves drafts, and the base form a Submission."""
    verbs = {"create", "save", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete"}
    writing = {
        f"{where}: {ast.unparse(node.func)}"
        for module in pages()
        for where, node, _ in nodes(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in verbs
    }
    assert writing == {
        "restorative.common.views_forms.ActionFormView._once: Submission.objects.create",
        "restorative.common.views_forms.ActionFormView._once: sent.save",
    }


def test_only_actions_and_named_modules_use_unscoped():
    """`unscoped` is for actions, reminders and existence checks. A new module that uses it needs a review."""
    saying = {
        module.name
        for module in modules()
        for _, node, _ in nodes(module)
        if isinstance(node, ast.Attribute)
        and node.attr == "unscoped"
        and kind_of_room(module.room) not in ("actions", "demo", "management")
    }
    assert saying == {
        "referrals.access",
        "referrals.projections",
        "referrals.reminders",
        "referrals.reminders.reach",
        "referrals.reminders.grants",
        "referrals.reminders.handoffs",
        "referrals.summary",
        "meetings.outcome",
        "meetings.reminders.people",
    }


# Relations from the shell into sealed rows, which no page may follow.
INWARD = {
    relation.get_accessor_name()
    for label in SHELL
    for relation in MODELS[label]._meta.related_objects
    if relation.related_model._meta.label in SEALED and not relation.hidden
}
SPANS = re.compile(rf"^({'|'.join(sorted(INWARD))})(__|$)")
MAY_SPAN = {"querysets", "blockers", "reminders", "actions"}


QUERIES = {"filter", "exclude", "annotate", "aggregate", "order_by", "values", "values_list", "distinct"}
QUERIES |= {
    "select_related",
    "prefetch_related",
    "only",
    "defer",
    "get",
    "Q",
    "F",
    "OuterRef",
    "Count",
    "Max",
}


def test_no_query_spans_from_the_shell_into_sealed_rows():
    spans = set()
    for module in modules():
        if kind_of_room(module.room) in MAY_SPAN:
            continue
        for where, node, _ in nodes(module):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in QUERIES:
                names = [keyword.arg or "" for keyword in node.keywords]
                names += [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
                spans |= {f"{where}: {name}" for name in names if SPANS.match(name)}
    assert spans == set()


def test_a_record_is_not_reached_from_its_meeting():
    """`meeting.record` would fetch without a scope: a one-to-one uses the plain manager."""
    reaching = [
        f"{where}:{node.lineno}"
        for module in pages()
        for where, node, _ in nodes(module)
        if isinstance(node, ast.Attribute)
        and node.attr == "record"
        and ast.unparse(node.value).endswith("meeting")
    ]
    assert reaching == []


def test_templates_follow_no_relation_into_sealed_rows():
    """Presenters read what a template shows; a relation would be read by the template itself."""
    inward = re.compile(rf"\.(?:{'|'.join(sorted(INWARD | {'parties', 'involvements', 'attendances'}))})\b")
    found = [
        f"{path.relative_to(BASE)}: {tag}"
        for path in (BASE / "templates").rglob("*.html")
        for tag in re.findall(r"{[{%][^}]*[%}]}", path.read_text())
        if inward.search(tag)
    ]
    assert found == []


def test_templates_put_nothing_on_a_page_unescaped():
    found = [
        f"{path.relative_to(BASE)}: {tag}"
        for path in (BASE / "templates").rglob("*.html")
        for tag in re.findall(r"{[{%][^}]*[%}]}", path.read_text())
        if re.search(r"\|\s*safe\b|\bautoescape off\b", tag)
    ]
    assert found == []


def test_numbers_and_the_time_are_read_when_they_are_needed():
    """A call at import time would keep the number, or the day, of the service's start."""

    def run_on_import(node: ast.AST) -> Iterator[ast.AST]:
        yield node
        for field, child in ast.iter_fields(node):
            if isinstance(node, ast.FunctionDef | ast.Lambda) and field == "body":
                continue
            for each in child if isinstance(child, list) else [child]:
                if isinstance(each, ast.AST):
                    yield from run_on_import(each)

    found = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        for node in run_on_import(module.tree)
        if isinstance(node, ast.Call)
        and re.fullmatch(
            r"rules|(clock\.)?(now|today)|(datetime|date|timezone)\.(now|today)", ast.unparse(node.func)
        )
    ]
    assert found == []
