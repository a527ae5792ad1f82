"""A meeting’s time, place and state; who is expected, or cannot come; its call-offs with their cause and release; and
its record."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from meetings.enums import CallOffReason, Came, MeetingKind, MeetingStatus, Offered
from meetings.querysets import (
    AttendanceQuerySet,
    CallOffQuerySet,
    MeetingQuerySet,
    RecordQuerySet,
    UnavailableQuerySet,
)
from restorative.common import clock
from restorative.common.fields import EncryptedJSONField, EncryptedTextField
from restorative.common.models import BaseModel, optional_staff, pair
from restorative.common.protected import protected_manager


class Venue(BaseModel):
    """A room where people can meet. Its name must not reveal the reason."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="venues")
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=250)
    capacity = models.PositiveSmallIntegerField()
    step_free = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="venue_name_once"),
            models.CheckConstraint(
                condition=Q(capacity__gte=2),
                name="venue_holds_two",
                violation_error_message="A room holds at least two people.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Meeting(BaseModel):
    """One meeting. Moving it makes a new one that supersedes it."""

    referral = models.ForeignKey("referrals.Referral", on_delete=models.PROTECT, related_name="meetings")
    kind = models.CharField(max_length=20, choices=MeetingKind.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, null=True, blank=True, related_name="meetings")
    video = EncryptedTextField(blank=True, default="")
    status = models.CharField(max_length=20, choices=MeetingStatus.choices, default=MeetingStatus.BOOKED)
    started_at = models.DateTimeField(null=True, blank=True)
    started_by = optional_staff()
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    version = models.PositiveIntegerField(default=1)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # A conversation that already happened, at a drop-in or without us: recorded later, never booked here.
    already_happened = models.BooleanField(default=False)

    # Annotated by querysets for one viewer; never stored.
    shown_status: str
    to_release: bool
    _told_before: frozenset[uuid.UUID]

    objects = protected_manager(MeetingQuerySet)

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["starts_at", "status"], name="meeting_when"),
            models.Index(fields=["referral", "status"], name="meeting_of_referral"),
            models.Index(fields=["venue", "starts_at"], name="meeting_where"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="meeting_ends_after_it_starts",
                violation_error_message="A meeting ends after it starts.",
            ),
            pair("started", "meeting_started_when_and_who", "A meeting that started says when and by whom."),
            models.UniqueConstraint(
                fields=["referral"],
                condition=Q(status__in=["booked", "started"]),
                name="one_meeting_pending",
            ),
        ]


class CallOff(BaseModel):
    """Why a meeting was called off. A call-off that came from a party is sealed with that party until release."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="call_offs")
    party = models.ForeignKey(
        "referrals.Party", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=20, choices=CallOffReason.choices)
    said_safe_at = models.DateTimeField(null=True, blank=True)
    said_safe_by = optional_staff()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = optional_staff()

    objects = protected_manager(CallOffQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            pair(
                "said_safe", "call_off_safe_when_and_who", "That it is safe is said by somebody, at a time."
            ),
            pair(
                "released", "call_off_released_when_and_who", "A call-off is released by somebody, at a time."
            ),
        ]

    def said_safe_today(self, at: datetime) -> bool:
        """Whether the recorded answer is from today in London. An answer from yesterday does not count."""
        return self.said_safe_at is not None and clock.today(self.said_safe_at) == clock.today(at)


class Attendance(BaseModel):
    """A party expected at a meeting, when they arrive, and whether they came."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendances")
    party = models.ForeignKey("referrals.Party", on_delete=models.PROTECT, related_name="attendances")
    arrives_at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=Came.choices, default=Came.EXPECTED)

    objects = protected_manager(AttendanceQuerySet)

    class Meta:
        ordering = ["arrives_at", "id"]
        constraints = [models.UniqueConstraint(fields=["meeting", "party"], name="once_at_a_meeting")]


class Record(BaseModel):
    """The record of one meeting that took place. Opened by workers of the people who were there."""

    meeting = models.OneToOneField(Meeting, on_delete=models.PROTECT, related_name="record")
    answers = EncryptedJSONField(default=dict)
    apology_offered = models.CharField(max_length=10, choices=Offered.choices, blank=True)
    apology_accepted = models.CharField(max_length=10, choices=Offered.choices, blank=True)
    helped = models.CharField(max_length=10, choices=Offered.choices)
    stopped_why = EncryptedTextField(blank=True, default="")

    objects = protected_manager(RecordQuerySet)

    class Meta:
        ordering = ["created_at", "id"]


class Unavailable(BaseModel):
    """One facilitator cannot be at one meeting, and who is asked to stand in. Settled if they can come after all."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="unavailable")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(
        "referrals.Involvement", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = optional_staff()

    objects = protected_manager(UnavailableQuerySet)

    class Meta:
        ordering = ["said_at", "id"]
        verbose_name_plural = "unavailable"
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "user"], condition=Q(settled_at__isnull=True), name="once_unavailable"
            ),
            pair(
                "settled",
                "unavailable_settled_when_and_who",
                "That it is settled is said by somebody, at a time.",
            ),
        ]
