"""The sign-in page, the sign-out button and the lock page.
Attempts are counted in throttle.py; lock.py decides when a session locks."""

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView, LogoutView
from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from restorative.accounts import throttle
from restorative.accounts.adapter import NOT_YOURS
from restorative.accounts.forms import UnlockForm
from restorative.accounts.lock import is_locked, unlock
from restorative.accounts.models import User
from restorative.audit.ledger import record

if TYPE_CHECKING:
    from restorative.common.views import SignedInRequest


class SignIn(LoginView):
    """Email and password, then the second factor if it is switched on."""

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
    """Signs out by a button. Opening the address only asks; without a signed-in user it redirects to sign-in."""

    policy = "public"
    extra_context = {"title": "Sign out"}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        response.delete_cookie(settings.SESSION_COOKIE_NAME)
        return response


class Locked(View):
    """The page of a locked session: enter the password and continue, or sign in as another user."""

    policy = "signed_in"
    if TYPE_CHECKING:
        request: SignedInRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method in ("GET", "HEAD", "POST") and not is_locked(request):
            return HttpResponseRedirect(self.next_path())
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(UnlockForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = UnlockForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            found = get_adapter().authenticate(
                request, email=self.request.user.email, password=form.cleaned_data["password"]
            )
        except ValidationError as refusal:
            form.add_error("password", refusal)
            return self.show(form, status=422)
        if found is None or found.pk != request.user.pk:
            form.add_error("password", NOT_YOURS)
            return self.show(form, status=422)
        with transaction.atomic():
            unlock(request)
            record("unlocked", by=request.user, thing=request.user)
        return HttpResponseRedirect(self.next_path(), status=303)

    def next_path(self) -> str:
        """The page where the session locked, if it is on this site."""
        wanted = self.request.GET.get("next", "")
        safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
        return wanted if safe else reverse("home")

    def show(self, form: UnlockForm, status: int = 200) -> HttpResponse:
        context = {"title": "Locked", "form": form, "has_password": self.request.user.has_usable_password()}
        return render(self.request, "account/locked.html", context, status=status)
