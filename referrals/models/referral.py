"""The shell that a referral's organisations share: its stage, its lead, its decisions.
Reasons and narrative belong to a compartment and carry the party they came from."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from referrals.enums import Kind, Outcome, Reason, Stage, Suitable, TaskKind
from referrals.querysets import (
    ReferralQuerySet,
    SealedQuerySet,
    StageChangeQuerySet,
    TaskQuerySet,
)
from restorative.common.fields import EncryptedTextField
from restorative.common.models import BaseModel, optional_staff, pair
from restorative.common.protected import protected_manager
from restorative.common.references import new_reference


class Referral(BaseModel):
    """The case, from being logged to being closed."""

    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.LOGGED)
    paused_from = models.CharField(max_length=20, choices=Stage.choices, blank=True, default="")
    review_on = models.DateField(null=True, blank=True)
    lead_organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leads")
    version = models.PositiveIntegerField(default=0)
    logged_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()
    first_ready_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = optional_staff()

    # Something outside it that its projections rest on has changed: they are computed again within minutes.
    stale = models.BooleanField(default=False)

    # Annotated by querysets for one viewer; never stored.
    shown_stage: str
    records_waiting: bool
    has_tasks: bool
    has_handoffs: bool
    _parties_for: tuple
    seen_by: UUID
    read_at: datetime
    _facilitations: list

    objects = protected_manager(ReferralQuerySet)

    class Meta:
        ordering = ["-logged_at", "id"]
        indexes = [
            models.Index(fields=["-logged_at", "id"], name="referral_logged"),
            models.Index(fields=["lead", "stage"], name="referral_lead_stage"),
            models.Index(fields=["lead_organisation", "stage"], name="referral_org_stage"),
            models.Index(fields=["id"], condition=Q(stale=True), name="referral_stale"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage=Stage.PAUSED, review_on__isnull=False) & ~Q(paused_from="")
                | ~Q(stage=Stage.PAUSED) & Q(review_on__isnull=True, paused_from=""),
                name="paused_has_review_date",
                violation_error_message="A referral that is paused has a review date, and only then.",
            ),
            models.CheckConstraint(
                condition=Q(stage=Stage.CLOSED, closed_at__isnull=False, closed_by__isnull=False)
                | ~Q(stage=Stage.CLOSED) & Q(closed_at__isnull=True, closed_by__isnull=True),
                name="closed_has_when_and_who",
                violation_error_message="A closed referral says when and by whom.",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class StageChange(models.Model):
    """One step between stages. A step caused by a sealed fact carries its party until it is released."""

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="stage_changes")
    step = models.CharField(max_length=30)
    from_stage = models.CharField(max_length=20, choices=Stage.choices, blank=True)
    to_stage = models.CharField(max_length=20, choices=Stage.choices)
    party = models.ForeignKey(
        "referrals.Party", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = protected_manager(StageChangeQuerySet)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["referral", "-id"], name="stage_change_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(party__isnull=False) | Q(released_at__isnull=True),
                name="only_sealed_steps_are_released",
                violation_error_message="Only a step that came from one party waits for release.",
            )
        ]


class Suitability(BaseModel):
    """A decision whether a meeting is suitable now. The reason is sealed with the party it came from."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="suitabilities")
    party = models.ForeignKey(
        "referrals.Party", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.CharField(max_length=10, choices=Suitable.choices)
    reason = EncryptedTextField()
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["decided_at", "id"]
        indexes = [models.Index(fields=["referral", "-decided_at"], name="suitability_newest")]


class Closure(BaseModel):
    """How a referral ended. The outcome is computed; only the reason for not going ahead is chosen."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="closures")
    party = models.ForeignKey(
        "referrals.Party", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    outcome = models.CharField(max_length=30, choices=Outcome.choices)
    reason = models.CharField(max_length=30, choices=Reason.choices, blank=True)
    stopped_at_stage = models.CharField(max_length=20, choices=Stage.choices, blank=True)
    why_open_items = EncryptedTextField(blank=True, default="")

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=Outcome.NOT_GOING_AHEAD) & ~Q(reason="") & ~Q(stopped_at_stage="")
                | ~Q(outcome=Outcome.NOT_GOING_AHEAD) & Q(reason="", stopped_at_stage=""),
                name="not_going_ahead_has_a_reason",
                violation_error_message="A reason and a stage are given when it does not go ahead, and only then.",
            )
        ]


class Task(BaseModel):
    """A worker's task. A task that blocks a sign-off is one of its steps."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="tasks")
    party = models.ForeignKey(
        "referrals.Party", on_delete=models.PROTECT, null=True, blank=True, related_name="tasks"
    )
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=30, choices=TaskKind.choices)
    words = EncryptedTextField()
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = optional_staff()
    blocks = models.ForeignKey(
        "referrals.SignOff", on_delete=models.PROTECT, null=True, blank=True, related_name="steps"
    )

    objects = protected_manager(TaskQuerySet)

    class Meta:
        ordering = ["due_on", "created_at", "id"]
        indexes = [models.Index(fields=["assignee", "done_at", "due_on"], name="task_mine")]
        constraints = [pair("done", "task_done_when_and_who", "A task that is done says when and by whom.")]
