"""Factories for organisations and staff."""

from itertools import count
from typing import Any

from restorative.accounts.enums import Role
from restorative.accounts.models import Organisation, User

PASSWORD = "a long password for tests"
_numbers = count(1)


def make_organisation(key: str = "forward-leeds", name: str = "") -> Organisation:
    """The organisation with this key, created if missing."""
    made, _ = Organisation.objects.get_or_create(
        key=key, defaults={"name": name or key.replace("-", " ").title(), "phone": "0113 496 0000"}
    )
    return made


def make_user(first_name: str = "Asha", role: str = Role.KEYWORKER, **fields: Any) -> User:
    """A member of staff, of Forward Leeds by default."""
    fields.setdefault("organisation", make_organisation())
    fields.setdefault("email", f"{first_name.lower()}{next(_numbers)}@example.org")
    return User.objects.create_user(
        password=fields.pop("password", PASSWORD), first_name=first_name, role=role, **fields
    )
