"""What stands in the way of booking and of starting: one condition a code, computed from facts, never stored.
Whether somebody *may* is access.py's; what moves a stage is stages.py's."""

from datetime import datetime

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from referrals.blockers.codes import BY_KEY, CODES, START, Blocker
from referrals.blockers.on_parties import contact_at_risk, start_of_day, wording_not_approved
from referrals.blockers.shown import SEALED_SENTENCE, SHELL_CODES, ShownBlocker, sealed_open, shown_to
from referrals.enums import Gate
from referrals.models import Party, Referral


def with_party_blockers(parties: QuerySet, gate: Gate, at: datetime) -> QuerySet:
    """Adds `blocked_<code>` for each party code of the gate (one query whatever the number of parties)."""
    return parties.annotate(
        **{
            f"blocked_{code.key}": Case(When(code.party(gate, at), then=Value(True)), default=Value(False))
            for code in CODES
            if code.party and gate in code.gates
        }
    )


def with_blockers(referrals: QuerySet, gate: Gate, at: datetime) -> QuerySet:
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
    return referrals.annotate(blocked=Case(When(holds, then=Value(True)), default=Value(False)))


def blockers(referral: Referral, gate: Gate, at: datetime) -> list[Blocker]:
    """Everything that stands in the way at a gate, on all facts (two queries). Empty means it may go ahead."""
    codes = [code for code in CODES if gate in code.gates]
    flags = {
        f"blocked_{code.key}": Case(When(code.referral(gate, at), then=Value(True)), default=Value(False))
        for code in codes
        if code.referral
    }
    whole = Referral._base_manager.filter(pk=referral.pk).annotate(**flags).values(*flags).get()
    parties = list(
        with_party_blockers(
            Party._base_manager.filter(referral=referral, left_at__isnull=True), gate, at
        ).order_by("created_at", "id")
    )
    found = []
    for code in codes:
        if code.referral and whole[f"blocked_{code.key}"]:
            found.append(Blocker(code.key))
        if code.party:
            found += [
                Blocker(code.key, party.pk) for party in parties if getattr(party, f"blocked_{code.key}")
            ]
    return found


__all__ = [
    "BY_KEY",
    "CODES",
    "SEALED_SENTENCE",
    "SHELL_CODES",
    "START",
    "Blocker",
    "ShownBlocker",
    "blockers",
    "contact_at_risk",
    "sealed_open",
    "shown_to",
    "start_of_day",
    "with_blockers",
    "with_party_blockers",
    "wording_not_approved",
]
