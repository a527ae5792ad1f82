"""Every address of the product, the floor's pages and Django admin's changelist."""

from django.urls import path

from bench import admin, floor
from restorative import urls

handler400, handler403, handler404, handler500 = (
    urls.handler400,
    urls.handler403,
    urls.handler404,
    urls.handler500,
)
urlpatterns = [
    path("bench/floor/<slug:name>/", floor.show, name="bench_floor"),
    path("bench/admin/", admin.site.urls),
    *urls.urlpatterns,
]
