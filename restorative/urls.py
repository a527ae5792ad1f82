"""All routes, by app. Public routes are the views with the policy "public"."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from restorative import views

urlpatterns = [
    path("healthz/", views.health, name="health"),
    path("", include("casework.urls_home")),
    path("", include("restorative.accounts.urls")),
]
for app in ("referrals", "meetings", "casework", "reports"):
    if app in settings.INSTALLED_APPS and find_spec(f"{app}.urls"):
        urlpatterns.append(path("", include(f"{app}.urls")))

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
