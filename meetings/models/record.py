"""What may be noted of a meeting: per prompt, only what each person agreed to. Never a transcript."""

from django.db import models

from meetings.enums import Offered
from meetings.models.meeting import Meeting
from meetings.querysets import RecordQuerySet
from restorative.common.fields import EncryptedJSONField, EncryptedTextField
from restorative.common.models import BaseModel
from restorative.common.protected import protected_manager


class Record(BaseModel):
    """The record of one meeting that took place. Opened by workers of the people who were there."""

    meeting = models.OneToOneField(Meeting, on_delete=models.PROTECT, related_name="record")
    answers = EncryptedJSONField(default=dict)
    apology_offered = models.CharField(max_length=10, choices=Offered.choices, blank=True)
    apology_accepted = models.CharField(max_length=10, choices=Offered.choices, blank=True)
    helped = models.CharField(max_length=10, choices=Offered.choices)
    stopped_why = EncryptedTextField(blank=True, default="")

    objects = protected_manager(RecordQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
