"""People and parties, contact routes, and approaches.
A Person belongs to one organisation; routes belong to the party, never to the person."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from referrals.enums import OWN_PLACES, ApproachResult, Days, Hours, Place, RouteKind, Source, Voicemail
from referrals.models.referral import Referral
from referrals.querysets import PartyQuerySet, PersonQuerySet, SealedQuerySet
from restorative.common.fields import EncryptedJSONField, EncryptedTextField
from restorative.common.models import BaseModel, optional_staff, pair
from restorative.common.names import name_key
from restorative.common.protected import protected_manager


class Person(BaseModel):
    """A human whom one organisation knows."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="people")
    given = models.CharField(max_length=100)
    family = models.CharField(max_length=100, blank=True)
    # The same names, normalised: see common/names.py. Kept in step by save().
    name_key = models.CharField(max_length=220, blank=True, editable=False)
    born_on = models.DateField(null=True, blank=True)
    pronouns = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=60, blank=True)
    access_needs = EncryptedTextField(blank=True, default="")
    died_on = models.DateField(null=True, blank=True)
    died_recorded_at = models.DateTimeField(null=True, blank=True)
    died_recorded_by = optional_staff()

    objects = protected_manager(PersonQuerySet)

    # Annotated by with_concern_open.
    concern_open: bool

    class Meta:
        ordering = ["given", "family", "id"]
        indexes = [
            models.Index(fields=["organisation", "given"], name="person_given"),
            models.Index(fields=["organisation", "family"], name="person_family"),
            models.Index(fields=["name_key"], name="person_name_key", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["born_on"], name="person_born_on"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    died_on__isnull=True, died_recorded_at__isnull=True, died_recorded_by__isnull=True
                )
                | Q(died_on__isnull=False, died_recorded_at__isnull=False, died_recorded_by__isnull=False),
                name="person_died_when_and_who",
                violation_error_message="That somebody died is recorded by somebody, at a time.",
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_key = name_key(self.given, self.family)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "name_key"}
        super().save(*args, **kwargs)


class Placed:
    """What follows from somebody's place in a referral."""

    place: str

    @property
    def is_supporter(self) -> bool:
        return self.place == Place.SUPPORTER

    @property
    def is_own_place(self) -> bool:
        """Whether this is the person in treatment or recovery."""
        return self.place in OWN_PLACES


class Party(Placed, BaseModel):
    """A person's place in one referral. Until they answer it is provisional: a name, one route and nothing else."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="parties")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="parties")
    place = models.CharField(max_length=20, choices=Place.choices)
    beside = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="supporters"
    )
    known_as = models.CharField(max_length=100)
    source = models.CharField(max_length=20, choices=Source.choices, blank=True)
    hoped_for = EncryptedTextField(blank=True, default="")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    # The organisation whose staff gave the name. It never changes, so that a change of supporting organisation does
    # not show through a name that disappears or appears.
    named_by = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    keyworker = optional_staff(related_name="supports")
    answered_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    left_by = optional_staff()
    # When a provisional record was deleted. The party remains, without a name.
    forgotten_at = models.DateTimeField(null=True, blank=True)

    # Annotated by querysets for one viewer; never stored.
    last_tried: datetime | None
    kept_until: datetime | None
    stays: bool
    opened: bool
    _as_lead: bool
    _asked_first: bool

    objects = protected_manager(PartyQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "parties"
        indexes = [
            models.Index(fields=["keyworker", "left_at"], name="party_keyworker"),
            models.Index(fields=["organisation", "left_at"], name="party_organisation"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "person"], condition=Q(left_at__isnull=True), name="one_place_a_person"
            ),
            models.CheckConstraint(
                condition=Q(place=Place.SUPPORTER, beside__isnull=False)
                | ~Q(place=Place.SUPPORTER) & Q(beside__isnull=True),
                name="supporters_are_beside_somebody",
                violation_error_message="A supporter is beside one participant, and only a supporter is.",
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True, left_by__isnull=True, forgotten_at__isnull=True)
                | Q(left_at__isnull=False, left_by__isnull=False)
                | Q(left_at__isnull=False, forgotten_at__isnull=False),
                name="party_left_when_and_who",
                violation_error_message="A party that left says when, and by whom unless its record went by itself.",
            ),
        ]

    @property
    def opened_safety(self) -> bool:
        """Whether the user given to with_opened opens their concerns and safety answers."""
        return self.opened or self._as_lead

    @property
    def asked_first(self) -> bool:
        """Whether they asked first, for parties that are opened; False for the others."""
        return self.opened and self._asked_first


class ContactRoute(BaseModel):
    """One way to reach a party, and when it is safe. Unknown means no; a newer row for a kind replaces the older."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="routes")
    kind = models.CharField(max_length=20, choices=RouteKind.choices)
    value = EncryptedTextField(blank=True, default="")
    value_key = models.CharField(max_length=64, blank=True, default="")
    allowed = models.BooleanField()
    read_by_others = models.BooleanField(default=True)
    screen_private = models.BooleanField(default=False)
    days = models.CharField(max_length=20, choices=Days.choices, default=Days.ANY)
    hours = models.CharField(max_length=20, choices=Hours.choices, default=Hours.ANY)
    voicemail = models.CharField(max_length=20, choices=Voicemail.choices, default=Voicemail.NO)
    cover = EncryptedTextField(blank=True, default="")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = optional_staff()
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["party", "replaced_at"], name="route_current"),
            models.Index(fields=["value_key"], name="route_value_key"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "kind"],
                condition=Q(replaced_at__isnull=True),
                name="one_current_route_a_kind",
            ),
            pair("confirmed", "route_confirmed_when_and_who", "A confirmed route says when and by whom."),
            models.CheckConstraint(
                condition=~Q(kind__in=["text", "email", "post"], allowed=True, read_by_others=True),
                name="written_routes_are_private",
                violation_error_message="Someone else reads these messages, so this route cannot be used.",
            ),
        ]


class Approach(BaseModel):
    """How a party came to hear of this, or an attempt to reach them. `told_us` is their words, when, and which
    worker heard them."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="approaches")
    how = models.CharField(max_length=20, choices=RouteKind.choices, blank=True)
    wording = EncryptedTextField(blank=True, default="")
    asked_first = models.BooleanField(default=False)
    told_unprompted = models.BooleanField(default=False)
    told_us = EncryptedJSONField(default=dict, blank=True)
    result = models.CharField(max_length=20, choices=ApproachResult.choices, default=ApproachResult.NOT_YET)

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "approaches"
        indexes = [models.Index(fields=["party", "-created_at"], name="approach_newest")]


class KeptLonger(BaseModel):
    """A provisional record that a manager extended, once, with the reason."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="kept_longer")
    until = models.DateTimeField()
    reason = EncryptedTextField()

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "kept longer"
        constraints = [models.UniqueConstraint(fields=["party"], name="kept_longer_once")]


class Invited(BaseModel):
    """A professional who is asked to attend. The name is sealed with the referral's facilitators."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="invited")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    name = EncryptedTextField()
    organisation = models.CharField(max_length=120)
    role = models.CharField(max_length=120)
    left_out_at = models.DateTimeField(null=True, blank=True)

    objects = protected_manager(SealedQuerySet)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "invited"
