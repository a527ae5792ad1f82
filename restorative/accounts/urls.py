"""Signing in and out. allauth's other pages are closed, except those that an enabled setting needs."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from restorative.accounts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", views.SignIn.as_view(), name="account_login"),
    path("sign-out/", views.SignOut.as_view(), name="account_logout"),
    path("locked/", views.Locked.as_view(), name="locked"),
]


def _with_policies(patterns: Iterable[Any]) -> list[Any]:
    """allauth's own views, with a policy as ours have."""
    patterns = list(patterns)
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _with_policies(pattern.url_patterns)
        else:
            pattern.callback.policy = (
                "signed_in" if getattr(pattern.callback, "login_required", True) else "public"
            )
    return patterns


if settings.SECOND_FACTOR:
    from allauth.account.views import reauthenticate
    from allauth.mfa import urls as mfa

    urlpatterns += _with_policies(
        [
            path("sign-in/again/", reauthenticate, name="account_reauthenticate"),
            path("sign-in/second-factor/", include(mfa.urlpatterns)),
        ]
    )
if settings.OIDC_SERVER_URL:
    from allauth.socialaccount import urls as social
    from allauth.socialaccount.providers.openid_connect import urls as oidc

    urlpatterns += _with_policies(
        [path("sign-in/", include(oidc.urlpatterns)), path("sign-in/oidc/", include(social.urlpatterns))]
    )
