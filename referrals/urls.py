"""URLs of referrals: /r/<reference>/… for one, plurals for lists. They contain no names and no counts."""

from django.urls import path

from referrals.views import (
    asking_others,
    consent,
    decisions,
    drafts,
    facilitators,
    grants,
    handed_over,
    handoffs,
    intake,
    parties,
    pausing,
    protecting,
    reaching,
    readiness,
    records,
    safety,
    sheets,
    talk,
)

app_name = "referrals"

# Logging
urlpatterns = [
    path("referrals/new/", intake.LogReferral.as_view(), name="log"),
    path("referrals/new/check/", intake.CheckReferral.as_view(), name="log_check"),
    path("referrals/new/done/<str:reference>/", intake.ReferralLogged.as_view(), name="log_done"),
    path("referrals/drafts/", drafts.Drafts.as_view(), name="drafts"),
    path("setup/sheets/", sheets.Sheets.as_view(), name="sheets"),
]

# Deciding, facilitators, the records check, closing
urlpatterns += [
    path("r/<str:reference>/decide/", decisions.Decide.as_view(), name="decide"),
    path("r/<str:reference>/records-check/", decisions.AskForRecordsCheck.as_view(), name="records_ask"),
    path("r/<str:reference>/facilitators/", facilitators.Facilitators.as_view(), name="facilitators"),
    path(
        "r/<str:reference>/facilitators/<uuid:facilitation>/end/",
        facilitators.EndPart.as_view(),
        name="facilitator_end",
    ),
    path(
        "r/<str:reference>/professionals/<uuid:invited>/leave-out/",
        facilitators.LeaveOutProfessional.as_view(),
        name="professional_leave_out",
    ),
    path("r/<str:reference>/close/", decisions.Close.as_view(), name="close"),
    path("r/<str:reference>/pause/", pausing.Pause.as_view(), name="pause"),
    path("r/<str:reference>/resume/", pausing.Resume.as_view(), name="resume"),
    path("r/<str:reference>/reopen/", pausing.Reopen.as_view(), name="reopen"),
    path("r/<str:reference>/meet-again/", pausing.MeetAgain.as_view(), name="meet_again"),
    path("r/<str:reference>/ring/<uuid:task>/", pausing.Rang.as_view(), name="rang"),
    path("records-checks/", records.RecordsChecks.as_view(), name="records_checks"),
    path(
        "records-checks/<uuid:check>/release/",
        records.ReleaseRecordsCheck.as_view(),
        name="records_check_release",
    ),
]

# Protective shares: their own page, for safeguarding leads who may not see the referral
urlpatterns += [path("shared/<uuid:share>/", protecting.ShowShare.as_view(), name="share")]

# Asking another organisation
ASKED = "handoffs/<uuid:handoff>/"
urlpatterns += [
    path("r/<str:reference>/handoff/new/", asking_others.NewHandoff.as_view(), name="handoff_new"),
    path("handoffs/", handoffs.Handoffs.as_view(), name="handoffs"),
    path(ASKED, handoffs.ShowHandoff.as_view(), name="handoff"),
    path(f"{ASKED}ask/", handoffs.AskAboutHandoff.as_view(), name="handoff_ask"),
    path(f"{ASKED}decline/", handoffs.DeclineHandoff.as_view(), name="handoff_decline"),
    path(f"{ASKED}withdraw/", handoffs.WithdrawHandoff.as_view(), name="handoff_withdraw"),
    path(f"{ASKED}contact/", handed_over.FirstContact.as_view(), name="handoff_contact"),
    path(f"{ASKED}return/", handed_over.GiveBack.as_view(), name="handoff_return"),
    path(f"{ASKED}complete/", handed_over.CompleteHandoff.as_view(), name="handoff_complete"),
]

# One person in a referral
PERSON = "r/<str:reference>/people/<uuid:party>/"
urlpatterns += [
    path("r/<str:reference>/people/add/", parties.AddPerson.as_view(), name="person_add"),
    path(f"{PERSON}talk/", talk.TalkPerson.as_view(), name="talk"),
    path(f"{PERSON}check-in/", talk.CheckIn.as_view(), name="check_in"),
    path(f"{PERSON}approach/", reaching.ApproachPerson.as_view(), name="approach"),
    path(f"{PERSON}routes/", reaching.Routes.as_view(), name="routes"),
    path(f"{PERSON}consent/new/", consent.GiveConsent.as_view(), name="consent"),
    path(f"{PERSON}withdraw/", consent.Withdraw.as_view(), name="withdraw"),
    path(f"{PERSON}preparation/", readiness.Prepare.as_view(), name="preparation"),
    path(f"{PERSON}readiness/", readiness.CheckReadiness.as_view(), name="readiness"),
    path(f"{PERSON}readiness/accept/", readiness.AcceptLate.as_view(), name="readiness_accept"),
    path(f"{PERSON}ratings/", readiness.Rate.as_view(), name="ratings"),
    path(f"{PERSON}capacity/", readiness.AssessCapacity.as_view(), name="capacity"),
    path(f"{PERSON}safety/", safety.Safety.as_view(), name="safety"),
    path(f"{PERSON}safety/ask/", safety.AskSafety.as_view(), name="safety_ask"),
    path(f"{PERSON}safety/concern/", safety.RaiseConcern.as_view(), name="concern"),
    path(f"{PERSON}safety/share/", protecting.ShareToProtect.as_view(), name="protective_share"),
    path(f"{PERSON}safety/steps/<uuid:task>/", safety.FinishStep.as_view(), name="step_done"),
    path(f"{PERSON}safety/<uuid:concern>/sign-off/", safety.SignOffConcern.as_view(), name="sign_off"),
    path(f"{PERSON}safety/<uuid:concern>/clear/", safety.ClearConcern.as_view(), name="concern_clear"),
    path(f"{PERSON}safety/<uuid:concern>/order/", safety.WriteOrder.as_view(), name="order"),
    path(f"{PERSON}age/", protecting.Age.as_view(), name="age"),
    path(f"{PERSON}needs/", parties.Needs.as_view(), name="needs"),
    path(f"{PERSON}keyworker/", parties.Keyworker.as_view(), name="keyworker"),
    path(f"{PERSON}died/", pausing.Died.as_view(), name="died"),
    path(f"{PERSON}leave/", parties.Leave.as_view(), name="person_leave"),
    path(f"{PERSON}keep/", parties.KeepLonger.as_view(), name="person_keep"),
    path(f"{PERSON}invite/", parties.Invite.as_view(), name="invite"),
]

# Grants, bars, changing the lead
urlpatterns += [
    path("grants/", grants.Grants.as_view(), name="grants"),
    path("grants/new/", grants.WhichReferral.as_view(), name="grant_which"),
    path("grants/new/<str:reference>/", grants.AskForAccess.as_view(), name="grant_ask"),
    path("grants/<uuid:grant>/give/", grants.GiveAccess.as_view(), name="grant_give"),
    path("grants/<uuid:grant>/end/", grants.EndAccess.as_view(), name="grant_end"),
    path("r/<str:reference>/bars/", grants.Bars.as_view(), name="bars"),
    path("r/<str:reference>/bars/<uuid:bar>/lift/", grants.LiftBar.as_view(), name="bar_lift"),
    path("r/<str:reference>/lead/", grants.ChangeLead.as_view(), name="lead"),
]
