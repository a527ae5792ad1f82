"""What the page of one person is made from, read once, for whoever opens their compartment."""

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from referrals import blockers, presenters
from referrals.enums import (
    ApproachResult,
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
    Task,
)
from restorative.accounts.models import User


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
    concerns: list[Concern]
    people: list[Party]
    # The plain columns of the newest row of each, or None: safety, check, preparation, rating, capacity, task.
    safety: Any = None
    check: Any = None
    preparation: Any = None
    rating: Any = None
    capacity: Any = None
    task: Any = None

    def flag(self, code: str) -> bool:
        """Whether this code stands in the way of booking, with this person.

        That the words are missing is theirs until they have answered; after that it is the side's whose words they are.
        """
        stands = getattr(self.flags, f"blocked_{code}")
        if stands and code == "wording_not_approved":
            return not self.party.answered_at and not presenters.words_stood(self.party, self.user)
        return stands

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
    def said_no(self) -> bool:
        """Whether they said "do not approach", and have not come to us since: the newest first."""
        for row in self.approaches:
            if row.asked_first or row.result == ApproachResult.ANSWERED:
                return False
            if row.result == ApproachResult.DO_NOT_APPROACH:
                return True
        return False

    @property
    def asked_first(self) -> bool:
        return any(row.asked_first for row in self.approaches)


def gather(party: Party, user: User, at: datetime) -> Facts:
    """Read what the page needs: a fixed number of queries."""

    def rows(model: type) -> Any:
        return model.objects.visible_to(user).filter(party=party)

    asked = blockers.with_party_blockers(Party.objects.opened_by(user).filter(pk=party.pk), Gate.BOOK, at)
    flags = asked.annotate(**_newest_columns()).get()
    return Facts(
        party=party,
        referral=party.referral,
        user=user,
        at=at,
        flags=flags,
        consents=list(rows(Consent).select_related("taken_by", "sheet").order_by("-taken_at", "-seq", "pk")),
        approaches=list(rows(Approach).select_related("created_by").order_by("-created_at", "-pk")),
        routes=list(
            rows(ContactRoute)
            .filter(replaced_at__isnull=True)
            .select_related("confirmed_by")
            .order_by("-allowed", "-created_at", "-pk")
        ),
        concerns=list(rows(Concern).order_by("-raised_at", "-pk")),
        people=presenters.parties_for(party.referral, user),
        **{name: _newest_of(flags, name) for name in NEWEST},
    )


KINDS = {"kind__in": [ReadinessKind.FULL, ReadinessKind.CHECK_IN]}
# Which rows, the column that says which is newest, and the columns wanted.
NEWEST: dict[str, tuple[type, dict[str, Any], str, tuple[str, ...]]] = {
    "safety": (SafetyAnswers, {}, "asked_at", ("asked_at", "shares_home")),
    "check": (
        ReadinessCheck,
        KINDS,
        "completed_at",
        ("completed_at", "judgement", "expires_at", "accepted_late_at"),
    ),
    "preparation": (Preparation, {}, "held_at", ("held_at",)),
    "rating": (Rating, {}, "created_at", ("created_at", "point")),
    "capacity": (CapacityAssessment, {}, "assessed_at", ("assessed_at", "result")),
    "task": (Task, {"done_at__isnull": True}, "created_at", ("created_at",)),
}


def _newest(model: type, filters: dict[str, Any], order: str, column: str) -> Subquery:
    rows = model._base_manager.filter(party=OuterRef("pk"), **filters).order_by(f"-{order}", "-pk")
    return Subquery(rows.values(column)[:1])


def _newest_columns() -> dict[str, Subquery]:
    """The wanted columns, all in the one query that also asks what stands in the way."""
    return {
        f"{name}_{column}": _newest(model, filters, order, column)
        for name, (model, filters, order, columns) in NEWEST.items()
        for column in columns
    }


def _newest_of(flags: Party, name: str) -> SimpleNamespace | None:
    _, _, order, columns = NEWEST[name]
    if getattr(flags, f"{name}_{order}") is None:
        return None
    return SimpleNamespace(**{column: getattr(flags, f"{name}_{column}") for column in columns})
