"""The project's routes plus single sign-on, which exists only when it is switched on."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from restorative import urls


def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    return HttpResponse(provider_id)


urlpatterns = [*urls.urlpatterns, path("<slug:provider_id>/", begin, name="openid_connect_login")]
