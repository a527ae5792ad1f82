"""Workers' notes outside the forms. A correction is a further note; a saved note never changes."""

from django.db import models
from django.db.models import Q

from referrals.enums import Audience, NoteKind
from referrals.models.party import Party
from referrals.models.referral import Referral
from referrals.querysets import NoteQuerySet
from restorative.common.fields import EncryptedTextField
from restorative.common.models import BaseModel
from restorative.common.protected import protected_manager


class Note(BaseModel):
    """A note for one party's side, sealed with them; or, without a party, for all who work on the referral."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="notes")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    audience = models.CharField(max_length=10, choices=Audience.choices)
    kind = models.CharField(max_length=20, choices=NoteKind.choices)
    text = EncryptedTextField()
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )

    objects = protected_manager(NoteQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["referral", "-created_at"], name="note_of_referral"),
            models.Index(fields=["party", "-created_at"], name="note_of_party"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience=Audience.SIDE, party__isnull=False)
                | Q(audience=Audience.ALL, party__isnull=True),
                name="note_of_a_side_has_a_party",
                violation_error_message="A note for one person’s side names the person, and only such a note does.",
            )
        ]
