"""Conditions on referrals: what stands in the way of the whole, whoever is in it."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, UUIDField, Value
from django.db.models.functions import Coalesce

from referrals.blockers.facilitators import facilitators, fewer_than_two_facilitators
from referrals.blockers.on_parties import PARTICIPANT
from referrals.enums import (
    NOBODY,
    Answer,
    Gate,
    Kind,
    Part,
    Purpose,
    Suitable,
)
from referrals.models import (
    Consent,
    Facilitation,
    Party,
    Suitability,
    Support,
)
from referrals.querysets_rules import current_answers, on_now, supported_by
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


def on_the_side_of(user: Any) -> Q:
    """As a condition on parties: those whom somebody supports, the lead where nobody else does, or manages who does."""
    manages = Q(keyworker__team__manager=user)
    manages |= Q(keyworker__isnull=True, referral__lead__team__manager=user)
    return supported_by(user) | manages


def facilitator_not_independent(gate: Gate, at: Moment) -> Q:
    """A facilitator, or on their day a stand-in, who supports a party, or manages who does, without an accepted second
    worker from elsewhere."""
    supports = Party._base_manager.filter(
        on_the_side_of(OuterRef("user")), referral=OuterRef("referral"), left_at__isnull=True
    )
    accepted = current_answers(
        Consent._base_manager.filter(
            party=OuterRef("pk"), purpose=Purpose.SECOND_WORKER, recipient=OuterRef(OuterRef("user"))
        ),
        at,
    ).filter(answer=Answer.YES)
    other_without_yes = Party._base_manager.filter(
        PARTICIPANT,
        ~on_the_side_of(OuterRef(OuterRef("user"))),
        ~Exists(accepted),
        referral=OuterRef("referral"),
        left_at__isnull=True,
    )
    # Of two in no team nobody can say that they are of different ones. Compared with NULL, nothing is another.
    team = Coalesce("user__team", Value(NOBODY), output_field=UUIDField())
    their_team = Coalesce(OuterRef("user__team"), Value(NOBODY), output_field=UUIDField())
    second = Facilitation._base_manager.alias(of_team=team).filter(
        ~Q(of_team=their_team) | ~Q(user__organisation=OuterRef("user__organisation")),
        ~Exists(other_without_yes),
        referral=OuterRef("referral"),
        part=Part.SECOND_WORKER,
        until__isnull=True,
    )
    supported = Support._base_manager.filter(referral=OuterRef("referral"), user=OuterRef("user"))
    runs = Facilitation._base_manager.filter(
        on_now(at), referral=OuterRef("pk"), part__in=[Part.FACILITATOR, Part.STAND_IN]
    )
    return Q(Exists(runs.filter(Q(Exists(supports)) | Q(Exists(supported)), ~Exists(second))))


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
