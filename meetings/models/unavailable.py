"""A facilitator's absence from a meeting, as a fact.
meetings/actions/standing_in.py handles it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from meetings.models.meeting import Meeting
from meetings.querysets import UnavailableQuerySet
from restorative.common.models import BaseModel, optional_staff, pair
from restorative.common.protected import protected_manager


class Unavailable(BaseModel):
    """One facilitator cannot be at one meeting, and who is asked to stand in. Settled if they can come after all."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="unavailable")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(
        "referrals.Involvement", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = optional_staff()

    objects = protected_manager(UnavailableQuerySet)

    class Meta:
        ordering = ["said_at", "id"]
        verbose_name_plural = "unavailable"
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "user"], condition=Q(settled_at__isnull=True), name="once_unavailable"
            ),
            pair(
                "settled",
                "unavailable_settled_when_and_who",
                "That it is settled is said by somebody, at a time.",
            ),
        ]
