"""Phonetic keys of names, and the hits of a records check in the records of every organisation.
Only safeguarding leads of the leading organisation see hits; the check itself is in concern.py."""

from django.db import models
from django.db.models import Q

from referrals.enums import Likeness, Verdict
from referrals.models.concern import RecordsCheck
from referrals.models.party import Party, Person
from referrals.querysets import NameKeyQuerySet, RecordsHitQuerySet
from restorative.common.fields import EncryptedTextField
from restorative.common.models import BaseModel, optional_staff
from restorative.common.protected import protected_manager


class NameKey(models.Model):
    """One phonetic key of a person's name: see common/sounds.py. Kept by the actions that create or rename a
    person."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    sounds = models.CharField(max_length=32)

    objects = protected_manager(NameKeyQuerySet)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["sounds", "person"], name="name_sounds")]
        constraints = [models.UniqueConstraint(fields=["person", "sounds"], name="a_sound_once_a_person")]


class RecordsHit(BaseModel):
    """A person in any organisation's records who may be one of a referral's people. A safeguarding lead decides."""

    records_check = models.ForeignKey(RecordsCheck, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    matched = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    likeness = models.PositiveSmallIntegerField(choices=Likeness.choices)
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True, default="")
    note = EncryptedTextField(blank=True, default="")
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_by = optional_staff()

    # Annotated by with_open_concerns; never stored.
    stop_open: bool
    sign_off_open: bool

    objects = protected_manager(RecordsHitQuerySet)

    class Meta:
        ordering = ["-likeness", "created_at", "id"]
        indexes = [models.Index(fields=["records_check", "-likeness"], name="hits_of_check")]
        constraints = [
            models.UniqueConstraint(fields=["records_check", "party", "matched"], name="found_once_a_check"),
            models.CheckConstraint(
                condition=Q(verdict="", looked_at__isnull=True, looked_by__isnull=True)
                | (~Q(verdict="") & Q(looked_at__isnull=False, looked_by__isnull=False)),
                name="hit_looked_at_when_and_who",
                violation_error_message="Who said whether it is them says when.",
            ),
        ]
