"""Creates and finds members of staff. There is no sign-up."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager

if TYPE_CHECKING:
    from restorative.accounts.models import User


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
