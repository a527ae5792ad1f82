"""The base of addressable models, and two rows every form uses: what is being typed, and what was already sent in."""

import uuid

from django.conf import settings
from django.db import models

from restorative.common.fields import EncryptedJSONField


class BaseModel(models.Model):
    """A row with a random id, when it came to be and who made it. Actions set both; nothing here reads a clock."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True


class Draft(models.Model):
    """What somebody has typed into one form and not yet sent. Private to its owner; kept 30 days.

    `place` is the form's route name with its thing's id, never an address. One that was thrown away can be put back
    until the 30 days are over.
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
    """A form that was sent in once. The second press of the same button finds this row and its answer."""

    token = models.UUIDField(primary_key=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # A keyed hash of what was typed (drafts.digest): the same token with other words is not the same press.
    digest = models.CharField(max_length=64, default="", editable=False)
    next_path = models.CharField(max_length=300, default="", blank=True)
    sent_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sent_at"], name="submission_sent_at")]


class Heartbeat(models.Model):
    """When a clock of the service (beat, a task of the timetable) was last seen to work. Read by the health page."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
