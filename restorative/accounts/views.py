"""The sign-in page and the sign-out button. How tries are counted is in throttle.py."""

from typing import Any

from allauth.account.views import LoginView, LogoutView
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from restorative.accounts import throttle
from restorative.accounts.models import User


class SignIn(LoginView):
    """Email and password, then whatever second factor is switched on."""

    policy = "public"
    extra_context = {"title": "Sign in"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        work_account = None
        if settings.OIDC_SERVER_URL:
            href = reverse("openid_connect_login", kwargs={"provider_id": settings.OIDC_PROVIDER_ID})
            work_account = {"name": settings.OIDC_NAME, "href": href}
        return super().get_context_data(work_account=work_account, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if isinstance(user := get_user(self.request), User):
            throttle.remember_device(self.request, response, user)
        return response


class SignOut(LogoutView):
    """Signs out when asked by a button. Opening the address only asks; with nobody signed in it is the sign-in page."""

    policy = "public"
    extra_context = {"title": "Sign out"}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        response.delete_cookie(settings.SESSION_COOKIE_NAME)
        return response
