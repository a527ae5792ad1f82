"""Principals, to whom access is given: a user, a worker's team mates, an organisation's managers or safeguarding
leads, a grant's holder. A user's principals follow from their row only, so that a change of role, team or
organisation takes effect at the next request."""

from typing import TYPE_CHECKING
from uuid import UUID

from restorative.accounts.models import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

MATES = "mates:"


def user(key: UUID) -> str:
    """One worker, through a part they have."""
    return f"user:{key}"


def mates(key: UUID) -> str:
    """Everyone in the team of that worker."""
    return f"{MATES}{key}"


def managers(organisation: UUID) -> str:
    return f"managers:{organisation}"


def leads(organisation: UUID) -> str:
    return f"leads:{organisation}"


def staff(organisation: UUID) -> str:
    """Everyone who does casework in an organisation; only for duties, it gives no access."""
    return f"staff:{organisation}"


def grant(key: UUID) -> str:
    return f"grant:{key}"


def does_casework(who: "User | AnonymousUser") -> bool:
    """Whether they are staff who may sign in and do casework."""
    return bool(who.is_authenticated and who.is_active and who.does_casework)


def may_see_any(who: "User | AnonymousUser") -> bool:
    """Whether any referral can be visible to them: casework staff; and governance, through grants only."""
    return does_casework(who) or bool(who.is_authenticated and who.is_active and who.is_governance)


def principals_of(who: "User | AnonymousUser") -> list[str]:
    """A user's principals; computed once for each user row that was read."""
    if not isinstance(who, User) or not may_see_any(who):
        return []
    basis = (who.organisation_id, who.team_id, who.role, who.safeguarding_lead)
    known: tuple[tuple, list[str]] | None = getattr(who, "_principals", None)
    if known is None or known[0] != basis:
        known = basis, _principals(who)
        setattr(who, "_principals", known)  # noqa: B010 - it lives as long as the row that was read
    return known[1]


def _principals(who: User) -> list[str]:
    if not who.does_casework:
        return [grant(who.pk)]
    found = [user(who.pk), grant(who.pk)]
    if who.team_id is not None:
        found += map(mates, User.objects.filter(team=who.team_id).values_list("pk", flat=True))
    if who.is_manager:
        found.append(managers(who.organisation_id))
    if who.safeguarding_lead:
        found.append(leads(who.organisation_id))
    return found
