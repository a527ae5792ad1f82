"""What lists, search and reports need of a referral, stored beside its facts and read by index.
Computed in referrals/summary.py and written by projections.py alone; can be computed again at any time."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from referrals.enums import Kind, Stage
from referrals.models.referral import Referral
from referrals.querysets_lists import NameWordQuerySet, SummaryQuerySet
from restorative.common.names import LONGEST_WORD
from restorative.common.protected import protected_manager


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
