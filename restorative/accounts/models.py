"""Organisations, their teams and closures, staff, and the count of failed sign-ins.
Who may see what is not decided here."""

import uuid
from datetime import time
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from restorative.accounts.enums import CASEWORK, Role


class Organisation(models.Model):
    """One of the services that deliver Restorative Practice together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.SlugField(_("short key"), unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True, default="")
    opens_at = models.TimeField(_("opens at"), default=time(9))
    closes_at = models.TimeField(_("closes at"), default=time(17))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at")),
                name="organisation_closes_after_it_opens",
                violation_error_message=_("The closing time must be after the opening time."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Closure(models.Model):
    """A day other than weekends and bank holidays on which an organisation is closed."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="closed_days")
    date = models.DateField(_("date"))
    why = models.CharField(_("why"), max_length=120, blank=True, default="")

    class Meta:
        ordering = ["date", "id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "date"], name="one_closure_a_day")]


class Team(models.Model):
    """A group of staff in one organisation, with a manager and a duty worker."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(_("name"), max_length=120)
    manager = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="teams_managed"
    )
    duty_worker = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="teams_on_duty"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="team_name_once_in_organisation")
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """The email address is the login, in lower case so that one person cannot have two accounts."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member of staff. Without a password the account cannot be used until one is set."""
        if not email:
            raise ValueError("A member of staff needs an email address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").strip().lower())


class User(AbstractBaseUser):
    """A member of staff: one organisation, one role. There are no groups and there is no superuser."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email address"), max_length=254, unique=True)
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=80, blank=True, default="")
    work_phone = models.CharField(_("work phone"), max_length=30, blank=True, default="")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="staff")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="staff")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    safeguarding_lead = models.BooleanField(_("safeguarding lead"), default=False)
    is_active = models.BooleanField(_("can sign in"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name"]

    class Meta:
        ordering = ["first_name", "last_name", "email", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values),
                name="user_role_is_known",
                violation_error_message=_("Choose a role from the list."),
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_is_lower_case",
                violation_error_message=_("Write the email address in lower case."),
            ),
        ]

    def __str__(self) -> str:
        return self.first_name

    @property
    def full_name(self) -> str:
        """First and last name, for lists where two people may share a first name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def does_casework(self) -> bool:
        """Does casework: keyworkers, facilitators and managers."""
        return self.role in CASEWORK

    @property
    def is_manager(self) -> bool:
        return self.role == Role.MANAGER

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    @property
    def is_governance(self) -> bool:
        return self.role == Role.GOVERNANCE


class SignInCount(models.Model):
    """Failed sign-ins for one account from one address. The key is a keyed hash; no address is stored."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(db_index=True)
