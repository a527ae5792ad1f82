"""Who worked on a referral, in which part and when; grants (access by name, for a limited time) and bars (no access,
for a conflict of interest). What they open and shut is decided in querysets.py, with all other access rules."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from referrals.enums import MEETING_PARTS, PARTY_PARTS, GrantKind, Part
from referrals.models.party import Party
from referrals.models.referral import Referral
from referrals.querysets import InvolvementQuerySet
from referrals.querysets_access import BarQuerySet, GrantQuerySet
from restorative.common.fields import EncryptedTextField
from restorative.common.models import BaseModel, optional_staff, pair
from restorative.common.protected import protected_manager


class Grant(BaseModel):
    """One worker may open one referral, and with `party` that party's compartment, until a time. `created_by` asked.

    A second person gives it; emergency access a worker gives themselves. Refused if `given_at` is empty and it
    ended.
    """

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="grants")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="grants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=GrantKind.choices)
    reason = EncryptedTextField()
    until = models.DateTimeField()
    given_at = models.DateTimeField(null=True, blank=True)
    given_by = optional_staff()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = optional_staff()

    objects = protected_manager(GrantQuerySet)

    # Annotated by visible_to for one viewer; never stored.
    overseen: bool

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["user", "referral", "until"], name="grant_of_worker"),
            models.Index(fields=["organisation", "-created_at"], name="grant_of_organisation"),
            models.Index(fields=["-created_at", "-id"], name="grant_newest"),
        ]
        constraints = [
            pair("given", "grant_given_when_and_who", "Access that was given says when and by whom."),
            pair("ended", "grant_ended_when_and_who", "Access that was ended says when and by whom."),
            models.CheckConstraint(
                condition=Q(kind=GrantKind.EMERGENCY) | Q(given_by__isnull=True) | ~Q(given_by=F("user")),
                name="grant_needs_a_second_person",
                violation_error_message="Nobody gives access to themselves, but in an emergency.",
            ),
        ]


class Bar(BaseModel):
    """One worker must see nothing of one referral, for a conflict of interest. It overrides every other rule."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="bars")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    reason = EncryptedTextField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = optional_staff()

    objects = protected_manager(BarQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "user"], condition=Q(lifted_at__isnull=True), name="barred_once"
            ),
            pair("lifted", "bar_lifted_when_and_who", "A bar that was lifted says when and by whom."),
        ]


class Involvement(BaseModel):
    """One worker's part in one referral. Rows are added and ended, never otherwise changed and never deleted.

    `Referral.lead` and `Party.keyworker` point to the users of the open rows.
    """

    referral = models.ForeignKey("referrals.Referral", on_delete=models.PROTECT, related_name="involvements")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="involvements")
    part = models.CharField(max_length=20, choices=Part.choices)
    party = models.ForeignKey(
        "referrals.Party", on_delete=models.PROTECT, null=True, blank=True, related_name="involvements"
    )
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    objects = protected_manager(InvolvementQuerySet)

    class Meta:
        ordering = ["since", "id"]
        indexes = [
            models.Index(fields=["referral", "user"], name="involvement_of_referral"),
            models.Index(fields=["user", "until"], name="involvement_of_user"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "user"],
                condition=Q(until__isnull=True, part__in=MEETING_PARTS),
                name="one_current_part_each",
            ),
            models.UniqueConstraint(
                fields=["party"],
                condition=Q(until__isnull=True, part=Part.KEYWORKER),
                name="one_keyworker_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["referral"],
                condition=Q(until__isnull=True, part=Part.LEAD),
                name="one_lead_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="involvement_ends_after_it_starts",
                violation_error_message="A part ends after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(part__in=PARTY_PARTS, party__isnull=False)
                | ~Q(part__in=PARTY_PARTS) & Q(party__isnull=True),
                name="parts_of_one_party_name_it",
                violation_error_message="A keyworker, a receiver and cover are for one party; other parts for none.",
            ),
        ]
