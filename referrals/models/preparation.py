"""Preparations with one party alone, and that party's private ratings."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from referrals.enums import Format, RatingPoint
from referrals.models.party import Party
from referrals.querysets import SealedQuerySet
from restorative.common.fields import EncryptedJSONField, EncryptedTextField
from restorative.common.models import BaseModel
from restorative.common.protected import protected_manager


class Preparation(BaseModel):
    """A preparation that took place: hopes, fears, limits; and what the party wants said or carried."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="preparations")
    format = models.CharField(max_length=20, choices=Format.choices)
    answers = EncryptedJSONField(default=dict)
    may_carry = EncryptedTextField(blank=True, default="")
    held_at = models.DateTimeField()
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["held_at", "id"]
        indexes = [models.Index(fields=["party", "-held_at"], name="preparation_newest")]


class Rating(BaseModel):
    """One party's ratings at one point, 0 to 10 each; None if they would rather not say."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="ratings")
    point = models.CharField(max_length=20, choices=RatingPoint.choices)
    relationship = models.PositiveSmallIntegerField(null=True, blank=True)
    safe = models.PositiveSmallIntegerField(null=True, blank=True)
    hope = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["party", "point"], name="rating_point")]
        constraints = [
            models.CheckConstraint(
                condition=Q(relationship__isnull=True) | Q(relationship__lte=10),
                name="relationship_rated_0_to_10",
                violation_error_message="A rating is from 0 to 10.",
            ),
            models.CheckConstraint(
                condition=Q(safe__isnull=True) | Q(safe__lte=10),
                name="safe_rated_0_to_10",
                violation_error_message="A rating is from 0 to 10.",
            ),
            models.CheckConstraint(
                condition=Q(hope__isnull=True) | Q(hope__lte=10),
                name="hope_rated_0_to_10",
                violation_error_message="A rating is from 0 to 10.",
            ),
        ]
