"""Agreements in the participants' words; each person's answer; the actions and their results.
An action's status never decides anything about a person: a missed action leads to a check-in."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from meetings.enums import ActionStatus, Agreed
from meetings.models.meeting import Meeting
from meetings.querysets import ActionQuerySet, AgreementQuerySet
from referrals.querysets import SealedQuerySet
from restorative.common.fields import EncryptedTextField
from restorative.common.models import BaseModel
from restorative.common.protected import protected_manager


class Agreement(BaseModel):
    """What one meeting agreed. It may have no text, because a meeting can help without an agreement; and no
    actions."""

    meeting = models.OneToOneField(Meeting, on_delete=models.PROTECT, related_name="agreed")
    words = EncryptedTextField(blank=True, default="")
    if_difficult = EncryptedTextField(blank=True, default="")
    no_actions = models.BooleanField(default=False)
    nothing_agreed = models.BooleanField(default=False)

    objects = protected_manager(AgreementQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(nothing_agreed=False) | Q(no_actions=True),
                name="actions_belong_to_something_agreed",
                violation_error_message="Where nothing was agreed there is nothing that actions could be of.",
            )
        ]


class AgreementAnswer(BaseModel):
    """One person's yes, no or not sure to an agreement. The newest counts; it is sealed in their compartment."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="answers")
    party = models.ForeignKey("referrals.Party", on_delete=models.PROTECT, related_name="agreement_answers")
    seq = models.PositiveSmallIntegerField()
    answer = models.CharField(max_length=10, choices=Agreed.choices)
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["answered_at", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "party", "seq"], name="agreement_answers_in_order")
        ]


class Action(BaseModel):
    """What one person said they would do. If changed, it becomes another action."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="actions")
    owner = models.ForeignKey("referrals.Party", on_delete=models.PROTECT, related_name="agreed_actions")
    helper = EncryptedTextField(blank=True, default="")
    what = EncryptedTextField()
    sign = EncryptedTextField(blank=True, default="")
    due_on = models.DateField()
    status = models.CharField(max_length=20, choices=ActionStatus.choices, default=ActionStatus.OPEN)
    becomes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="came_from"
    )

    objects = protected_manager(ActionQuerySet)

    class Meta:
        ordering = ["created_at", "due_on", "id"]
        indexes = [models.Index(fields=["status", "due_on"], name="action_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status=ActionStatus.RENEGOTIATED, becomes__isnull=False)
                | ~Q(status=ActionStatus.RENEGOTIATED) & Q(becomes__isnull=True),
                name="agreed_anew_becomes_another",
                violation_error_message="An action that is agreed anew names what it became, and only then.",
            )
        ]


class ActionUpdate(BaseModel):
    """The result of an action, as its owner or their worker said. It is sealed in the owner's compartment."""

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="updates")
    party = models.ForeignKey("referrals.Party", on_delete=models.PROTECT, related_name="action_updates")
    status = models.CharField(max_length=20, choices=ActionStatus.choices)
    note = EncryptedTextField(blank=True, default="")

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["action", "-created_at"], name="action_update_newest")]
