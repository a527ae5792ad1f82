"""The walls in source code and tables: pages reach rows only through a scope, sealed tables open through one
queryset, and nothing leads from the shell into a compartment. Every new model fails until it is named here."""

import ast
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models
from django.db.models import CheckConstraint, UniqueConstraint

from referrals.models import Party
from referrals.querysets import SafetyQuerySet, SealedQuerySet
from restorative.common.fields import EncryptedTextField
from restorative.common.protected import ProtectedQuerySet, Unscoped
from tests.source import BASE, Module, modules
from tests.test_arrows import kind_of_room

# --- Every model, by the kind of its rows ---------------------------------------------------------------------

# Rows that all users who see a referral share.
SHELL = {
    "referrals.Referral": "the shell itself",
    "referrals.Party": "one cell each; what is sealed of it opens by opened_by",
    "referrals.Summary": "one row of a list; `hidden` and what is open of safety are on no page as they stand",
    "referrals.StageChange": "a step from a compartment waits for its release",
    "referrals.Involvement": "who runs the meetings is known to all in it; parts for one party are on no page",
    "referrals.RecordsCheck": "waiting or done; what was found is in the hits",
    "meetings.Meeting": "when and where; called off only as far as somebody may know",
    "meetings.CallOff": "known to all once released; before that to who opens the party",
    "meetings.Attendance": "who is expected",
    "meetings.Unavailable": "who runs a meeting and cannot be there is known to all in it",
}
# Rows of one compartment: they open only through Party.objects.opened_by.
SEALED = {
    "referrals.Access",
    "referrals.Approach",
    "referrals.Bar",
    "referrals.CapacityAssessment",
    "referrals.ChildDecision",
    "referrals.Closure",
    "referrals.Concern",
    "referrals.Consent",
    "referrals.ContactRoute",
    "referrals.Duty",
    "referrals.Grant",
    "referrals.Handoff",
    "referrals.HandoffMessage",
    "referrals.Invited",
    "referrals.KeptLonger",
    "referrals.NameKey",
    "referrals.NameWord",
    "referrals.Note",
    "referrals.Person",
    "referrals.Preparation",
    "referrals.ProtectiveShare",
    "referrals.Rating",
    "referrals.ReadinessCheck",
    "referrals.RecordsHit",
    "referrals.SafetyAnswers",
    "referrals.SignOff",
    "referrals.Suitability",
    "referrals.Task",
    "meetings.Action",
    "meetings.ActionUpdate",
    "meetings.Agreement",
    "meetings.AgreementAnswer",
    "meetings.Attempt",
    "meetings.FollowUp",
    "meetings.Record",
}
# Of these, rows that safeguarding leads of the party's organisation also open while a concern is open.
SAFETY = {"referrals.ChildDecision", "referrals.Concern", "referrals.SafetyAnswers", "referrals.SignOff"}
# Sealed, with a separate rule: which one.
OWN_RULE = {
    "referrals.Access": "on no page: visible_to and opened_by of the others read it",
    "referrals.Bar": "managers, safeguarding leads and governance of that worker's organisation, never the worker",
    "referrals.Duty": "given to one of their principals, of a referral and compartment they know",
    "referrals.Grant": "that worker; and of their organisation managers, safeguarding leads and governance",
    "referrals.Handoff": "who asked; and who was asked, until it is declined, withdrawn or over",
    "referrals.HandoffMessage": "the same as what it is about",
    "referrals.Note": "a note without a party is for all who see the referral",
    "referrals.Person": "somebody of theirs is opened",
    "referrals.NameKey": "as the person whose name it is",
    "referrals.NameWord": "names that one's own side gave; others as the party whose name it is",
    "referrals.ProtectiveShare": "also safeguarding leads of that side, whether or not a concern is open",
    "referrals.RecordsHit": "safeguarding leads of the leading organisation who never worked on it, while it waits",
    "meetings.Record": "somebody who was there is opened",
    "meetings.Agreement": "somebody opened said yes to it and has sight, or one ran it",
    "meetings.Action": "its agreement is read; one agreed anew, only where its owner is opened",
}
# Rows without a scope: why that is safe.
FREE = {
    "accounts.Organisation": "public facts",
    "accounts.Closure": "public facts",
    "accounts.Team": "names of teams",
    "accounts.User": "staff",
    "accounts.SignInCount": "keyed hashes",
    "audit.AuditEntry": "ids, field names and codes; governance reads them through reports.querysets.entries_of",
    "audit.AuditHead": "where the chain ends",
    "audit.AuditLink": "hashes",
    "audit.LedgerCheck": "what the last check of the ledger found",
    "common.Draft": "each reads their own, through drafts.py",
    "common.Submission": "each reads their own",
    "common.Heartbeat": "when a clock last ran",
    "notify.Message": "the outbox; who shows it filters by opened recipients: READERS_OF_MESSAGES",
    "referrals.InformationSheet": "what everybody is told",
    "meetings.Venue": "rooms",
}

OURS = ["common", "audit", "notify", "accounts", "referrals", "meetings"]
MODELS = {model._meta.label: model for label in OURS for model in apps.get_app_config(label).get_models()}
PROTECTED = {label: model for label, model in MODELS.items() if label in SHELL or label in SEALED}


def test_every_model_is_named_once():
    named = [*SHELL, *SEALED, *FREE]
    assert sorted(named) == sorted(MODELS)


@pytest.mark.parametrize("label", PROTECTED)
def test_a_protected_model_has_a_protected_manager(label):
    assert issubclass(PROTECTED[label].objects._queryset_class, ProtectedQuerySet)


def test_a_free_model_does_not_point_at_a_party():
    pointing = {
        label for label in FREE for field in _foreign_keys(MODELS[label]) if field.related_model is Party
    }
    assert pointing == set()


def test_every_row_with_a_party_is_sealed_by_the_one_queryset():
    with_party = {label for label, model in MODELS.items() if _party_field(model)}
    by_queryset = {
        label
        for label, model in PROTECTED.items()
        if issubclass(model.objects._queryset_class, SealedQuerySet | SafetyQuerySet)
    }
    assert by_queryset == SEALED - OWN_RULE.keys()
    assert with_party - by_queryset == {
        "meetings.Attendance",
        "meetings.CallOff",
        "referrals.Access",
        "referrals.Duty",
        "referrals.Grant",
        "referrals.Handoff",
        "referrals.Involvement",
        "referrals.NameWord",
        "referrals.Note",
        "referrals.ProtectiveShare",
        "referrals.RecordsHit",
        "referrals.StageChange",
    }


def test_only_concerns_and_safety_answers_open_to_safeguarding_leads():
    opened = {
        label
        for label, model in PROTECTED.items()
        if issubclass(model.objects._queryset_class, SafetyQuerySet)
    }
    assert opened == SAFETY


def test_sealed_text_is_only_in_sealed_rows():
    """Exceptions: fields of a party's own row, the video link that all need, and the contents of the outbox."""
    words = {
        f"{label}.{field.name}"
        for label, model in MODELS.items()
        if label not in SEALED
        for field in model._meta.fields
        if isinstance(field, EncryptedTextField)
    }
    assert words == {
        "referrals.Party.hoped_for",
        "meetings.Meeting.video",
        "common.Draft.typed",
        "notify.Message.body",
        "notify.Message.subject",
    }


def test_no_foreign_key_leads_from_the_shell_into_a_compartment():
    sealed = {MODELS[label] for label in SEALED}
    found = {
        f"{label}.{field.name}"
        for label in [*SHELL, *FREE]
        for field in _foreign_keys(MODELS[label])
        if field.related_model in sealed
    }
    assert found == {"referrals.Party.person"}


def test_no_sealed_value_is_unique():
    """A unique constraint would reveal the value of another row by its error."""
    found = [
        f"{label}: {constraint.name}"
        for label in SEALED
        for constraint in MODELS[label]._meta.constraints
        if isinstance(constraint, UniqueConstraint)
        for name in constraint.fields
        if isinstance(MODELS[label]._meta.get_field(name), EncryptedTextField) or name.endswith("_key")
    ]
    assert found == []


# --- Protected managers raise ---------------------------------------------------------------------------------

EVALUATE = {
    "list": list,
    "bool": bool,
    "len": len,
    "first": lambda rows: rows.first(),
    "get": lambda rows: rows.get(),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "iterator": lambda rows: next(rows.iterator()),
    "values_list": lambda rows: list(rows.values_list("pk")),
    "in_bulk": lambda rows: rows.in_bulk(),
    "aggregate": lambda rows: rows.aggregate(n=models.Count("pk")),
    "raw": lambda rows: list(rows.raw("SELECT 1 AS id")),
    "union": lambda rows: list(rows.scoped("test").union(rows)),
    "or": lambda rows: list(rows.scoped("test") | rows),
    "slice": lambda rows: rows[0],
    "update": lambda rows: rows.update(pk=1),
    "delete": lambda rows: rows.delete(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("label", PROTECTED)
def test_rows_without_a_scope_cannot_be_evaluated(label):
    got_through = []
    for name, evaluate in EVALUATE.items():
        try:
            evaluate(PROTECTED[label].objects.all())
            got_through.append(name)
        except Unscoped:
            pass
    assert got_through == []


@pytest.mark.django_db
def test_rows_behind_a_relation_cannot_be_evaluated_either():
    party = Party()
    with pytest.raises(Unscoped):
        list(party.consents.all())
    with pytest.raises(Unscoped):
        party.concerns.exists()


# --- Facts that come in pairs, and rows that stay -------------------------------------------------------------

# A time without a worker or a worker without a time: where the other one is.
LOOSE = {
    "referrals.Access.ends_at": "the end of what it rests on",
    "referrals.Access.starts_at": "the start of what it rests on",
    "referrals.Duty.due_at": "nobody: it is computed",
    "referrals.Duty.ends_at": "nobody: it is computed",
    "notify.Message.claimed_at": "the outbox itself",
    "notify.Message.sent_at": "the outbox itself",
    "referrals.RecordsCheck.matched_at": "the program looks through the names",
    "referrals.Party.forgotten_at": "nobody: its time was over",
    "referrals.Party.answered_at": "the Consent row says who heard it",
    "referrals.ContactRoute.replaced_at": "the newer route says who",
    "referrals.StageChange.released_at": "the CallOff says who",
    "referrals.Invited.left_out_at": "the ledger says who",
    "referrals.Referral.first_ready_at": "nobody: it is computed",
    "referrals.Summary.closed_at": "the referral says who",
    "referrals.Summary.first_contact_at": "the rows it is computed from say who",
    "referrals.Summary.first_ready_at": "nobody: it is computed",
    "referrals.Summary.met_at": "the meeting says who",
    "referrals.Summary.next_meeting_at": "the meeting says who",
    "audit.LedgerCheck.right_at": "nobody: the service checks its own ledger",
    "audit.LedgerCheck.found_at": "nobody: the service checks its own ledger",
    "audit.LedgerCheck.mended_at": "nobody: the service checks its own ledger",
    "common.Draft.thrown_at": "its owner: nobody else knows of it",
    "referrals.InformationSheet.materially_changed_at": "whoever publishes the wording",
    "meetings.Venue.retired_at": "whoever sets up venues",
}
# `_by` may be empty with a time: given by link, without a worker.
BY_LINK = {"referrals.Consent.taken_at"}


def test_when_and_who_come_in_pairs():
    loose, unconstrained = set(), set()
    for label, model in MODELS.items():
        fields = {field.name: field for field in model._meta.fields}
        for name, field in fields.items():
            if not name.endswith("_at") or not field.null:
                continue
            by = f"{name.removesuffix('_at')}_by"
            if by not in fields:
                loose.add(f"{label}.{name}")
            elif not any({name, by} <= _names_in(check) for check in _checks(model)):
                unconstrained.add(f"{label}.{name}")
    assert loose == LOOSE.keys()
    assert unconstrained == set()


def test_every_change_names_its_worker_unless_it_came_by_link():
    found = {
        f"{label}.{by.name.removesuffix('_by')}_at"
        for label, model in MODELS.items()
        for by in model._meta.fields
        if by.name.endswith("_by")
        and by.name != "created_by"
        and by.null
        and not _field(model, f"{by.name.removesuffix('_by')}_at").null
    }
    assert found == BY_LINK


def test_nothing_is_deleted_with_another_row():
    found = {
        f"{label}.{field.name}"
        for label, model in MODELS.items()
        for field in _foreign_keys(model)
        if field.remote_field.on_delete is not models.PROTECT
    }
    assert found == {
        "audit.AuditLink.entry",  # no rule at all: the ledger's triggers refuse deletion
        "accounts.Closure.organisation",  # a closure day means nothing without its organisation
        "accounts.Team.duty_worker",  # a team remains
        "accounts.Team.manager",
        "common.Draft.owner",  # drafts belong only to their user
        "common.Submission.owner",
    }


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
    "meetings.previews.messages_sent",
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


# --- Helpers --------------------------------------------------------------------------------------------------


def _foreign_keys(model: type[models.Model]) -> list[models.ForeignKey]:
    return [field for field in model._meta.fields if isinstance(field, models.ForeignKey)]


def _party_field(model: type[models.Model]) -> bool:
    return any(field.name == "party" and field.related_model is Party for field in _foreign_keys(model))


def _field(model: type[models.Model], name: str) -> models.Field:
    return next((field for field in model._meta.fields if field.name == name), models.Field(null=True))


def _checks(model: type[models.Model]) -> list[CheckConstraint]:
    return [each for each in model._meta.constraints if isinstance(each, CheckConstraint)]


def _names_in(check: CheckConstraint) -> set[str]:
    def names(condition: models.Q) -> Iterator[str]:
        for child in condition.children:
            if isinstance(child, models.Q):
                yield from names(child)
            elif isinstance(child, tuple):
                yield child[0].split("__")[0]

    return set(names(check.condition))
