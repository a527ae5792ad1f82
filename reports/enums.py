"""The groups of what the ledger tells, and how each verb of it is said in plain words.
A verb that somebody starts to write has to be named here: tests/test_ledger_words.py."""

from django.db.models import TextChoices


class Did(TextChoices):
    """What somebody did, as governance asks for it."""

    SAW = "saw", "Saw something"
    CHANGED = "changed", "Changed something"
    SIGNED = "signed", "Signed in or out"
    EXPORTED = "exported", "Printed or exported"


SIGNED: dict[str, str] = {
    "signed_in": "Signed in",
    "signed_out": "Signed out",
    "unlocked": "Unlocked their session",
}
# What leaves the screen.
EXPORTED: dict[str, str] = {
    "run_sheet_viewed": "Opened a run sheet to print",
    "agreement_printed": "Printed the agreement",
}
# Verbs that end in _viewed and are not in the list above.
SEEN = "_viewed"
SAW: dict[str, str] = {
    "agreement_viewed": "Saw the agreement",
    "follow_up_viewed": "Saw a follow-up",
    "grant_opened_viewed": "Looked at what was seen by somebody let in",
    "grants_viewed": "Looked at who is let in",
    "handoff_viewed": "Saw a request between organisations",
    "history_viewed": "Saw the history",
    "ledger_viewed": "Looked at this ledger",
    "list_viewed": "Saw a list of referrals",
    "meeting_viewed": "Saw a meeting",
    "party_viewed": "Saw a person’s page",
    "protective_share_viewed": "Saw what was shared to keep somebody safe",
    "records_check_viewed": "Saw a records check",
    "records_checks_viewed": "Saw the records checks",
    "referral_viewed": "Saw the referral",
    "safety_viewed": "Saw a person’s safety page",
}
CHANGED: dict[str, str] = {
    "action_added": "Added an agreed action",
    "action_updated": "Updated an agreed action",
    "agreement_answered": "Recorded an answer to the agreement",
    "agreement_written": "Wrote the agreement",
    "age_recorded": "Recorded how old a person is",
    "already_happened_recorded": "Recorded a conversation that already happened",
    "approach_recorded": "Recorded an approach",
    "bar_lifted": "Let a colleague in again who was barred",
    "barred": "Barred a colleague from a referral",
    "call_off_released": "Let the others hear that a meeting is off",
    "capacity_assessed": "Assessed capacity",
    "checked_in": "Checked in with a person",
    "colleague_rung": "Noted that a colleague was rung",
    "concern_cleared": "Cleared a concern",
    "concern_raised": "Raised a concern",
    "concern_signed_off": "Decided on a sign-off",
    "consent_recorded": "Recorded consent",
    "consent_withdrawn": "Recorded a withdrawal of consent",
    "day_checked": "Asked a person on the day",
    "death_recorded": "Recorded that somebody died",
    "facilitation_ended": "Ended a facilitator’s part",
    "facilitation_started": "Appointed a facilitator",
    "facilitator_can_come": "Noted that a facilitator can come after all",
    "facilitator_unavailable": "Noted that a facilitator cannot come",
    "follow_up_done": "Recorded a follow-up",
    "follow_up_tried": "Tried to reach a person for a follow-up",
    "grant_asked": "Asked to be let in, or to let a colleague in",
    "grant_ended": "Ended access",
    "grant_given": "Let somebody in",
    "handoff_accepted": "Accepted a request between organisations",
    "handoff_asked": "Asked a question about a request",
    "handoff_completed": "Completed what another organisation asked for",
    "handoff_declined": "Declined a request between organisations",
    "handoff_ended": "Ended a request between organisations",
    "handoff_explained": "Answered a question about a request",
    "handoff_returned": "Gave back what another organisation asked for",
    "handoff_seen": "Was the first to see a request",
    "handoff_sent": "Sent a request to another organisation",
    "handoff_started": "Made first contact after a request",
    "handoff_withdrawn": "Withdrew a request to another organisation",
    "keyworker_set": "Set a person’s keyworker",
    "late_readiness_accepted": "Accepted an older readiness check",
    "lead_moved": "Moved the lead",
    "meeting_booked": "Booked a meeting",
    "meeting_called_off": "Called a meeting off",
    "meeting_moved": "Moved a meeting",
    "meeting_recorded": "Wrote the record of a meeting",
    "meeting_started": "Started a meeting",
    "needs_recorded": "Recorded what helps a person",
    "note_added": "Added a note",
    "note_corrected": "Corrected a note",
    "order_written": "Wrote down what an order says",
    "party_added": "Added a person",
    "party_forgotten": "Took away the record of a person who had not answered",
    "party_kept_longer": "Kept the record of a person who has not answered longer",
    "party_left": "Noted that a person left",
    "prepared": "Recorded a preparation",
    "professional_invited": "Invited a professional",
    "professional_left_out": "Left a professional out",
    "protective_share_looked_at": "Looked at what was shared to keep somebody safe",
    "protective_share_made": "Shared something to keep somebody safe",
    "rated": "Recorded ratings",
    "readiness_checked": "Recorded a readiness check",
    "records_check_asked": "Asked for a records check",
    "records_check_done": "Said that a records check is done",
    "records_check_matched": "Matched the names of a records check",
    "records_check_released": "Released a records check",
    "records_check_told_by_phone": "Told the lead by phone that a records check is done",
    "records_check_waits_again": "Put a records check back to wait",
    "referral_already_met": "Moved the referral on to follow-up",
    "referral_book": "Moved the referral on to booked",
    "referral_call_off": "Moved the referral back to preparing",
    "referral_close": "Closed the referral",
    "referral_closed_as": "Recorded how the referral ended",
    "referral_logged": "Logged the referral",
    "referral_meet_again": "Moved the referral back for another meeting",
    "referral_met": "Moved the referral on to follow-up",
    "referral_move": "Kept the referral booked on another day",
    "referral_pause": "Paused the referral",
    "referral_prepare": "Began preparing",
    "referral_reopen": "Reopened the referral",
    "referral_resume": "Resumed the referral",
    "release_said_not_safe": "Said that it is not safe yet if the others hear",
    "release_said_safe": "Said that it is safe if the others hear",
    "review_date_changed": "Changed the review date",
    "route_recorded": "Recorded a way to reach a person",
    "safety_asked": "Recorded safety answers",
    "sheet_published": "Published an information sheet",
    "staff_added": "Added a member of staff",
    "stand_in_named": "Named a stand-in",
    "step_finished": "Finished a step of a sign-off",
    "suitability_decided": "Decided on suitability",
}
WORDS = {**SAW, **EXPORTED, **SIGNED, **CHANGED}
