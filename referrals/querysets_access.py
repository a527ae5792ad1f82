"""Who may know of access by name, of bars, and of what was shared to protect somebody."""

from typing import TYPE_CHECKING, Self

from django.db.models import Case, OuterRef, Q, UUIDField, Value, When
from django.db.models.functions import Coalesce

from referrals.enums import NOBODY
from referrals.principals import does_casework, may_see_any
from referrals.querysets_involvement import of_another_side
from referrals.querysets_rules import barred, opened_ids
from restorative.common.protected import ProtectedQuerySet

if TYPE_CHECKING:
    from restorative.accounts.models import User


def _oversees(user: "User") -> Q:
    """Rows about their organisation's own workers, for those who look after access there."""
    if not (user.is_manager or user.safeguarding_lead or user.is_governance):
        return Q(pk__in=[])
    return Q(organisation=user.organisation_id)


def _another_side(user: "User") -> Q:
    """Grants of a referral in which they support somebody else than whom it is for, or ever did, or stand in for."""
    side = Coalesce(OuterRef("party__beside"), OuterRef("party"), Value(NOBODY), output_field=UUIDField())
    return of_another_side(user.pk, side, OuterRef("referral"))


class GrantQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Their own; of their organisation's workers for managers, safeguarding leads and governance. Never of a
        referral they are barred from; nor, where a safeguarding lead supports somebody in it, of another side: why
        somebody was let in there is that side's. Adds `overseen`: by that, and not because they asked for it."""
        if not may_see_any(user):
            return self.none().scoped("visible_to: no casework")
        own, oversees = Q(user=user) | Q(created_by=user), _oversees(user)
        if not user.is_manager:
            oversees &= ~_another_side(user)
        overseen = Case(When(oversees, then=Value(True)), default=Value(False))
        rows = self.filter(own | oversees, ~barred(user.pk, "referral"))
        return rows.annotate(overseen=overseen).scoped("visible_to")


class BarQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """Of their organisation's workers, for managers, safeguarding leads and governance; never one's own."""
        if not may_see_any(user):
            return self.none().scoped("visible_to: no casework")
        return self.filter(_oversees(user), ~barred(user.pk, "referral")).scoped("visible_to")


class ProtectiveShareQuerySet(ProtectedQuerySet):
    def visible_to(self, user: "User") -> Self:
        """What was shared about parties this user opens; and for safeguarding leads, about parties of their
        organisation, whether or not a concern is open. Not for a lead who works for somebody else in that referral."""
        rule = Q(party__in=opened_ids(user))
        if does_casework(user) and user.safeguarding_lead:
            side = Coalesce(OuterRef("party__beside"), OuterRef("party"), output_field=UUIDField())
            other_side = (
                Q(party__referral__lead=user)
                | of_another_side(user.pk, side, OuterRef("party__referral"))
                | barred(user.pk, "party__referral")
            )
            rule |= Q(party__organisation=user.organisation_id) & ~Q(other_side)
        return self.filter(rule).scoped("visible_to")

    def to_look_at(self, user: "User") -> Self:
        """Of these, what this safeguarding lead is told of: shared by somebody else, and looked at by nobody yet."""
        if not user.safeguarding_lead:
            return self.none()
        return self.filter(looked_at__isnull=True, party__organisation=user.organisation_id).exclude(
            shared_by=user
        )
