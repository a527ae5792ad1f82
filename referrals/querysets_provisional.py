"""Which records are provisional, until when they are kept, and which stay: see docs/domain.md, "Provisional records".
actions/forgetting.py deletes them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When

from referrals.enums import OWN_PLACES, ApproachResult, Stage
from referrals.querysets_involvement import rows_of
from restorative.common.rules import rules

if TYPE_CHECKING:
    from referrals.models import Party
    from referrals.querysets import PartyQuerySet

# Results of attempts to reach a person.
TRIED = (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH, ApproachResult.DO_NOT_APPROACH)
# Rows that exist only if the person spoke with us.
SPOKEN = (
    "consents",
    "safety_answers",
    "readiness_checks",
    "capacity_assessments",
    "preparations",
    "ratings",
    "attendances",
)


def said_no() -> Exists:
    """As a condition on parties: they said "no, do not approach", and have neither come to us nor answered since."""
    came_back = rows_of("Approach").filter(
        Q(result=ApproachResult.ANSWERED) | Q(asked_first=True),
        party=OuterRef("party"),
        created_at__gt=OuterRef("created_at"),
    )
    return Exists(
        rows_of("Approach").filter(
            ~Exists(came_back), party=OuterRef("pk"), result=ApproachResult.DO_NOT_APPROACH
        )
    )


def provisional(parties: "PartyQuerySet") -> "PartyQuerySet":
    """Parties who have not answered and whose record still exists; never the person in treatment.

    Annotates `last_tried`, `kept_until` (if a manager extended it) and `stays`: they said "do not approach", or
    have a concern, or a person in the referral has died, so that the referral stays unchanged.
    """
    spoken = Q(pk__in=[])
    for name in SPOKEN:
        model = parties.model._meta.get_field(name).related_model
        spoken |= Q(Exists(model._base_manager.filter(party=OuterRef("pk"))))
    tried = rows_of("Approach").filter(party=OuterRef("pk"), result__in=TRIED)
    kept = rows_of("KeptLonger").filter(party=OuterRef("pk"))
    died = rows_of("Party").filter(
        Exists(rows_of("Person").filter(pk=OuterRef("person"), died_on__isnull=False)),
        referral=OuterRef("referral"),
    )
    # Concerns and protective shares are kept.
    concern = Q(Exists(rows_of("Concern").filter(party=OuterRef("pk"))))
    concern |= Q(Exists(rows_of("ProtectiveShare").filter(party=OuterRef("pk"))))
    return parties.filter(
        ~Q(place__in=OWN_PLACES),
        ~spoken,
        ~Q(Exists(rows_of("Approach").filter(party=OuterRef("pk"), result=ApproachResult.ANSWERED))),
        answered_at__isnull=True,
        forgotten_at__isnull=True,
    ).annotate(
        last_tried=Subquery(tried.order_by("-created_at", "-pk").values("created_at")[:1]),
        kept_until=Subquery(kept.values("until")[:1]),
        stays=Case(When(Q(said_no()) | concern | Q(Exists(died)), then=Value(True)), default=Value(False)),
    )


def days_kept(party: "Party") -> timedelta:
    """How long a record is kept after the last approach or, if there was none, after logging."""
    if party.last_tried is None:
        return timedelta(days=rules().provisional_days_never_approached)
    return timedelta(days=rules().provisional_days_after_approach)


def goes_at(party: "Party") -> datetime | None:
    """When a record of provisional() is deleted; None if it stays."""
    if party.stays:
        return None
    usual = (party.last_tried or party.created_at) + days_kept(party)
    return max(usual, party.kept_until) if party.kept_until else usual


def due_to_go(parties: "PartyQuerySet", at: datetime) -> "PartyQuerySet":
    """Records whose time is over. No record is deleted while a meeting is booked."""
    approached = Q(last_tried__lte=at - timedelta(days=rules().provisional_days_after_approach))
    never = Q(
        last_tried__isnull=True,
        created_at__lte=at - timedelta(days=rules().provisional_days_never_approached),
    )
    booked = rows_of("Referral").filter(pk=OuterRef("referral"), stage=Stage.BOOKED)
    return provisional(parties).filter(
        approached | never,
        Q(kept_until__isnull=True) | Q(kept_until__lte=at),
        ~Q(Exists(booked)),
        stays=False,
    )
