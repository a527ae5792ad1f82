"""Who worked on a referral: which part, for which party, from when to when.
referrals/involvement.py derives from it who is a second person and who is of another side."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from referrals.enums import MEETING_PARTS, PARTY_PARTS, Part
from referrals.querysets import InvolvementQuerySet
from restorative.common.models import BaseModel
from restorative.common.protected import protected_manager


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
