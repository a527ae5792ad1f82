"""The base class of addressable models, and what they declare alike; drafts and submissions, which every form uses;
heartbeats."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from restorative.common.fields import EncryptedJSONField

if TYPE_CHECKING:
    from restorative.accounts.models import User


def optional_staff(*, related_name: str = "+") -> "models.ForeignKey[User | None, User | None]":
    """A member of staff, or none yet: who released or cleared something."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name=related_name
    )


def pair(event: str, name: str, sentence: str) -> models.CheckConstraint:
    """`<event>_at` and `<event>_by` are both set or both empty; otherwise `sentence` is said."""
    at, by = f"{event}_at__isnull", f"{event}_by__isnull"
    return models.CheckConstraint(
        condition=Q(**{at: True, by: True}) | Q(**{at: False, by: False}),
        name=name,
        violation_error_message=sentence,
    )


class BaseModel(models.Model):
    """A row with a random id, its creation time and its creator. Actions set both; nothing here reads the clock."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True


class Draft(models.Model):
    """Text typed into one form and not yet submitted. Private to its owner; kept 30 days.

    `place` is the form's route name and its arguments, never an address. A deleted draft can be restored until the 30
    days are over.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    place = models.CharField(max_length=200)
    title = models.CharField(max_length=120)
    typed = EncryptedJSONField(default=dict)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    thrown_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "place"], name="one_draft_per_form")]
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="draft_owner_updated"),
            models.Index(fields=["updated_at"], name="draft_updated"),
        ]
        ordering = ["-updated_at", "-id"]


class Submission(models.Model):
    """A submitted form. A second press of the same button finds this row and gets its answer."""

    token = models.UUIDField(primary_key=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # A keyed hash of the values (drafts.digest): the same token with other values is a different submission.
    digest = models.CharField(max_length=64, default="", editable=False)
    next_path = models.CharField(max_length=300, default="", blank=True)
    sent_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sent_at"], name="submission_sent_at")]


class Heartbeat(models.Model):
    """When beat or a periodic task last ran. The health page reads it."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
