"""Addresses of referrals: /r/<reference>/… for one, plurals for lists. No names and no counts stand in them."""

from django.urls import path

from referrals.views import caseload, intake, referral

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
