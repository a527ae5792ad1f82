"""The ledger, filtered: by what was done, by worker, by days, newest first. All start from entries_of."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from reports.enums import EXPORTED, SEEN, SIGNED, Did
from reports.querysets import About, entries_of
from restorative.audit.models import AuditEntry
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User

# The many are told by how their verb ends: read along the index on time, the first page is soon full.
_MANY: dict[str, Q] = {
    Did.SAW: Q(verb__endswith=SEEN) & ~Q(verb__in=EXPORTED),
    Did.CHANGED: ~Q(verb__endswith=SEEN) & ~Q(verb__in=[*EXPORTED, *SIGNED]),
}
# The few are named, and found by the index on verbs.
_FEW: dict[str, dict[str, str]] = {Did.SIGNED: SIGNED, Did.EXPORTED: EXPORTED}


@dataclass(frozen=True)
class Filters:
    """What is asked for. `about` is what was typed, a reference or a person's id in its stored form."""

    did: str = ""
    worker: UUID | None = None
    about: str = ""
    since: date | None = None
    until: date | None = None


def ledger(user: "User", filters: Filters, about: About | None) -> QuerySet[AuditEntry]:
    """The entries asked for, newest first."""
    rows = entries_of(user, about)
    if filters.did in _MANY:
        rows = rows.filter(_MANY[filters.did])
    elif filters.did and (about or filters.worker):
        rows = rows.filter(verb__in=_FEW[filters.did])
    elif filters.did:
        few = rows.filter(verb__in=_FEW[filters.did])
        rows = rows.filter(pk__in=few.values("pk"))  # or SQLite would read a million along the index on time
    if filters.worker:
        rows = rows.filter(actor_id=filters.worker)
    if filters.since:
        rows = rows.filter(at__gte=clock.moment(filters.since, 0))
    if filters.until:
        rows = rows.filter(at__lt=clock.moment(filters.until + timedelta(days=1), 0))
    return rows.order_by("-at", "-id")
