"""Concerns, their sign-offs and protective shares, sealed in the compartment where they were heard; and the records
check, of which other users see only "waiting" or "done", with its hits."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from referrals.enums import ConcernKind, Likeness, ShareWith, SignOffDecision, Verdict
from referrals.models.party import Party, Person
from referrals.models.referral import Referral
from referrals.querysets import (
    ConcernQuerySet,
    NameKeyQuerySet,
    RecordsHitQuerySet,
    SafetyQuerySet,
    ShellQuerySet,
)
from referrals.querysets_access import ProtectiveShareQuerySet
from restorative.common.fields import EncryptedJSONField, EncryptedTextField
from restorative.common.models import BaseModel, optional_staff, pair
from restorative.common.protected import protected_manager


class Concern(BaseModel):
    """A stop or a sign-off. A stop is cleared only by a safeguarding lead who is not on the referral.

    `order` holds the facts of an order, bail or licence: kind, conditions, seen_by (empty: no worker has seen it)
    and ends_on; written_on and written_by if it was updated later, and `before`, the version before that.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="concerns")
    kind = models.CharField(max_length=30, choices=ConcernKind.choices)
    detail = EncryptedTextField(blank=True, default="")
    order = EncryptedJSONField(default=dict, blank=True)
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = optional_staff()
    evidence = EncryptedTextField(blank=True, default="")
    seen_alone_on = models.DateField(null=True, blank=True)

    objects = protected_manager(ConcernQuerySet)

    class Meta:
        ordering = ["raised_at", "id"]
        indexes = [
            models.Index(fields=["party", "cleared_at", "kind"], name="concern_open"),
        ]
        constraints = [
            pair(
                "cleared", "concern_cleared_when_and_who", "A concern that was cleared says when and by whom."
            )
        ]


class SignOff(BaseModel):
    """A second person's reasoned decision on one sign-off concern. It lasts 56 days, or until a new concern."""

    concern = models.ForeignKey(Concern, on_delete=models.PROTECT, related_name="sign_offs")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=20, choices=SignOffDecision.choices)
    reason = EncryptedTextField()
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()

    objects = protected_manager(SafetyQuerySet)

    # Annotated for the safety page: whether the decider still does not work on the referral.
    second: bool

    class Meta:
        ordering = ["decided_at", "id"]
        indexes = [models.Index(fields=["concern", "-decided_at"], name="sign_off_newest")]


class ProtectiveShare(BaseModel):
    """What was told, without asking for consent, to keep a person safe. A safeguarding lead of that side reviews
    it."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="protective_shares")
    to = models.CharField(max_length=20, choices=ShareWith.choices)
    reason = EncryptedTextField()
    content = EncryptedTextField()
    shared_at = models.DateTimeField()
    shared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_by = optional_staff()

    objects = protected_manager(ProtectiveShareQuerySet)

    class Meta:
        ordering = ["shared_at", "id"]
        indexes = [models.Index(fields=["party", "looked_at"], name="share_to_look_at")]
        constraints = [
            pair(
                "looked",
                "share_looked_at_when_and_who",
                "A protective share that was looked at says when and by whom.",
            )
        ]


class RecordsCheck(BaseModel):
    """The matching of names across organisations, asked for by a worker and released by a safeguarding lead."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="records_checks")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # When the names were last matched.
    matched_at = models.DateTimeField(null=True, blank=True)
    # A safeguarding lead has reviewed all hits; it is released at the next fixed time.
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = optional_staff()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = optional_staff()

    objects = protected_manager(ShellQuerySet)

    class Meta:
        ordering = ["asked_at", "id"]
        indexes = [models.Index(fields=["released_at", "asked_at"], name="records_check_waiting")]
        constraints = [
            pair(
                "released",
                "records_check_released_when_and_who",
                "A records check that was released says when and by whom.",
            ),
            pair(
                "done",
                "records_check_done_when_and_who",
                "A records check that is done says when and by whom.",
            ),
        ]


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
