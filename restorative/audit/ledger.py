"""record(): the only function that writes ledger entries, inside the transaction of the change they describe.
It accepts ids, field names and codes and refuses free text, so that readers of the ledger need no other access."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models

from restorative.audit.macs import entry_mac
from restorative.audit.models import AuditEntry
from restorative.common import clock, context

MOST_THINGS = 1000
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST_CODE = 60


class NotInTransaction(RuntimeError):
    """record() was called outside the transaction of the change it describes."""


class Narrative(ValueError):
    """A value other than an id, a field name or a code was passed to record()."""


def record(
    verb: str,
    *,
    by: Any,
    thing: models.Model | UUID | int | None = None,
    things: Iterable[models.Model | UUID | int] = (),
    thing_type: str = "",
    referral_id: UUID | None = None,
    party_id: UUID | None = None,
    fields: Iterable[str] = (),
    why_code: str = "",
    at: datetime | None = None,
) -> AuditEntry:
    """Write one entry. `by` is the user who acted, None for the system; `at` is when it happened, if not now."""
    if not connection.in_atomic_block:
        raise NotInTransaction(f"{verb}: the ledger is written inside the transaction of the change.")
    about = [*([] if thing is None else [thing]), *things]
    if len(about) > MOST_THINGS:
        raise Narrative(f"{verb}: at most {MOST_THINGS} things in one entry.")
    named = thing_type or next((_type_of(each) for each in about if isinstance(each, models.Model)), "")
    now = clock.now()
    entry = AuditEntry(
        at=clock.local(at) if at else now,
        written_at=now,
        actor_id=_uuid(by.pk if by else None),
        organisation_id=_uuid(getattr(by, "organisation_id", None)),
        role=_code(by.role, "role") if by else "system",
        verb=_code(verb, "verb"),
        thing_type=_code(named, "thing_type") if named else "",
        thing_ids=[_id(each) for each in about],
        referral_id=_uuid(referral_id),
        party_id=_uuid(party_id),
        fields=[_code(name, "field") for name in fields],
        why_code=_code(why_code, "why_code") if why_code else "",
        request_id=context.request_id.get()[:64],
    )
    entry.mac = entry_mac(entry)
    entry.save(force_insert=True)
    return entry


def _type_of(thing: models.Model) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(thing._meta.object_name)).lower()


def _id(thing: Any) -> str | int:
    key = thing.pk if isinstance(thing, models.Model) else thing
    return key if isinstance(key, int) and not isinstance(key, bool) else str(_uuid(key))


def _uuid(value: Any) -> UUID | None:
    if value is None or isinstance(value, UUID):
        return value
    try:
        return UUID(str(value))
    except ValueError:
        raise Narrative("The ledger takes ids only.") from None


def _code(value: str, what: str) -> str:
    text = str(value)
    if len(text) > _LONGEST_CODE or not _CODE.fullmatch(text):
        raise Narrative(f"The ledger takes lower_snake codes only; its {what} was not one.")
    return text
