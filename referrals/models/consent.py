"""Consent: append-only rows, party × purpose × recipient, of which the newest counts; and the information sheets."""

from django.db import models

from referrals.enums import NOBODY, Answer, Capacity, How, Purpose
from referrals.models.party import Party
from referrals.querysets import ConsentQuerySet
from restorative.common.fields import EncryptedTextField
from restorative.common.models import BaseModel, optional_staff, pair
from restorative.common.protected import protected_manager


class InformationSheet(BaseModel):
    """A version of the information that participants get before they answer. A material change voids older answers."""

    version = models.PositiveIntegerField(unique=True)
    words = models.TextField()
    published_at = models.DateTimeField()
    materially_changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["version"]


class Consent(BaseModel):
    """One answer of one party for one purpose. `recipient` is the id of the party or organisation it is about, or
    NOBODY."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    recipient = models.UUIDField(default=NOBODY)
    seq = models.PositiveIntegerField()
    answer = models.CharField(max_length=10, choices=Answer.choices)
    heard_alone_at = models.DateTimeField(null=True, blank=True)
    heard_alone_by = optional_staff()
    sheet = models.ForeignKey(InformationSheet, on_delete=models.PROTECT, related_name="+")
    wording = EncryptedTextField(blank=True, default="")
    how = models.CharField(max_length=20, choices=How.choices)
    language = models.CharField(max_length=60, blank=True)
    interpreter = models.BooleanField(default=False)
    capacity = models.CharField(max_length=10, choices=Capacity.choices, default=Capacity.CLEAR)
    why_back = EncryptedTextField(blank=True, default="")
    counts_from = models.DateTimeField()
    expires_on = models.DateField()
    taken_at = models.DateTimeField()
    taken_by = optional_staff()

    objects = protected_manager(ConsentQuerySet)

    class Meta:
        ordering = ["taken_at", "seq"]
        indexes = [models.Index(fields=["party", "purpose", "recipient", "-seq"], name="consent_newest")]
        constraints = [
            models.UniqueConstraint(fields=["party", "purpose", "recipient", "seq"], name="one_answer_a_seq"),
            pair("heard_alone", "consent_heard_when_and_who", "A consent heard alone says when and by whom."),
        ]
