"""Handoffs: a request to another organisation to lead a referral or to help one person; and questions about it.
The receiver sees the packet, fixed when it is sent. Who reads it is in querysets_handoffs.py."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from referrals.enums import UNANSWERED, DeclineCode, HandoffKind, HandoffState
from referrals.models.party import Party
from referrals.models.referral import Referral
from referrals.querysets_handoffs import HandoffMessageQuerySet, HandoffQuerySet
from restorative.common.fields import EncryptedJSONField, EncryptedTextField
from restorative.common.models import BaseModel, optional_staff, pair
from restorative.common.protected import protected_manager

DECIDED = (HandoffState.ACCEPTED, HandoffState.DECLINED, HandoffState.RETURNED, HandoffState.COMPLETED)


class Handoff(BaseModel):
    """One request to another organisation. `party` is the one person it is about; empty if the receiver is to lead.

    `consents` are ids of the answers it rests on. `moved` records what moved at first contact, so that it can be
    moved back: ids of each party, of their keyworker, and of the sender's person record.
    """

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="handoffs")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="handoffs")
    kind = models.CharField(max_length=10, choices=HandoffKind.choices)
    from_org = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    to_org = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=HandoffState.choices, default=HandoffState.SENT)
    version = models.PositiveIntegerField(default=0)
    packet = EncryptedJSONField(default=dict)
    digest = models.CharField(max_length=64)
    consents = models.JSONField(default=list)
    told = EncryptedTextField()
    reply_by = models.DateField()
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = optional_staff()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = optional_staff()
    decided_kind = models.CharField(max_length=10, choices=HandoffKind.choices, blank=True, default="")
    decline_code = models.CharField(max_length=20, choices=DeclineCode.choices, blank=True, default="")
    receiver = optional_staff()
    starts_on = models.DateField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)
    moved_by = optional_staff()
    moved = models.JSONField(default=list, blank=True)
    lead_before = optional_staff()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = optional_staff()
    # The party whose withdrawn answer ended the request before anything moved, and the state it was in then. Only
    # users who open that party know: for other users on the sender's side the request stays in that state.
    ended_for = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stood_as = models.CharField(max_length=10, choices=HandoffState.choices, blank=True, default="")
    why_returned = EncryptedTextField(blank=True, default="")
    outcome_done = EncryptedTextField(blank=True, default="")
    outcome_went = EncryptedTextField(blank=True, default="")
    outcome_next = EncryptedTextField(blank=True, default="")

    # Annotated by querysets for one viewer; never stored.
    sent_by_us: bool
    opened: bool
    shown_state: str
    shown_ended_at: datetime | None

    objects = protected_manager(HandoffQuerySet)

    class Meta:
        ordering = ["sent_at", "id"]
        indexes = [
            models.Index(fields=["to_org", "state", "sent_at"], name="handoff_inbox"),
            models.Index(fields=["from_org", "state", "sent_at"], name="handoff_sent"),
            models.Index(fields=["referral", "state"], name="handoff_of_referral"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "to_org"],
                condition=Q(kind=HandoffKind.LEAD, state__in=UNANSWERED),
                name="one_open_lead_handoff",
            ),
            models.UniqueConstraint(
                fields=["party", "to_org"],
                condition=Q(kind=HandoffKind.HELP, state__in=UNANSWERED),
                name="one_open_help_handoff",
            ),
            models.CheckConstraint(
                condition=~Q(from_org=F("to_org")),
                name="handoff_goes_to_another",
                violation_error_message="A request goes to another organisation.",
            ),
            models.CheckConstraint(
                condition=Q(kind=HandoffKind.HELP, party__isnull=False)
                | Q(kind=HandoffKind.LEAD, party__isnull=True)
                | Q(kind=HandoffKind.LEAD, decided_kind=HandoffKind.HELP, party__isnull=False),
                name="help_is_for_somebody",
                violation_error_message="Help is for one person; leading is for all.",
            ),
            pair("seen", "handoff_seen_when_and_who", "A request that was opened says when and by whom."),
            pair("decided", "handoff_decided_when_and_who", "An answer says when and by whom."),
            models.CheckConstraint(
                condition=Q(state__in=UNANSWERED, decided_at__isnull=True)
                | Q(state__in=DECIDED, decided_at__isnull=False)
                | Q(state=HandoffState.WITHDRAWN),
                name="handoff_answered_or_not",
                violation_error_message="A request is answered once it was decided, and only then.",
            ),
            models.CheckConstraint(
                condition=~Q(state=HandoffState.ACCEPTED)
                | Q(receiver__isnull=False, starts_on__isnull=False) & ~Q(decided_kind=""),
                name="accepted_says_who_and_from_when",
                violation_error_message="What is accepted says who takes it, as what, and from when.",
            ),
            models.CheckConstraint(
                condition=Q(state=HandoffState.DECLINED) & ~Q(decline_code="")
                | ~Q(state=HandoffState.DECLINED) & Q(decline_code=""),
                name="declined_says_why",
                violation_error_message="A request that is declined says why, and only then.",
            ),
            pair("moved", "handoff_moved_when_and_who", "First contact says when and by whom."),
            models.CheckConstraint(
                # No name is shown if a party ended it by link.
                condition=Q(ended_at__isnull=False) | Q(ended_at__isnull=True, ended_by__isnull=True),
                name="handoff_ended_when_and_who",
                violation_error_message="What has ended says when.",
            ),
            models.CheckConstraint(
                condition=Q(ended_for__isnull=True, stood_as="")
                | Q(ended_for__isnull=False, state=HandoffState.WITHDRAWN) & ~Q(stood_as=""),
                name="handoff_stood_as_it_was",
                violation_error_message="What ended over one person's answer says how it stood.",
            ),
        ]


class HandoffMessage(BaseModel):
    """A question about a request, or its answer."""

    handoff = models.ForeignKey(Handoff, on_delete=models.PROTECT, related_name="messages")
    words = EncryptedTextField()

    objects = protected_manager(HandoffMessageQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
