"""Addresses of meetings, each under its referral."""

from django.urls import path

from meetings.views import day, meeting, planning

app_name = "meetings"

ONE = "r/<str:reference>/meetings/<uuid:meeting>/"

urlpatterns = [
    path("r/<str:reference>/meetings/new/", planning.Book.as_view(), name="book"),
    path(ONE, meeting.ShowMeeting.as_view(), name="show"),
    path(f"{ONE}run-sheet/", meeting.RunSheet.as_view(), name="run_sheet"),
    path(f"{ONE}today/", day.Today.as_view(), name="today"),
    path(f"{ONE}today/<uuid:party>/", day.DayCheck.as_view(), name="day_check"),
    path(f"{ONE}start/", day.Start.as_view(), name="start"),
    path(f"{ONE}call-off/", meeting.CallMeetingOff.as_view(), name="call_off"),
    path(f"{ONE}release/", meeting.Release.as_view(), name="release"),
    path(f"{ONE}record/", day.WriteRecord.as_view(), name="record"),
]
