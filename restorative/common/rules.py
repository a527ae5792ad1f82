"""Every number of the domain (docs/domain.md), read through one accessor, `rules()`.
Safety numbers have floors and ceilings that no setting can exceed."""

from dataclasses import dataclass, fields, replace
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class Rules:
    """Numbers of the service. Days are calendar days unless the name says working days."""

    # What stands in the way
    consent_months: int = 6
    safety_answers_days: int = 90
    safety_answers_days_to_start: int = 7
    readiness_days: int = 28
    readiness_late_days: int = 42
    readiness_days_to_start: int = 7
    contact_days: int = 90
    contact_days_at_risk: int = 30
    sign_off_days: int = 56
    return_working_days: int = 2
    own_consent_age: int = 16  # from this age a person's own yes counts, and no parent is asked
    adult_age: int = 18

    # Grants
    emergency_hours: int = 4
    cover_days: int = 28
    reading_days: int = 14

    # Parties and people
    provisional_days_after_approach: int = 30
    provisional_days_never_approached: int = 60
    provisional_warning_days: int = 7  # before deletion: the worker is reminded, a manager may extend
    reopen_days: int = 30
    died_review_days: int = 14  # until the review of a referral in which a person died

    # Messages
    quiet_from_hour: int = 20
    quiet_to_hour: int = 9
    urgent_from_minute: int = 7 * 60 + 30  # of the day: a change to today's meeting may go from 07:30
    send_delay_minutes: int = 10
    booked_ahead_working_days: int = 5
    release_duty_hours: int = 2  # before a meeting, while a call-off waits to be released
    travel_hours: int = 1  # a person sets out this long before their arrival time
    escalate_minutes: int = 45  # after a worker was asked to ring, the duty worker is told

    # Deadlines of workers
    record_working_days: int = 2
    first_contact_working_days: int = 5
    first_contact_manager_working_days: int = 2  # after first_contact_working_days
    consent_outstanding_working_days: int = 7
    consent_still_outstanding_working_days: int = 14
    consent_review_working_days: int = 21
    runs_out_days: int = 7  # before it expires
    sign_off_waiting_working_days: int = 2
    step_working_days: int = 5  # to do what a decision asks for, where no day is said
    records_check_waiting_working_days: int = 2
    records_release_first_minute: int = 11 * 60  # of a working day: finished checks are released
    records_release_second_minute: int = 16 * 60
    records_hits_a_person: int = 25  # matches listed for each name, the likeliest first
    nothing_happened_working_days: int = 20
    paused_manager_working_days: int = 3  # after the review date
    day_check_from_minute: int = 7 * 60 + 30  # of the day: workers of a meeting today are reminded
    record_late_working_days: int = 5  # the manager is told
    debrief_working_days: int = 2  # after the meeting
    follow_up_weeks_first: int = 2
    follow_up_weeks_second: int = 6
    follow_up_weeks_last: int = 12
    follow_up_ahead_days: int = 2  # the participant is told before the call
    follow_up_late_working_days: int = 3  # after the due date, the manager is told
    action_late_working_days: int = 3
    try_again_working_days: int = 3
    attempts_before_leaving: int = 3  # to reach a person, before a follow-up may be left with a reason
    check_in_working_days: int = 2  # after an action was not kept
    record_locked_days: int = 14
    handoff_seen_working_days: int = 2
    handoff_decided_working_days: int = 5
    handoff_contact_days: int = 7
    draft_days: int = 30
    submission_days: int = 30  # for so long a repeated submission is recognised
    page_size: int = 25
    count_cap: int = 1000

    @property
    def records_release_minutes(self) -> tuple[int, int]:
        """The two times of day at which records checks are released, in minutes from midnight in London."""
        return self.records_release_first_minute, self.records_release_second_minute


# (floor, ceiling) for the RULES setting.
BOUNDS: dict[str, tuple[int, int]] = {
    "consent_months": (1, 6),
    "safety_answers_days": (7, 90),
    "safety_answers_days_to_start": (1, 7),
    "readiness_days": (7, 28),
    "readiness_late_days": (7, 42),
    "readiness_days_to_start": (1, 7),
    "contact_days": (7, 90),
    "contact_days_at_risk": (7, 30),
    "sign_off_days": (7, 56),
    "return_working_days": (2, 10),
    "emergency_hours": (1, 4),
    "cover_days": (1, 42),
    "reading_days": (1, 28),
    "own_consent_age": (16, 16),
    "adult_age": (18, 18),
    "provisional_days_after_approach": (14, 30),
    "provisional_days_never_approached": (14, 60),
    "provisional_warning_days": (3, 13),
    "quiet_from_hour": (18, 20),
    "quiet_to_hour": (9, 11),
    "urgent_from_minute": (7 * 60 + 30, 9 * 60),
    "send_delay_minutes": (5, 60),
    "release_duty_hours": (1, 4),
    "travel_hours": (1, 4),
    "escalate_minutes": (15, 60),
    "handoff_contact_days": (1, 7),
}


@cache
def _load(overrides: tuple[tuple[str, int], ...]) -> Rules:
    known = {field.name for field in fields(Rules)}
    for name, value in overrides:
        if name not in known:
            raise ImproperlyConfigured(f"RULES names an unknown number: {name}.")
        floor, ceiling = BOUNDS.get(name, (0, 10_000))
        if not floor <= value <= ceiling:
            raise ImproperlyConfigured(f"RULES sets {name} to {value}; it must be from {floor} to {ceiling}.")
    return replace(Rules(), **dict(overrides))


def rules() -> Rules:
    """The numbers in force: docs/domain.md, changed by the RULES setting.

    Raises ImproperlyConfigured for an unknown name or a safety number outside its floor and ceiling.
    """
    return _load(tuple(sorted(getattr(settings, "RULES", {}).items())))
