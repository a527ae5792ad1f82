"""Writes projections: at the end of every change, and recomputed over all referrals.
Only differences are written."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from referrals import duties, summary
from referrals.access_rules import AccessRow, Span, access_of
from referrals.duties import NewDuty, duties_of
from referrals.facts import Facts, read_facts
from referrals.models import Access, Duty, Involvement, Party, Referral

WHY = "projection"
# How many referrals are locked at once while their projections are compared.
BATCH = 100

Key = TypeVar("Key", AccessRow, "DutyRow")
Stored = dict[Key, list[int]]


@dataclass(frozen=True)
class DutyRow:
    """One row of the projection, without its referral. A start in the past is none: when it was does not matter."""

    kind: str
    principal: str
    thing: UUID
    version: int
    party_id: UUID | None
    starts_at: datetime | None
    due_at: datetime | None
    ends_at: datetime | None
    safety: bool
    second_person: bool
    not_for_id: UUID | None


def project(facts: Facts) -> None:
    """Update one referral's projections from its facts, read with closures=True. For actions, which hold its lock."""
    key = facts.referral.id
    _write_access(facts, stored_access([key])[key])
    _write_duties(facts, _stored_duties([key], facts.at)[key])
    summary.stored([key])[key].bring_in_line(facts)


def reproject(referrals: Collection[UUID], at: datetime, *, repair: bool = True) -> int:
    """Recompute the projections of these referrals, under their locks. Returns how many differed from what was
    stored; with `repair` they are corrected."""
    with transaction.atomic():
        held = Referral.objects.unscoped(WHY).select_for_update().filter(pk__in=referrals).order_by("pk")
        keys = list(held.values_list("pk", flat=True))
        access, to_do, differed = stored_access(keys), _stored_duties(keys, at), 0
        lists = summary.stored(keys)
        for key, facts in read_facts(keys, at, closures=True).items():
            same = access_of(facts) == access[key].keys() and lists[key].matches(facts)
            if not same or _duty_rows(facts).keys() != _running(to_do[key], at):
                differed += 1
                if repair:
                    _write_access(facts, access[key])
                    _write_duties(facts, to_do[key])
                    lists[key].bring_in_line(facts)
        if repair:
            held.filter(stale=True).update(stale=False)
    return differed


def mark_stale(which: Q) -> None:
    """Have the projections of these referrals computed anew within minutes: something outside them has changed."""
    Referral.objects.unscoped(WHY).filter(which, stale=False).update(stale=True)


def mark_stale_of_house(organisation: UUID) -> None:
    """The same for referrals that an organisation leads or supports a party in."""
    supported = Party.objects.unscoped(WHY).filter(organisation=organisation, left_at__isnull=True)
    mark_stale(Q(lead_organisation=organisation) | Q(pk__in=supported.values("referral")))


def mark_stale_of_worker(user: UUID) -> None:
    """The same for referrals in which a worker has a part."""
    parts = Involvement.objects.unscoped(WHY).filter(user=user, until__isnull=True)
    mark_stale(Q(pk__in=parts.values("referral")))


def stale() -> list[UUID]:
    """The ids of some referrals that were marked."""
    rows = Referral.objects.unscoped(WHY).filter(stale=True).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


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


def stored_access(referrals: Collection[UUID]) -> dict[UUID, Stored[AccessRow]]:
    """The rows that are stored of each of these, each with its ids."""
    found: dict[UUID, Stored[AccessRow]] = defaultdict(dict)
    columns = ("principal", "level", "party", "organisation", "starts_at", "ends_at", "sheet")
    rows = Access.objects.unscoped(WHY).filter(referral__in=referrals)
    for key, referral, principal, level, party, house, *span in rows.values_list("pk", "referral", *columns):
        row = AccessRow(principal, level, party, house, Span(*span))
        found[referral].setdefault(row, []).append(key)
    return found


def _write_access(facts: Facts, stored: Stored[AccessRow]) -> None:
    """Take away and add the rows of access that differ."""
    wanted = access_of(facts)
    _take_away(Access, stored, wanted)
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


def _take_away(model: Any, stored: Stored, wanted: Collection) -> None:
    gone = [key for row, keys in stored.items() for key in (keys[1:] if row in wanted else keys)]
    if gone:
        model.objects.unscoped(WHY).filter(pk__in=gone).delete()


def _stored_duties(referrals: Collection[UUID], at: datetime) -> dict[UUID, Stored[DutyRow]]:
    """The duties that are stored of each of these, each with its ids."""
    found: dict[UUID, Stored[DutyRow]] = defaultdict(dict)
    columns = [each.name.removesuffix("_id") for each in fields(DutyRow)]
    rows = Duty.objects.unscoped(WHY).filter(referral__in=referrals)
    for key, referral, *values in rows.values_list("pk", "referral", *columns):
        row = DutyRow(*values)
        row = replace(row, starts_at=_later(row.starts_at, at))
        found[referral].setdefault(row, []).append(key)
    return found


def _running(stored: Stored[DutyRow], at: datetime) -> set[DutyRow]:
    """Those that have not ended by themselves. These stay until something else is written."""
    return {row for row in stored if row.ends_at is None or row.ends_at > at}


def _later(starts_at: datetime | None, at: datetime) -> datetime | None:
    return starts_at if starts_at is not None and starts_at > at else None


def _duty_rows(facts: Facts) -> dict[DutyRow, NewDuty]:
    """The duties of a referral that have not ended, as they are stored."""
    names = [each.name for each in fields(DutyRow) if not each.name.endswith("_id")]
    return {
        DutyRow(
            party_id=duty.party,
            not_for_id=duty.not_for,
            **{name: getattr(duty, name) for name in names if name != "starts_at"},
            starts_at=_later(duty.starts_at, facts.at),
        ): duty
        for duty in duties_of(facts)
        if duty.ends_at is None or duty.ends_at > facts.at
    }


def _write_duties(facts: Facts, stored: Stored[DutyRow]) -> None:
    """Take away and add the duties that differ."""
    wanted = _duty_rows(facts)
    _take_away(Duty, stored, wanted)
    Duty.objects.bulk_create(
        Duty(
            referral_id=facts.referral.id,
            kind=duty.kind,
            section=duties.KINDS[duty.kind].section,
            principal=duty.principal,
            thing=duty.thing,
            version=duty.version,
            party_id=duty.party,
            starts_at=duty.starts_at,
            due_at=duty.due_at,
            ends_at=duty.ends_at,
            safety=duty.safety,
            second_person=duty.second_person,
            not_for_id=duty.not_for,
        )
        for row, duty in wanted.items()
        if row not in stored
    )
