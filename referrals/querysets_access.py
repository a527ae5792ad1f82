"""Which grants, bars and protective shares a user may know of."""

from typing import Self

from django.db.models import Case, OuterRef, Prefetch, Q, UUIDField, Value, When
from django.db.models.functions import Coalesce

from referrals.enums import NOBODY
from referrals.principals import does_casework, may_see_any
from referrals.querysets_involvement import of_another_side, rows_of
from referrals.querysets_rules import barred, opened
from restorative.accounts.models import User
from restorative.common.protected import ProtectedQuerySet


def _oversees(user: User) -> Q:
    """Rows about the workers of the user's own organisation, if the user oversees access there."""
    if not (user.is_manager or user.safeguarding_lead or user.is_governance):
        return Q(pk__in=[])
    return Q(organisation=user.organisation_id)


def _another_side(user: User) -> Q:
    """Grants for another side of the referral than the party the user supports, ever supported, or stands in for as
    lead."""
    side = Coalesce(OuterRef("party__beside"), OuterRef("party"), Value(NOBODY), output_field=UUIDField())
    return of_another_side(user.pk, side, OuterRef("referral"))


class GrantQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User) -> Self:
        """The user's own grants; for managers, safeguarding leads and governance also those of their organisation's
        workers. Never of a referral they are barred from; and for a safeguarding lead who supports a party
        there, never of another side, because the reason is sealed with that side. Annotates `overseen`: visible
        by oversight, not only as their own."""
        if not may_see_any(user):
            return self.none().scoped("visible_to: no casework")
        own, oversees = Q(user=user) | Q(created_by=user), _oversees(user)
        if not user.is_manager:
            oversees &= ~_another_side(user)
        overseen = Case(When(oversees, then=Value(True)), default=Value(False))
        rows = self.filter(own | oversees, ~barred(user.pk, "referral"))
        return rows.annotate(overseen=overseen).scoped("visible_to")

    def with_workers(self) -> Self:
        """With the workers that a row of a list names."""
        return self.select_related("user", "given_by", "ended_by", "created_by")


def named_by_grants() -> list[Prefetch]:
    """What a row of a list names beside its workers: the party's place and the reference. They are read by the ids of
    the page: joined, PostgreSQL would read all parties for a hundred rows."""
    return [
        Prefetch("party", rows_of("Party").only("place")),
        Prefetch("referral", rows_of("Referral").only("reference")),
    ]


class BarQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Bars of their organisation's workers, for managers, safeguarding leads and governance; never one's own."""
        if not may_see_any(user):
            return self.none().scoped("visible_to: no casework")
        return self.filter(_oversees(user), ~barred(user.pk, "referral")).scoped("visible_to")


class ProtectiveShareQuerySet(ProtectedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Shares about parties this user opens; and for safeguarding leads, about parties of their organisation,
        with or without an open concern. Not for a safeguarding lead who works for another party of that
        referral."""
        rule = opened(user)
        if does_casework(user) and user.safeguarding_lead:
            side = Coalesce(OuterRef("party__beside"), OuterRef("party"), output_field=UUIDField())
            other_side = (
                Q(party__referral__lead=user)
                | of_another_side(user.pk, side, OuterRef("party__referral"))
                | barred(user.pk, "party__referral")
            )
            rule |= Q(party__organisation=user.organisation_id) & ~Q(other_side)
        return self.filter(rule).scoped("visible_to")

    def to_look_at(self, user: User) -> Self:
        """Shares for this safeguarding lead to review: made by another worker and not reviewed yet."""
        if not user.safeguarding_lead:
            return self.none()
        return self.filter(looked_at__isnull=True, party__organisation=user.organisation_id).exclude(
            shared_by=user
        )
