"""allauth's sign-in form in our words, and the password form of the lock page. Pasting and password managers work."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms

from restorative.common.forms import BaseForm


def password_field() -> forms.CharField:
    return forms.CharField(
        label="Password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password"},
    )


class SignInForm(LoginForm):
    """Does not reveal whether the email or the password was wrong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.EmailField(
            label="Work email address",
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
            error_messages={
                "required": "Enter your work email address",
                "invalid": "Enter an email address like name@example.org",
            },
        )
        self.fields["password"] = password_field()


class UnlockForm(BaseForm):
    """The password of the signed-in user."""

    password = password_field()
