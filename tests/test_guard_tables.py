"""The walls in tables: every model is of one kind, sealed ones open through one queryset, and nothing leads from the
shell into a compartment. Every new model fails until it is named here."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models
from django.db.models import CheckConstraint, UniqueConstraint

from referrals.models import Party
from referrals.querysets import SafetyQuerySet, SealedQuerySet
from restorative.common.fields import EncryptedTextField
from restorative.common.protected import ProtectedQuerySet, Unscoped

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
