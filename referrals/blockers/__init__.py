"""What stands in the way of booking and of starting: one condition a code, computed from facts, never stored.
Whether somebody *may* is access.py's; what moves a stage is stages.py's."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Case, DateTimeField, Exists, OuterRef, Q, QuerySet, UUIDField, Value, When

from referrals.blockers.codes import BY_KEY, CODES, START, Blocker
from referrals.blockers.many import PLACES, blockers_of
from referrals.blockers.on_parties import (
    contact_at_risk,
    day_of_check_missing,
    start_of_day,
    wording_not_approved,
)
from referrals.blockers.shown import SEALED_SENTENCE, SHELL_CODES, ShownBlocker, sealed_open, shown_to
from referrals.disclosure import as_they_stood, stood_in
from referrals.enums import Gate
from referrals.models import Party, Referral
from restorative.common.prepared import Moment, Param, Prepared

if TYPE_CHECKING:
    from restorative.accounts.models import User


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def with_party_blockers(parties: QuerySet, gate: Gate, at: Moment) -> QuerySet:
    """Adds `blocked_<code>` for each party code of the gate (one query whatever the number of parties)."""
    return parties.annotate(
        **{
            f"blocked_{code.key}": _flag(code.party(gate, at))
            for code in CODES
            if code.party and gate in code.gates
        }
    )


def with_blockers(referrals: QuerySet, gate: Gate, at: Moment) -> QuerySet:
    """Adds `blocked`: whether anything stands in the way at this gate. On all facts: never show it as it is."""
    present = Party._base_manager.filter(referral=OuterRef("pk"), left_at__isnull=True)
    holds = Q(pk__in=[])
    for code in CODES:
        if gate not in code.gates:
            continue
        if code.party:
            holds |= Q(Exists(present.filter(code.party(gate, at))))
        if code.referral:
            holds |= code.referral(gate, at)
    return referrals.annotate(blocked=_flag(holds))


REFERRAL = Param.named("referral", UUIDField())
NOW = Param.named("at", DateTimeField())


def _whole(*gates: Gate) -> QuerySet:
    """One referral with `whole_<gate>_<code>` for each of its own codes."""
    flags = {
        f"whole_{gate}_{code.key}": _flag(code.referral(gate, NOW))
        for gate in gates
        for code in CODES
        if code.referral and gate in code.gates
    }
    return Referral._base_manager.filter(pk=REFERRAL).annotate(**flags).only("pk")


def _with_each_party(*gates: Gate) -> QuerySet:
    """Its parties with `party_<gate>_<code>`, each carrying the referral's own codes too: one query for all."""
    present = Party._base_manager.filter(referral=REFERRAL, left_at__isnull=True)
    here = Referral._base_manager.filter(pk=OuterRef("referral"))
    flags: dict[str, Case | Exists] = {}
    for gate in gates:
        for code in CODES:
            if gate not in code.gates:
                continue
            if code.party:
                flags[f"party_{gate}_{code.key}"] = _flag(code.party(gate, NOW))
            if code.referral:
                flags[f"whole_{gate}_{code.key}"] = Exists(here.filter(code.referral(gate, NOW)))
    return present.annotate(**flags).order_by("created_at", "id").only("pk")


_WHOLE, _WITH_EACH_PARTY = Prepared(_whole), Prepared(_with_each_party)


def blockers_at(referral: Referral, gates: Sequence[Gate], at: datetime) -> dict[Gate, list[Blocker]]:
    """Everything that stands in the way at each of these gates, on all facts. One query; two where all have left."""
    given = {"referral": referral.pk, "at": at}
    parties = list(Party._base_manager.raw(*_WITH_EACH_PARTY.sql(*gates, **given)))
    whole = parties[0] if parties else Referral._base_manager.raw(*_WHOLE.sql(*gates, **given))[0]
    found: dict[Gate, list[Blocker]] = {gate: [] for gate in gates}
    for gate, rows in found.items():
        for code in CODES:
            flag = f"{gate}_{code.key}"
            if gate not in code.gates:
                continue
            if code.referral and getattr(whole, f"whole_{flag}"):
                rows.append(Blocker(code.key))
            if code.party:
                rows += [Blocker(code.key, party.pk) for party in parties if getattr(party, f"party_{flag}")]
    return found


def blockers(referral: Referral, gate: Gate, at: datetime) -> list[Blocker]:
    """Everything that stands in the way at a gate, on all facts. Empty means it may go ahead."""
    return blockers_at(referral, [gate], at)[gate]


def named_to(user: "User", referral: Referral, gate: Gate, at: datetime) -> list[ShownBlocker]:
    """What stands in the way that this user may be told by name: without the sentence for what is sealed."""
    found = blockers(referral, gate, at)
    if not found:
        return []
    parties = Party.objects.visible_to(user).filter(referral=referral).present()
    rows = shown_to(
        found, parties.with_opened(user, referral=referral.pk), stood=as_they_stood(user, referral.pk)
    )
    return [row for row in rows if row.code]


def named_to_in_many(
    user: "User", referrals: Collection[UUID], gate: Gate, at: datetime
) -> dict[UUID, list[ShownBlocker]]:
    """The same for many referrals, by id, in a fixed number of queries."""
    codes = [code for code in CODES if gate in code.gates]
    flags = {f"blocked_{code.key}": _flag(code.referral(gate, at)) for code in codes if code.referral}
    whole = {
        row.pk: row for row in Referral.objects.visible_to(user).filter(pk__in=referrals).annotate(**flags)
    }
    rows = Party.objects.visible_to(user).filter(referral__in=list(whole)).present().with_opened(user)
    parties: dict[UUID, list[Party]] = {key: [] for key in whole}
    for party in with_party_blockers(rows, gate, at):
        parties[party.referral_id].append(party)
    stood = stood_in(user, list(whole))
    shown = {}
    for key, row in whole.items():
        found = []
        for code in codes:
            flag = f"blocked_{code.key}"
            found += [Blocker(code.key)] if code.referral and getattr(row, flag) else []
            if code.party:
                found += [Blocker(code.key, party.pk) for party in parties[key] if getattr(party, flag)]
        shown[key] = [each for each in shown_to(found, parties[key], stood=stood.get(key)) if each.code]
    return {key: each for key, each in shown.items() if each}


__all__ = [
    "BY_KEY",
    "CODES",
    "PLACES",
    "SEALED_SENTENCE",
    "SHELL_CODES",
    "START",
    "Blocker",
    "ShownBlocker",
    "blockers",
    "blockers_at",
    "blockers_of",
    "contact_at_risk",
    "day_of_check_missing",
    "named_to",
    "named_to_in_many",
    "sealed_open",
    "shown_to",
    "start_of_day",
    "with_blockers",
    "with_party_blockers",
    "wording_not_approved",
]
