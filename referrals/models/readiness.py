"""Preparations, ratings, safety answers, readiness checks and capacity assessments: dated rows of one party that never
change."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from referrals.enums import Capacity, CapacityResult, ChildResult, Format, RatingPoint, ReadinessKind, Ready
from referrals.models.party import Party
from referrals.querysets import SafetyQuerySet, SealedQuerySet
from restorative.common.fields import EncryptedJSONField, EncryptedTextField
from restorative.common.models import BaseModel, optional_staff, pair
from restorative.common.protected import protected_manager


class SafetyAnswers(BaseModel):
    """One party's answers to a worker about fear, control, violence either way, orders and bail."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="safety_answers")
    asked_alone = models.BooleanField()
    shares_home = models.BooleanField()
    answers = EncryptedJSONField(default=dict)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = protected_manager(SafetyQuerySet)

    class Meta:
        ordering = ["asked_at", "id"]
        verbose_name_plural = "safety answers"
        indexes = [models.Index(fields=["party", "-asked_at"], name="safety_newest")]


class ReadinessCheck(BaseModel):
    """Whether this is the right time for one party. `result` is the rules', `judgement` the worker's; it expires."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="readiness_checks")
    kind = models.CharField(max_length=10, choices=ReadinessKind.choices)
    answers = EncryptedJSONField(default=dict)
    notes = EncryptedJSONField(default=dict)
    result = models.CharField(max_length=10, choices=Ready.choices)
    judgement = models.CharField(max_length=10, choices=Ready.choices)
    reason = EncryptedTextField(blank=True, default="")
    completed_at = models.DateTimeField()
    completed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=10, choices=Capacity.choices, default=Capacity.CLEAR)
    expires_at = models.DateTimeField()
    accepted_late_at = models.DateTimeField(null=True, blank=True)
    accepted_late_by = optional_staff()
    accepted_why = EncryptedTextField(blank=True, default="")

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["completed_at", "id"]
        indexes = [models.Index(fields=["party", "kind", "-completed_at"], name="readiness_newest")]
        constraints = [
            pair(
                "accepted_late",
                "late_check_accepted_when_and_who",
                "A late check that was accepted says when and by whom.",
            )
        ]


class CapacityAssessment(BaseModel):
    """Whether a party can make this decision, with the help that was given. No other person can decide for them."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="capacity_assessments")
    help_given = EncryptedTextField()
    result = models.CharField(max_length=10, choices=CapacityResult.choices)
    assessed_at = models.DateTimeField()
    assessed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["assessed_at", "id"]
        indexes = [models.Index(fields=["party", "-assessed_at"], name="capacity_newest")]


class ChildDecision(BaseModel):
    """Whether a party under 16 understands enough to decide, or a parent who takes no part gives authority.

    Their own yes is needed in either case: it is a normal consent.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="child_decisions")
    result = models.CharField(max_length=10, choices=ChildResult.choices)
    how_known = EncryptedTextField()
    parent = EncryptedTextField(blank=True, default="")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = protected_manager(SafetyQuerySet)

    class Meta:
        ordering = ["recorded_at", "id"]
        indexes = [models.Index(fields=["party", "-recorded_at"], name="child_decision_newest")]


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
