"""What is signed and how: HMAC-SHA256 with AUDIT_KEY over a canonical serialisation of each row.
The key is outside the database: write access to the database alone is not enough to make a valid row."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from restorative.audit.models import AuditEntry, AuditHead, AuditLink, LedgerCheck

START = "0" * 64

ENTRY_FIELDS = (
    "at",
    "written_at",
    "actor_id",
    "organisation_id",
    "role",
    "verb",
    "thing_type",
    "thing_ids",
    "referral_id",
    "party_id",
    "fields",
    "why_code",
    "request_id",
)
CHECK_FIELDS = ("checked_at", "read_whole_at", "right_at", "seq", "last", "finding", "found_at", "mended_at")


def _spell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


def _mac(kind: str, facts: dict[str, Any]) -> str:
    if not settings.AUDIT_KEY:
        raise ImproperlyConfigured("AUDIT_KEY is empty: the ledger cannot be signed or checked.")
    text = json.dumps(
        [kind, {name: _spell(value) for name, value in facts.items()}], sort_keys=True, separators=(",", ":")
    )
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def entry_mac(entry: AuditEntry) -> str:
    """The MAC of an entry's content. The link covers its id, because the database assigns ids at insert."""
    return _mac("entry", {name: getattr(entry, name) for name in ENTRY_FIELDS})


def link_mac(link: AuditLink, of_entry: str) -> str:
    """The MAC of a link: its place in the chain, the entry's id and MAC, and the MAC of the link before."""
    return _mac("link", {"seq": link.seq, "entry": link.entry_id, "mac": of_entry, "prev": link.prev})


def head_mac(head: AuditHead) -> str:
    """The MAC of the chain's end."""
    return _mac("head", {"seq": head.seq, "last": head.last, "sealed_at": head.sealed_at})


def check_mac(check: LedgerCheck) -> str:
    """The MAC of the last check's result."""
    return _mac("check", {name: getattr(check, name) for name in CHECK_FIELDS})


def same(a: str, b: str) -> bool:
    """Compare two MACs in constant time."""
    return hmac.compare_digest(a.encode(), b.encode())
