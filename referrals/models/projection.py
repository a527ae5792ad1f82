"""Projections: results of rules, stored with a referral’s facts so that pages and lists read them by index. Computed by
access_rules.py, duties and summary.py; written only by projections.py; they can be recomputed at any time."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from referrals.enums import AccessLevel, Kind, Stage
from referrals.models.referral import Referral
from referrals.querysets_duties import DutyQuerySet
from referrals.querysets_lists import NameWordQuerySet, SummaryQuerySet
from restorative.common.names import LONGEST_WORD
from restorative.common.protected import ProtectedQuerySet, protected_manager

# Kept in the indexes of access, so that PostgreSQL answers from these alone.
WHEN = ("organisation", "starts_at", "ends_at")


class Access(models.Model):
    """A principal sees a referral, or opens one of its compartments, for a time.

    Without a start or an end it counts as long as the row exists. With an organisation it counts only for users who
    belong to it. With a sheet it rests on an answer given on that information sheet, and ends when the sheet is
    materially changed.
    """

    id = models.BigAutoField(primary_key=True)
    # The indexes below begin with these two.
    referral = models.ForeignKey(
        "referrals.Referral", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    party = models.ForeignKey(
        "referrals.Party",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    principal = models.CharField(max_length=60)
    level = models.CharField(max_length=10, choices=AccessLevel.choices)
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    sheet = models.ForeignKey(
        "referrals.InformationSheet", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = protected_manager(ProtectedQuerySet)

    class Meta:
        verbose_name_plural = "access"
        indexes = [
            # Each has all columns that a query asks about, and no more keys than it is entered by. With the referral as
            # a third key, PostgreSQL would look for a referral's rows once for each principal of a user.
            models.Index(
                fields=["principal", "level"],
                include=["referral", "party", *WHEN],
                name="access_of_principal",
            ),
            models.Index(
                fields=["referral", "level"], include=["principal", "party", *WHEN], name="access_of_referral"
            ),
            models.Index(
                fields=["party", "level"], include=["principal", "referral", *WHEN], name="access_of_party"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(level=AccessLevel.SHELL) | Q(party__isnull=False),
                name="compartments_are_of_one_party",
                violation_error_message="A compartment belongs to one party.",
            ),
        ]


class Duty(models.Model):
    """One thing that a principal has to do, or is to know of, for a time.

    `thing` is the row it rests on; what it says is read from there. With a party, only workers who open that
    compartment may know of it; with `safety`, also those who open concerns and safety answers. With
    `second_person`, it is only for a worker who has no part in the referral, and not the one in `not_for`.
    """

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey("referrals.Referral", on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(
        "referrals.Party",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    kind = models.CharField(max_length=60)
    section = models.PositiveSmallIntegerField()
    principal = models.CharField(max_length=60)
    thing = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    starts_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    safety = models.BooleanField(default=False)
    second_person = models.BooleanField(default=False)
    not_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    objects = protected_manager(DutyQuerySet)

    class Meta:
        verbose_name_plural = "duties"
        indexes = [
            models.Index(fields=["principal", "section", "due_at"], name="duty_list"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="duty_ends_after_it_starts",
                violation_error_message="A duty ends after it starts.",
            ),
        ]


class Summary(models.Model):
    """One referral as a row of a list.

    `stage_known` is the stage that every user who sees the referral may know. Where `hidden`, a step waits for release:
    users who open the compartment it came from know of a later stage (see show_stages). `waiting_since` is when it
    came to the known stage; empty once closed.
    `stop_open` and `sign_off_open` may be shown only to users who open the party, as may `hidden`.
    """

    referral = models.OneToOneField(
        Referral, on_delete=models.PROTECT, primary_key=True, related_name="summary"
    )
    reference = models.CharField(max_length=12)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    lead_organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    stage_known = models.CharField(max_length=20, choices=Stage.choices)
    hidden = models.BooleanField()
    participants = models.PositiveSmallIntegerField()
    logged_at = models.DateTimeField()
    waiting_since = models.DateTimeField(null=True)
    first_contact_at = models.DateTimeField(null=True)
    first_ready_at = models.DateTimeField(null=True)
    next_meeting_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    sign_off_open = models.BooleanField()
    stop_open = models.BooleanField()

    # Set by selectors.show_stages for one user; never stored.
    shown_stage: str

    objects = protected_manager(SummaryQuerySet)

    class Meta:
        verbose_name_plural = "summaries"
        indexes = [
            models.Index(fields=["-logged_at", "referral"], name="summary_logged"),
            models.Index(fields=["stage_known", "-logged_at", "referral"], name="summary_stage"),
            models.Index(fields=["reference"], name="summary_reference", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["referral"], name="summary_hidden", condition=Q(hidden=True)),
        ]


class NameWord(models.Model):
    """One word of a party's names, folded (see common/names.py): 'obrien' for O’Brien. Only for parties still present.

    `named_by` is the organisation whose workers may find the party in any referral they see. It is empty for
    supporters: only users who open their compartment find them.
    """

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey("referrals.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    named_by = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    word = models.CharField(max_length=LONGEST_WORD)

    objects = protected_manager(NameWordQuerySet)

    class Meta:
        indexes = [
            models.Index(
                fields=["word", "named_by", "party", "referral"],
                name="name_word_prefix",
                opclasses=["varchar_pattern_ops", "uuid_ops", "uuid_ops", "uuid_ops"],
            )
        ]
        constraints = [models.UniqueConstraint(fields=["party", "word"], name="a_word_once_a_party")]
