"""allauth's behaviour here: no sign-up, one neutral sentence for a failed sign-in, attempts counted by throttle.py."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from restorative.accounts import throttle
from restorative.accounts.models import User

NOT_YOURS = "That is not your password. Try again."
NOT_RIGHT = "That email address and password do not match. Check both and try again."


class AccountAdapter(DefaultAccountAdapter):
    """Administrators add staff; there is no sign-up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": NOT_RIGHT,
        "invalid_login": NOT_RIGHT,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Drop allauth's own notices: our pages show the result themselves."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The member of staff, or None. A deactivated account gets the same answer as a wrong password."""
        keys = throttle.keys_for(request, (credentials.get("email") or "").strip().lower())
        if until := throttle.take_try(keys):
            raise ValidationError(
                f"Too many tries. You can try again at {_clock(until)}.", code="too_many_login_attempts"
            )
        user = super().authenticate(request, **credentials)
        if user is None or not user.is_active:
            return None
        throttle.give_back(keys)
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Skip allauth's count for each account, which would let anyone lock another user out."""

    def _rollback_login_failed_rl_usage(self) -> None:
        """Nothing to undo: allauth counted nothing."""


def _clock(at: Any) -> str:
    local = timezone.localtime(at)
    minute = f".{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minute}{'am' if local.hour < 12 else 'pm'}"


try:
    from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
except ImportError:  # single sign-on is not switched on in this environment
    DefaultSocialAccountAdapter = object


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Single sign-on opens the existing account with that address and never creates one."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Connect at the first sign-in, by an address that the provider has verified."""
        if sociallogin.is_existing:
            return
        verified = [address.email.lower() for address in sociallogin.email_addresses if address.verified]
        user = User.objects.filter(email__in=verified, is_active=True).first()
        if user:
            sociallogin.connect(request, user)
