"""What is to be done, stored beside the facts it follows from: My work and the lists of managers read it by index.
Computed by referrals/duties and written by projections.py alone."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from referrals.querysets_duties import DutyQuerySet
from restorative.common.protected import protected_manager


class Duty(models.Model):
    """One thing that a principal has to do, or is to know of, for a time.

    `thing` is the row it rests on; what it says is read from there. With a party, only workers who open that
    compartment may know of it; with `safety`, also those who open concerns and safety answers. With
    `second_person`, it is only for a worker who has no part in the referral, and not the one in `not_for`.
    """

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey("referrals.Referral", on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(
        "referrals.Party",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    kind = models.CharField(max_length=60)
    section = models.PositiveSmallIntegerField()
    principal = models.CharField(max_length=60)
    thing = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    starts_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    safety = models.BooleanField(default=False)
    second_person = models.BooleanField(default=False)
    not_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    objects = protected_manager(DutyQuerySet)

    class Meta:
        verbose_name_plural = "duties"
        indexes = [
            models.Index(fields=["principal", "section", "due_at"], name="duty_list"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="duty_ends_after_it_starts",
                violation_error_message="A duty ends after it starts.",
            ),
        ]
