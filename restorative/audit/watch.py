"""check(): checks new ledger entries every hour and all entries every night, and stores the result in one row.
The ledger's page and the health page read that row. `manage.py verify_audit` checks by hand."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from restorative.audit.macs import CHECK_FIELDS, START, check_mac, same
from restorative.audit.models import LedgerCheck
from restorative.audit.sealer import note_path
from restorative.audit.verifier import Place, Report, verify
from restorative.common import clock

log = logging.getLogger("restorative.audit")

NIGHT = range(1, 5)  # hours in London in which the whole ledger is checked
LONGEST_WITHOUT = timedelta(hours=26)  # after a missed night, check everything by day
LATE = timedelta(hours=3)
FORGED = "The row that says how far the ledger was checked was changed."


@dataclass(frozen=True)
class Standing:
    """The state of the ledger, as far as it has been checked."""

    ok: bool
    finding: str = ""
    found_at: datetime | None = None
    checked_at: datetime | None = None
    right_at: datetime | None = None
    mended_at: datetime | None = None

    @property
    def broken(self) -> bool:
        """Whether the ledger has a fault now."""
        return bool(self.finding) and self.mended_at is None

    def is_late(self, at: datetime) -> bool:
        """Whether the last check was too long ago."""
        return self.checked_at is None or at - self.checked_at > LATE


def standing() -> Standing:
    """The last check's result. Not ok before the first check."""
    row = LedgerCheck.objects.filter(pk=1).first()
    if row is None:
        return Standing(ok=False)
    if not same(row.mac, check_mac(row)):
        return Standing(ok=False, finding=FORGED)
    return Standing(
        ok=not row.finding or row.mended_at is not None,
        finding=row.finding,
        found_at=row.found_at,
        checked_at=row.checked_at,
        right_at=row.right_at,
        mended_at=row.mended_at,
    )


def check(at: datetime | None = None) -> LedgerCheck:
    """Check what is due and store the result. A broken ledger is checked in full each time until it is repaired."""
    at = at or clock.now()
    row = LedgerCheck.objects.filter(pk=1).first()
    genuine = row is not None and same(row.mac, check_mac(row))
    whole = row is None or not genuine or _whole_is_due(row, at)
    known = Place(row.seq, row.last) if row and genuine and row.seq else None
    report = verify(note=note_path(), known=known, only_new=not whole, at=at)
    finding = _changed(report) or (FORGED if row and not genuine else "")
    if row is None or not genuine:
        row = LedgerCheck(seq=0, last=START)
    row.checked_at = at
    if whole:
        row.read_whole_at = at
    _note(row, finding, report, at, whole=whole)
    said = {name: getattr(row, name) for name in CHECK_FIELDS} | {"mac": check_mac(row)}
    return LedgerCheck.objects.update_or_create(pk=1, defaults=said)[0]


def _whole_is_due(row: LedgerCheck, at: datetime) -> bool:
    if row.finding and row.mended_at is None:
        return True
    tonight = clock.local(at).hour in NIGHT and clock.today(row.read_whole_at) < clock.today(at)
    return tonight or at - row.read_whole_at >= LONGEST_WITHOUT


def _changed(report: Report) -> str:
    """The first finding that means tampering. A stopped sealer is reported by the health page instead."""
    return next((finding.sentence for finding in report.findings if not finding.late), "")


def _note(row: LedgerCheck, finding: str, report: Report, at: datetime, *, whole: bool) -> None:
    broken = bool(row.finding) and row.mended_at is None
    if finding:
        if not broken:
            row.found_at, row.mended_at = at, None
        row.finding = finding
        log.error("the ledger is broken: %s", finding)
        return
    row.seq, row.last = report.reached.seq, report.reached.last
    if whole:
        row.right_at = at
    if broken:
        row.mended_at = at
        log.warning("the ledger is whole again")
