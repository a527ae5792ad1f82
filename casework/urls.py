"""URLs of the lists of referrals, and of pages that combine a referral and its meetings."""

from django.urls import path

from casework.views import caseload, history, referral

app_name = "casework"

urlpatterns = [
    path("referrals/", caseload.Caseload.as_view(), name="list"),
    path("search/", caseload.Search.as_view(), name="search"),
    path("r/<str:reference>/", referral.ShowReferral.as_view(), name="show"),
    path("r/<str:reference>/history/", history.History.as_view(), name="history"),
    path("r/<str:reference>/notes/<uuid:note>/correct/", history.CorrectNote.as_view(), name="note_correct"),
    path("r/<str:reference>/people/<uuid:party>/", referral.ShowPerson.as_view(), name="party"),
]
