"""record(): only inside a transaction, and no free text.
Sealing and checking have their own tests."""

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, transaction

from restorative.audit.ledger import Narrative, NotInTransaction, record
from restorative.audit.macs import entry_mac
from restorative.audit.models import AuditEntry, AuditHead
from restorative.common import context

pytestmark = pytest.mark.django_db

ASHA = SimpleNamespace(pk=uuid.uuid4(), organisation_id=uuid.uuid4(), role="keyworker")


def test_an_entry_records_who_what_and_which_fields():
    thing, referral = uuid.uuid4(), uuid.uuid4()
    happened = datetime(2020, 3, 2, 14, tzinfo=UTC)
    token = context.request_id.set("request-1")
    try:
        made = record(
            "consent_recorded",
            by=ASHA,
            thing=thing,
            thing_type="consent",
            referral_id=referral,
            fields=["answer", "expires_on"],
            why_code="asked_alone",
            at=happened,
        )
    finally:
        context.request_id.reset(token)
    entry = AuditEntry.objects.get(pk=made.pk)
    assert (entry.actor_id, entry.organisation_id, entry.role) == (ASHA.pk, ASHA.organisation_id, "keyworker")
    assert (entry.thing_type, entry.thing_ids, entry.referral_id) == ("consent", [str(thing)], referral)
    assert (entry.fields, entry.why_code, entry.request_id) == (
        ["answer", "expires_on"],
        "asked_alone",
        "request-1",
    )
    assert entry.at == happened < entry.written_at
    assert entry.mac == entry_mac(entry)


def test_the_system_acts_without_a_person():
    entry = record("message_cancelled", by=None)
    assert (entry.actor_id, entry.role) == (None, "system")


def test_a_model_is_recorded_by_its_name_and_id():
    head = AuditHead(pk=1)
    assert record("looked", by=None, thing=head).thing_type == "audit_head"
    assert record("listed", by=None, things=[head, head]).thing_ids == [1, 1]


@pytest.mark.parametrize(
    "words",
    [
        {"verb": "Consent recorded"},
        {"verb": "said_" + "x" * 80},
        {"fields": ["he said she knows"]},
        {"fields": ["notes", "O'Brien"]},
        {"why_code": "because he asked"},
        {"thing": "Sam Taylor"},
        {"things": ["RP-7K3M-9Q"]},
        {"thing_type": "the thing"},
        {"referral_id": "RP-7K3M-9Q"},
        {"things": range(1001)},
    ],
)
def test_free_text_is_refused(words):
    with pytest.raises(Narrative):
        record(words.pop("verb", "seen"), by=ASHA, **words)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_refuses():
    with pytest.raises(NotInTransaction):
        record("seen", by=ASHA)


@pytest.mark.django_db(transaction=True)
def test_a_failed_change_leaves_no_entry_and_a_failed_entry_no_change(monkeypatch):
    with pytest.raises(ZeroDivisionError):
        change(then=lambda: 1 / 0)
    assert not AuditEntry.objects.exists()

    def refuse(*args, **kwargs):
        raise DatabaseError("the ledger is full")

    monkeypatch.setattr(AuditEntry, "save", refuse)
    with pytest.raises(DatabaseError):
        change()
    assert not AuditHead.objects.exists()


def change(then=lambda: None):
    """A change to another row, with its entry."""
    with transaction.atomic():
        AuditHead.objects.create(pk=1, last="x", sealed_at=datetime.now(UTC), mac="x")
        record("seen", by=ASHA)
        then()
