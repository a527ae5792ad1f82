"""The sealer: chains new entries every minute. Several sealers may run at once; there is one chain.
The chain is checked in verifier.py."""

import json
import logging
import os
import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from restorative.audit.macs import START, head_mac, link_mac, same
from restorative.audit.models import AuditEntry, AuditHead, AuditLink
from restorative.common import clock

log = logging.getLogger("restorative.audit")

BATCH = 2000
# Ids are assigned before commit, so an entry can appear below sealed ones. Looking this far back finds it within a
# minute. Once an hour the whole table is searched, so that no entry is missed.
LOOK_BACK = 20_000


class LedgerBroken(RuntimeError):
    """The chain does not end where its head says. Nothing more is sealed until an operator has investigated."""


def seal(at: datetime | None = None) -> int:
    """Chain all committed entries that are not chained yet, in order of id. Returns how many. Raises LedgerBroken."""
    at = at or clock.now()
    whole = at.minute == 0
    sealed = 0
    while waiting := _unsealed(whole):
        sealed += _seal_batch(waiting, at)
        if len(waiting) < BATCH:
            break
    return sealed


def _unsealed(whole: bool) -> list[int]:
    """Ids that are not chained yet, read outside the lock so that writers do not wait."""
    entries = AuditEntry.objects.filter(link__isnull=True)
    if not whole:
        newest = AuditLink.objects.aggregate(newest=Max("entry_id"))["newest"] or 0
        entries = entries.filter(pk__gt=newest - LOOK_BACK)
    return list(entries.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _seal_batch(ids: list[int], at: datetime) -> int:
    with transaction.atomic():
        head = _locked_head(at)
        prev, seq = head.last, head.seq
        links = []
        # Another sealer may have run between the read and the lock.
        for entry in (
            AuditEntry.objects.filter(pk__in=ids, link__isnull=True).order_by("pk").only("pk", "mac")
        ):
            seq += 1
            link = AuditLink(seq=seq, entry=entry, prev=prev)
            link.mac = prev = link_mac(link, entry.mac)
            links.append(link)
        if links:
            AuditLink.objects.bulk_create(links, batch_size=200)
            head.seq, head.last, head.sealed_at = seq, prev, at
            head.mac = head_mac(head)
            head.save(force_update=True)
        return len(links)


def _locked_head(at: datetime) -> AuditHead:
    """The head, locked until commit: a row lock on PostgreSQL, the whole database on SQLite.

    Without the lock, two sealers would still collide on the same place in the chain, which is a primary key.
    """
    start = AuditHead(seq=0, last=START, sealed_at=at)
    AuditHead.objects.get_or_create(
        pk=1, defaults={"seq": 0, "last": START, "sealed_at": at, "mac": head_mac(start)}
    )
    head = AuditHead.objects.select_for_update().get(pk=1)
    newest = AuditLink.objects.order_by("-seq").first()
    end = (newest.seq, newest.mac) if newest else (0, START)
    if not same(head.mac, head_mac(head)) or (head.seq, head.last) != end:
        raise LedgerBroken("The ledger's chain does not end where its head says. Run verify_audit.")
    return head


def note_path() -> Path:
    """The file outside the database that holds the chain's end."""
    return Path(settings.DATA_DIR) / "ledger-end.json"


def note_end() -> None:
    """Write the chain's end to a file, so that an older head restored together with a cut tail is detected."""
    head = AuditHead.objects.filter(pk=1).first()
    if not head:
        return
    noted = {"seq": head.seq, "last": head.last, "sealed_at": head.sealed_at.isoformat(), "mac": head.mac}
    path = note_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".ledger-end-")
    with os.fdopen(handle, "w") as file:
        json.dump(noted, file)
    os.replace(temporary, path)
    log.info("ledger sealed to place %s, %s", head.seq, head.last)
