"""The roles a member of staff can have. What each may do is decided in the access.py of each app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """One each; managers and facilitators can do all a keyworker does."""

    KEYWORKER = "keyworker", _("Keyworker")
    FACILITATOR = "facilitator", _("Facilitator")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")
    GOVERNANCE = "governance", _("Governance")


CASEWORK = frozenset({Role.KEYWORKER, Role.FACILITATOR, Role.MANAGER})
