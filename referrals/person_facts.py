"""What the page of one person is made from, read once, for whoever opens their compartment."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from referrals import blockers, presenters
from referrals.enums import (
    Gate,
    Purpose,
    ReadinessKind,
)
from referrals.models import (
    Approach,
    CapacityAssessment,
    Concern,
    Consent,
    ContactRoute,
    Party,
    Preparation,
    Rating,
    ReadinessCheck,
    Referral,
    SafetyAnswers,
)
from restorative.accounts.models import User

if TYPE_CHECKING:
    pass


@dataclass
class Facts:
    """What is read once for the page of one person."""

    party: Party
    referral: Referral
    user: User
    at: datetime
    flags: Party
    consents: list[Consent]
    approaches: list[Approach]
    routes: list[ContactRoute]
    safety: SafetyAnswers | None
    concerns: list[Concern]
    check: ReadinessCheck | None
    preparation: Preparation | None
    rating: Rating | None
    capacity: CapacityAssessment | None
    people: list[Party]

    def flag(self, code: str) -> bool:
        """Whether this code stands in the way of booking, with this person."""
        return getattr(self.flags, f"blocked_{code}")

    def href(self, name: str, *args: Any) -> str:
        return reverse(f"referrals:{name}", args=[self.referral.reference, self.party.pk, *args])

    def newest(self, purpose: Purpose, recipient: Any = None) -> Consent | None:
        """The newest answer to one thing asked."""
        found = [
            row
            for row in self.consents
            if row.purpose == purpose and (recipient is None or row.recipient == recipient)
        ]
        return max(found, key=lambda row: row.seq, default=None)

    @property
    def asked_first(self) -> bool:
        return any(row.asked_first for row in self.approaches)


def gather(party: Party, user: User, at: datetime) -> Facts:
    """Read what the page needs: a fixed number of queries."""

    def rows(model: type) -> Any:
        return model.objects.visible_to(user).filter(party=party)

    kinds = [ReadinessKind.FULL, ReadinessKind.CHECK_IN]
    flags = blockers.with_party_blockers(Party.objects.opened_by(user).filter(pk=party.pk), Gate.BOOK, at)
    return Facts(
        party=party,
        referral=party.referral,
        user=user,
        at=at,
        flags=flags.get(),
        consents=list(rows(Consent).select_related("taken_by", "sheet").order_by("-taken_at", "-seq")),
        approaches=list(rows(Approach).select_related("created_by").order_by("-created_at")),
        routes=list(
            rows(ContactRoute)
            .filter(replaced_at__isnull=True)
            .select_related("confirmed_by")
            .order_by("-allowed", "-created_at")
        ),
        safety=rows(SafetyAnswers).order_by("-asked_at").first(),
        concerns=list(rows(Concern).order_by("-raised_at")),
        check=rows(ReadinessCheck).filter(kind__in=kinds).order_by("-completed_at").first(),
        preparation=rows(Preparation).order_by("-held_at").first(),
        rating=rows(Rating).order_by("-created_at").first(),
        capacity=rows(CapacityAssessment).order_by("-assessed_at").first(),
        people=presenters.parties_for(party.referral, user),
    )
