"""Addresses of referrals: /r/<reference>/… for one, plurals for lists. No names and no counts stand in them."""

from django.urls import path

from referrals.views import caseload, closure, decisions, facilitators, intake, referral

app_name = "referrals"

# Lists and logging
urlpatterns = [
    path("referrals/", caseload.Caseload.as_view(), name="list"),
    path("referrals/new/", intake.LogReferral.as_view(), name="log"),
    path("referrals/new/check/", intake.CheckReferral.as_view(), name="log_check"),
    path("referrals/new/done/<str:reference>/", intake.ReferralLogged.as_view(), name="log_done"),
    path("search/", caseload.Search.as_view(), name="search"),
]

# One referral
urlpatterns += [
    path("r/<str:reference>/", referral.ShowReferral.as_view(), name="show"),
]

# Deciding, facilitators, the records check, closing
urlpatterns += [
    path("r/<str:reference>/decide/", decisions.Decide.as_view(), name="decide"),
    path("r/<str:reference>/records-check/", decisions.AskForRecordsCheck.as_view(), name="records_ask"),
    path("r/<str:reference>/facilitators/", facilitators.Facilitators.as_view(), name="facilitators"),
    path(
        "r/<str:reference>/facilitators/<uuid:facilitation>/end/",
        facilitators.EndFacilitation.as_view(),
        name="facilitator_end",
    ),
    path("r/<str:reference>/close/", closure.Close.as_view(), name="close"),
    path("records-checks/", decisions.RecordsChecks.as_view(), name="records_checks"),
    path(
        "records-checks/<uuid:check>/release/",
        decisions.ReleaseRecordsCheck.as_view(),
        name="records_check_release",
    ),
]
