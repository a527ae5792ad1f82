"""The address /: the first page after signing in. It belongs to no app's names, so that the platform can say "home"."""

from django.urls import path

from meetings.views.my_work import MyWork

urlpatterns = [path("", MyWork.as_view(), name="home")]
