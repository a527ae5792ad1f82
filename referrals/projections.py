"""Writes projections: at the end of every change, and recomputed over all referrals.
Only differences are written."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from referrals.access_rules import AccessRow, Span, access_of
from referrals.facts import Facts, read_facts
from referrals.models import Access, Referral

WHY = "projection"
# How many referrals are locked at once while their projections are compared.
BATCH = 100

Stored = dict[AccessRow, list[int]]


def project(facts: Facts) -> None:
    """Update one referral's projections from its facts. For actions, which hold its lock."""
    _write(facts, _stored([facts.referral.id])[facts.referral.id])


def reproject(referrals: Collection[UUID], at: datetime, *, repair: bool = True) -> int:
    """Recompute the projections of these referrals, under their locks. Returns how many differed from what was
    stored; with `repair` they are corrected."""
    with transaction.atomic():
        held = Referral.objects.unscoped(WHY).select_for_update().filter(pk__in=referrals).order_by("pk")
        keys = list(held.values_list("pk", flat=True))
        stored, differed = _stored(keys), 0
        for key, facts in read_facts(keys, at).items():
            if access_of(facts) != stored[key].keys():
                differed += 1
                if repair:
                    _write(facts, stored[key])
    return differed


def batches() -> Iterator[list[UUID]]:
    """The ids of all referrals, in batches."""
    last = UUID(int=0)
    rows = Referral.objects.unscoped(WHY).order_by("pk").values_list("pk", flat=True)
    while keys := list(rows.filter(pk__gt=last)[:BATCH]):
        yield keys
        last = keys[-1]


def sample() -> list[UUID]:
    """The ids of some referrals, different ones each time."""
    rows = Referral.objects.unscoped(WHY).order_by("pk").values_list("pk", flat=True)
    return list(rows.filter(pk__gte=uuid4())[:BATCH]) or list(rows[:BATCH])


def end_what_rests_on_sheets(at: datetime) -> None:
    """End access that rests on answers given on an older information sheet, at the moment they become void."""
    rows = Access.objects.unscoped("sheets are void").filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
    rows.filter(sheet__isnull=False).update(ends_at=at)


def _stored(referrals: Collection[UUID]) -> dict[UUID, Stored]:
    """The stored rows of each of these, with their ids."""
    found: dict[UUID, Stored] = defaultdict(dict)
    columns = ("principal", "level", "party", "organisation", "starts_at", "ends_at", "sheet")
    rows = Access.objects.unscoped(WHY).filter(referral__in=referrals)
    for key, referral, principal, level, party, house, *span in rows.values_list("pk", "referral", *columns):
        row = AccessRow(principal, level, party, house, Span(*span))
        found[referral].setdefault(row, []).append(key)
    return found


def _write(facts: Facts, stored: Stored) -> None:
    """Delete and add the rows that differ."""
    wanted = access_of(facts)
    gone = [key for row, keys in stored.items() for key in (keys[1:] if row in wanted else keys)]
    if gone:
        Access.objects.unscoped(WHY).filter(pk__in=gone).delete()
    added = sorted(wanted - stored.keys(), key=lambda row: (row.principal, row.level, str(row.party_id)))
    Access.objects.bulk_create(
        Access(
            referral_id=facts.referral.id,
            principal=row.principal,
            level=row.level,
            party_id=row.party_id,
            organisation_id=row.organisation_id,
            starts_at=row.span.starts_at,
            ends_at=row.span.ends_at,
            sheet_id=row.span.sheet_id,
        )
        for row in added
    )
