"""Follow-up with each person separately after a meeting: the debrief and the calls after 2, 6 and 12 weeks.
Sealed in that person's compartment, with every attempt to reach them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from meetings.enums import AttemptResult, FollowUpKind, FollowUpResult
from meetings.models.meeting import Meeting
from referrals.querysets import SealedQuerySet
from restorative.common.fields import EncryptedJSONField, EncryptedTextField
from restorative.common.models import BaseModel, optional_staff
from restorative.common.protected import protected_manager


class FollowUp(BaseModel):
    """One call that is due with one person after one meeting, and its result."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="follow_ups")
    party = models.ForeignKey("referrals.Party", on_delete=models.PROTECT, related_name="follow_ups")
    kind = models.CharField(max_length=20, choices=FollowUpKind.choices)
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = optional_staff()
    result = models.CharField(max_length=20, choices=FollowUpResult.choices, blank=True, default="")
    answers = EncryptedJSONField(default=dict)
    notes = EncryptedTextField(blank=True, default="")

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["due_on", "created_at", "id"]
        indexes = [models.Index(fields=["done_at", "due_on"], name="follow_up_due")]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "party", "kind"], name="one_follow_up_of_a_kind"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True, result="")
                | Q(done_at__isnull=False, done_by__isnull=False) & ~Q(result=""),
                name="follow_up_done_when_who_and_how",
                violation_error_message="A call that is done says when, by whom and what came of it.",
            ),
        ]


class Attempt(BaseModel):
    """A failed attempt to reach a person."""

    follow_up = models.ForeignKey(FollowUp, on_delete=models.PROTECT, related_name="attempts")
    party = models.ForeignKey("referrals.Party", on_delete=models.PROTECT, related_name="+")
    result = models.CharField(max_length=20, choices=AttemptResult.choices)
    attempted_at = models.DateTimeField()
    attempted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["attempted_at", "id"]
