"""Conditions on referrals: what stands in the way of the whole, whoever is in it."""

from django.db.models import Exists, OuterRef, Q

from referrals.blockers.facilitators import (
    PARTICIPANT,
    facilitators,
    fewer_than_two_facilitators,
    of_a_side,
    running_it,
    seconds,
)
from referrals.enums import Gate, Kind, Suitable
from referrals.models import Party, Suitability
from restorative.common.prepared import Moment


def too_few_parties(gate: Gate, at: Moment) -> Q:
    """Fewer than two participants."""
    participants = Party._base_manager.filter(
        PARTICIPANT, referral=OuterRef("referral"), left_at__isnull=True
    )
    another = participants.filter(~Q(pk=OuterRef("pk")))
    two = Party._base_manager.filter(
        PARTICIPANT, Exists(another), referral=OuterRef("pk"), left_at__isnull=True
    )
    return ~Q(Exists(two))


def no_facilitator(gate: Gate, at: Moment) -> Q:
    """Nobody is appointed to prepare and run it."""
    return ~Q(Exists(facilitators("pk")))


def facilitator_not_independent(gate: Gate, at: Moment) -> Q:
    """A facilitator, or on their day a stand-in, who supports a party, or manages who does, and no second worker from
    elsewhere. Whether somebody accepts that one is theirs: see second_worker_not_accepted.
    """
    return Q(Exists(running_it("pk", at).filter(of_a_side(), ~Exists(seconds()))))


def one_facilitator(gate: Gate, at: Moment) -> Q:
    """A family meeting with one facilitator."""
    return Q(kind=Kind.FAMILY) & fewer_than_two_facilitators("pk")


def not_suitable_yet(gate: Gate, at: Moment) -> Q:
    """The newest decision is not 'suitable now', or there is none."""
    newer = Suitability._base_manager.filter(
        referral=OuterRef("referral"), decided_at__gt=OuterRef("decided_at")
    )
    suitable = Suitability._base_manager.filter(
        ~Exists(newer), referral=OuterRef("pk"), decision=Suitable.YES
    )
    return ~Q(Exists(suitable))
