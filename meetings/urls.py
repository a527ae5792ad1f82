"""URLs of meetings, each under its referral."""

from django.urls import path

from meetings.views import actions, agreement, day, follow_up, holding, meeting, planning

app_name = "meetings"

AGREED = "r/<str:reference>/agreement/"
ONE = "r/<str:reference>/meetings/<uuid:meeting>/"

urlpatterns = [
    path("r/<str:reference>/meetings/new/", planning.Book.as_view(), name="book"),
    path("r/<str:reference>/meetings/already/", follow_up.AlreadyHappened.as_view(), name="already_happened"),
    path(AGREED, agreement.ShowAgreement.as_view(), name="agreement"),
    path(f"{AGREED}write/", agreement.WriteAgreement.as_view(), name="agreement_write"),
    path(f"{AGREED}print/", agreement.PrintAgreement.as_view(), name="agreement_print"),
    path(f"{AGREED}actions/new/", actions.AddAction.as_view(), name="action_add"),
    path(f"{AGREED}actions/<uuid:action>/", actions.ActionStatusFormView.as_view(), name="action_status"),
    path(f"{AGREED}<uuid:party>/", agreement.AnswerAgreement.as_view(), name="agreement_answer"),
    path("r/<str:reference>/follow-ups/<uuid:follow_up>/", follow_up.DoFollowUp.as_view(), name="follow_up"),
    path(ONE, meeting.ShowMeeting.as_view(), name="show"),
    path(f"{ONE}run-sheet/", meeting.RunSheet.as_view(), name="run_sheet"),
    path(f"{ONE}today/", day.Today.as_view(), name="today"),
    path(f"{ONE}today/<uuid:party>/", day.DayCheck.as_view(), name="day_check"),
    path(f"{ONE}start/", day.Start.as_view(), name="start"),
    path(f"{ONE}move/", planning.Move.as_view(), name="move"),
    path(f"{ONE}cannot-come/", holding.CannotCome.as_view(), name="cannot_come"),
    path(f"{ONE}cannot-come/<uuid:unavailable>/", holding.CanCome.as_view(), name="can_come"),
    path(f"{ONE}cannot-come/<uuid:unavailable>/stand-in/", holding.NameStandIn.as_view(), name="stand_in"),
    path(f"{ONE}call-off/", meeting.CallMeetingOff.as_view(), name="call_off"),
    path(f"{ONE}release/", meeting.Release.as_view(), name="release"),
    path(f"{ONE}record/", day.WriteRecord.as_view(), name="record"),
]
