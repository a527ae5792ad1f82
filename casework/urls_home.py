"""The URL /: the first page after signing in. It has no app namespace, so that the platform can reverse "home"."""

from django.urls import path

from casework.views.my_work import MyWork

urlpatterns = [path("", MyWork.as_view(), name="home")]
