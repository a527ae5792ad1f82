"""The ledger, filtered by action, worker and days, newest first. Everything starts from entries_of."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from reports.enums import EXPORTED, SEEN, SIGNED, Did
from reports.querysets import About, entries_of
from restorative.accounts.models import User
from restorative.audit.models import AuditEntry
from restorative.common import clock

# Frequent verbs are matched by their ending: along the index on time, the first page fills quickly.
_MANY: dict[str, Q] = {
    Did.SAW: Q(verb__endswith=SEEN) & ~Q(verb__in=EXPORTED),
    Did.CHANGED: ~Q(verb__endswith=SEEN) & ~Q(verb__in=[*EXPORTED, *SIGNED]),
}
# Rare verbs are listed, and found by the index on verbs.
_FEW: dict[str, dict[str, str]] = {Did.SIGNED: SIGNED, Did.EXPORTED: EXPORTED}


@dataclass(frozen=True)
class Filters:
    """The filters. `about` is a typed reference or person's id in its stored form."""

    did: str = ""
    worker: UUID | None = None
    about: str = ""
    since: date | None = None
    until: date | None = None


def ledger(user: User, filters: Filters, about: About | None) -> QuerySet[AuditEntry]:
    """The filtered entries, newest first."""
    rows = entries_of(user, about)
    if filters.did in _MANY:
        rows = rows.filter(_MANY[filters.did])
    elif filters.did and (about or filters.worker):
        rows = rows.filter(verb__in=_FEW[filters.did])
    elif filters.did:
        few = rows.filter(verb__in=_FEW[filters.did])
        rows = rows.filter(pk__in=few.values("pk"))  # or SQLite reads every row along the index on time
    if filters.worker:
        rows = rows.filter(actor_id=filters.worker)
    if filters.since:
        rows = rows.filter(at__gte=clock.moment(filters.since, 0))
    if filters.until:
        rows = rows.filter(at__lt=clock.moment(filters.until + timedelta(days=1), 0))
    return rows.order_by("-at", "-id")
