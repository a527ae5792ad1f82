"""Facts about a referral and its parties: rows and constraints, nothing else.
Only referrals.actions writes these rows; models know nothing of the web."""

from referrals.models.access import Bar, Grant, Involvement
from referrals.models.concern import Concern, NameKey, ProtectiveShare, RecordsCheck, RecordsHit, SignOff
from referrals.models.consent import Consent, InformationSheet
from referrals.models.handoff import Handoff, HandoffMessage
from referrals.models.note import Note
from referrals.models.party import Approach, ContactRoute, Invited, KeptLonger, Party, Person
from referrals.models.projection import Access, Duty, NameWord, Summary
from referrals.models.readiness import (
    CapacityAssessment,
    ChildDecision,
    Preparation,
    Rating,
    ReadinessCheck,
    SafetyAnswers,
)
from referrals.models.referral import Closure, Referral, StageChange, Suitability, Task

__all__ = [
    "Access",
    "Approach",
    "Bar",
    "CapacityAssessment",
    "ChildDecision",
    "Closure",
    "Concern",
    "Consent",
    "ContactRoute",
    "Duty",
    "Grant",
    "Handoff",
    "HandoffMessage",
    "InformationSheet",
    "Invited",
    "Involvement",
    "KeptLonger",
    "NameKey",
    "NameWord",
    "Note",
    "Party",
    "Person",
    "Preparation",
    "ProtectiveShare",
    "Rating",
    "ReadinessCheck",
    "RecordsCheck",
    "RecordsHit",
    "Referral",
    "SafetyAnswers",
    "SignOff",
    "StageChange",
    "Suitability",
    "Summary",
    "Task",
]
