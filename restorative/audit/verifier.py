"""verify(): reads the ledger, all of it or from a known place, and reports faults, the first bad row first.
LIMITS states what no check can detect."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.db import models

from restorative.audit.macs import START, entry_mac, head_mac, link_mac, same
from restorative.audit.models import AuditEntry, AuditHead, AuditLink
from restorative.common import clock

LONGEST_TAIL = timedelta(minutes=2)
CHUNK = 2000

LIMITS = (
    "Cannot be found: an entry removed before it was sealed (up to 2 minutes); anything done by somebody who holds "
    "AUDIT_KEY; a cut tail where an older end was put back both in the database and in the note beside it."
)


@dataclass(frozen=True)
class Finding:
    """A fault: a sentence, and the place in the chain or the entry it is about.

    `late`: only not sealed in time, which means that the sealer has stopped, not that a row was changed.
    """

    sentence: str
    seq: int | None = None
    entry_id: int | None = None
    late: bool = False


@dataclass(frozen=True)
class Place:
    """A place in the chain that is known from another source, and the MAC expected there."""

    seq: int
    last: str


@dataclass
class Report:
    """What was read and the faults in the order found: the chain, its end, then unsealed entries."""

    links: int = 0
    unsealed: int = 0
    noted: bool = False
    reached: Place = Place(0, START)
    findings: list[Finding] = field(default_factory=list)

    @property
    def first(self) -> Finding | None:
        return self.findings[0] if self.findings else None

    def add(
        self, sentence: str, seq: int | None = None, entry_id: int | None = None, *, late: bool = False
    ) -> None:
        self.findings.append(Finding(sentence, seq, entry_id, late))


def verify(
    *,
    note: Path | None = None,
    known: Place | None = None,
    only_new: bool = False,
    at: datetime | None = None,
    most: int = 20,
) -> Report:
    """Check everything; stop after `most` findings. `note` is the chain's end from the file outside the database.

    `known` is a place that an earlier check reached. With `only_new` the check begins there, not at the first place.
    """
    report = Report()
    # The ends are read before the chain: sealing in between only makes the chain longer.
    ends = [*_end_in_database(report), *_end_in_note(report, note), *([known] if known else [])]
    last = _read_chain(report, ends, known if only_new else None, most)
    furthest = max((end.seq for end in ends), default=0)
    if furthest > last:
        report.add(
            f"The tail is cut: the chain ends at place {last}, it was sealed up to {furthest}.", last + 1
        )
    _read_unsealed(report, at or clock.now(), most)
    return report


def _end_in_database(report: Report) -> Iterator[Place]:
    head = AuditHead.objects.filter(pk=1).first()
    if head and same(head.mac, head_mac(head)):
        yield Place(head.seq, head.last)
    elif head:
        report.add("The row that says where the chain ends was changed.")
    elif AuditLink.objects.exists():
        report.add("The row that says where the chain ends is gone.")


def _end_in_note(report: Report, note: Path | None) -> Iterator[Place]:
    if not note or not note.exists():
        return
    report.noted = True
    try:
        noted = json.loads(note.read_text())
        head = AuditHead(
            seq=noted["seq"], last=noted["last"], sealed_at=datetime.fromisoformat(noted["sealed_at"])
        )
        genuine = same(noted["mac"], head_mac(head))
    except (ValueError, KeyError, TypeError, AttributeError):
        genuine = False
    if genuine:
        yield Place(head.seq, head.last)
    else:
        report.add("The note of the chain's end beside the database was changed.")


def _read_chain(report: Report, ends: list[Place], start: Place | None, most: int) -> int:
    """Check every link and its entry from `start` on. Returns the last place reached."""
    seq, prev = (start.seq - 1, "") if start and start.seq else (0, START)
    for link, entry in _chain(seq):
        report.links += 1
        if link.seq != seq + 1:
            report.add(f"Places {seq + 1} to {link.seq - 1} of the chain are gone.", seq + 1)
        elif prev and link.prev != prev:
            report.add(f"Place {link.seq} does not follow place {seq}.", link.seq, link.entry_id)
        _check_place(report, link, entry)
        if any(end.seq == link.seq and not same(end.last, link.mac) for end in ends):
            report.add(f"Place {link.seq} is not the one that was sealed there.", link.seq, link.entry_id)
        seq, prev = link.seq, link.mac
        report.reached = Place(seq, prev)
        if len(report.findings) >= most:
            return max(seq, *(end.seq for end in ends), 0)
    if start and not report.links:  # the place to begin at is missing
        return AuditLink.objects.aggregate(newest=models.Max("seq"))["newest"] or 0
    return seq


def _chain(after: int) -> Iterator[tuple[AuditLink, AuditEntry | None]]:
    """Links in order with their entries, in batches; None where the entry is missing."""
    while links := list(AuditLink.objects.filter(seq__gt=after).order_by("seq")[:CHUNK]):
        stretch = (links[0].seq, links[-1].seq)
        entries = {entry.pk: entry for entry in AuditEntry.objects.filter(link__seq__range=stretch)}
        for link in links:
            yield link, entries.get(link.entry_id)
        after = links[-1].seq


def _check_place(report: Report, link: AuditLink, entry: AuditEntry | None) -> None:
    where = f"entry {link.entry_id} (place {link.seq})"
    if entry is None:
        report.add(f"Deleted: {where}.", link.seq, link.entry_id)
    elif not same(entry.mac, entry_mac(entry)):
        report.add(f"Edited: {where}.", link.seq, link.entry_id)
    elif not same(link.mac, link_mac(link, entry.mac)):
        report.add(
            f"Swapped or replaced: {where} is not the entry that was sealed there.", link.seq, link.entry_id
        )


def _read_unsealed(report: Report, at: datetime, most: int) -> None:
    waiting: models.QuerySet[AuditEntry] = AuditEntry.objects.filter(link__isnull=True).order_by("pk")
    for entry in waiting.iterator(chunk_size=CHUNK):
        report.unsealed += 1
        if len(report.findings) >= most:
            continue
        if not same(entry.mac, entry_mac(entry)):
            report.add(f"Edited or forged: entry {entry.pk}, not sealed yet.", entry_id=entry.pk)
        elif at - entry.written_at > LONGEST_TAIL:
            report.add(
                f"Not sealed after 2 minutes: entry {entry.pk}. Is the sealer running?",
                entry_id=entry.pk,
                late=True,
            )
