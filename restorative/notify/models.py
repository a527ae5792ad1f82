"""The outbox: messages with their state and the time slots they have taken.
Only this app writes messages; the app that registered a kind knows what its messages are about."""

import uuid

from django.db import models

from restorative.common.fields import EncryptedTextField


class State(models.TextChoices):
    """The state of a message. `due` and `held` wait; `sending` is claimed; the others are final."""

    DUE = "due", "due"
    HELD = "held", "held"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    UNCERTAIN = "uncertain", "not known whether it was sent"
    CANCELLED = "cancelled", "cancelled"
    FAILED = "failed", "could not be sent"


WAITING = (State.DUE, State.HELD)


class Message(models.Model):
    """One thing to tell one person, once. The same thing again (a moved meeting) is a new version in a new row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    thing_id = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    recipient_id = models.UUIDField()
    group = models.UUIDField()
    to_worker = models.BooleanField(default=False)
    urgent = models.BooleanField(default=False)
    planned_for = models.DateTimeField()
    due_at = models.DateTimeField()
    useless_after = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    why_held = models.CharField(max_length=200, blank=True)
    claimed_at = models.DateTimeField(null=True)
    unwanted = models.BooleanField(default=False)  # cancelled while it was being sent: no retry
    attempts = models.PositiveSmallIntegerField(default=0)
    channel = models.CharField(max_length=10, blank=True)
    subject = EncryptedTextField(blank=True, default="")
    body = EncryptedTextField(blank=True, default="")
    provider_ref = models.CharField(max_length=120, blank=True)
    sent_at = models.DateTimeField(null=True)
    # Time slots of a message to a participant; unique constraints keep messages apart.
    spacing_group = models.UUIDField(null=True)
    spacing_minute = models.DateTimeField(null=True)
    spacing_day = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "thing_id", "version", "recipient_id"], name="message_once"
            ),
            models.UniqueConstraint(fields=["spacing_group", "spacing_minute"], name="message_group_minute"),
            models.UniqueConstraint(fields=["recipient_id", "spacing_day"], name="message_person_day"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="message_state_known"),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="message_sweep"),
            models.Index(fields=["group", "state"], name="message_group_state"),
        ]
