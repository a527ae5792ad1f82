"""Projections: results of rules, stored with a referral's facts so that pages and lists read them by index.
Computed by access_rules.py, written only by projections.py; they can be recomputed at any time."""

from django.db import models
from django.db.models import Q

from referrals.enums import AccessLevel
from restorative.common.protected import ProtectedQuerySet, protected_manager

# Kept in the indexes of access, so that PostgreSQL answers from these alone.
WHEN = ("organisation", "starts_at", "ends_at")


class Access(models.Model):
    """A principal sees a referral, or opens one of its compartments, for a time.

    Without a start or an end it counts as long as the row exists. With an organisation it counts only for users who
    belong to it. With a sheet it rests on an answer given on that information sheet, and ends when the sheet is
    materially changed.
    """

    id = models.BigAutoField(primary_key=True)
    # The indexes below begin with these two.
    referral = models.ForeignKey(
        "referrals.Referral", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    party = models.ForeignKey(
        "referrals.Party",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    principal = models.CharField(max_length=60)
    level = models.CharField(max_length=10, choices=AccessLevel.choices)
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    sheet = models.ForeignKey(
        "referrals.InformationSheet", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = protected_manager(ProtectedQuerySet)

    class Meta:
        verbose_name_plural = "access"
        indexes = [
            # Each has all columns that a query asks about, and no more keys than it is entered by. With the referral as
            # a third key, PostgreSQL would look for a referral's rows once for each principal of a user.
            models.Index(
                fields=["principal", "level"],
                include=["referral", "party", *WHEN],
                name="access_of_principal",
            ),
            models.Index(
                fields=["referral", "level"], include=["principal", "party", *WHEN], name="access_of_referral"
            ),
            models.Index(
                fields=["party", "level"], include=["principal", "referral", *WHEN], name="access_of_party"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(level=AccessLevel.SHELL) | Q(party__isnull=False),
                name="compartments_are_of_one_party",
                violation_error_message="A compartment belongs to one party.",
            ),
        ]
