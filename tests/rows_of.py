"""What is true of people, read plainly from their rows, for tests that must not ask the product's own queries."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from referrals.enums import STOPS, Capacity, CapacityResult, ConcernKind, Part, Purpose, ReadinessKind
from referrals.models import (
    CapacityAssessment,
    Concern,
    Consent,
    ContactRoute,
    Facilitation,
    Party,
    ReadinessCheck,
    Referral,
    SafetyAnswers,
)
from restorative.common import clock

CHANNEL = {"text": "text", "email": "email"}
DAYS = {"weekdays": range(5), "weekend": (5, 6), "wednesday": (2,)}  # those that the machine presses
HOURS = {"any": (0, 24), "morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24)}


def rows(model: Any, **filters: Any) -> list[Any]:
    return list(model.objects.unscoped("look").filter(**filters))


def parties(referral: Referral) -> list[Party]:
    return rows(Party, referral=referral, left_at=None)


def facilitators(referral: Referral) -> list[Facilitation]:
    found = rows(Facilitation, referral=referral, until=None)
    return [row for row in found if row.part in (Part.FACILITATOR, Part.STAND_IN)]


def take_part(party: UUID) -> str | None:
    """The newest answer to taking part."""
    said = rows(Consent, party=party, purpose=Purpose.TAKE_PART)
    return max(said, key=lambda row: row.seq).answer if said else None


def stops(party: Party) -> list[Concern]:
    return [row for row in rows(Concern, party=party, cleared_at=None) if row.kind in STOPS]


def doubted(party: Party) -> bool:
    """A doubt whether they can decide this that no assessment has settled since."""
    able = [row.assessed_at for row in rows(CapacityAssessment, party=party, result=CapacityResult.ABLE)]
    settled = max(able, default=None)
    said = [
        row.taken_at
        for row in rows(Consent, party=party, purpose=Purpose.TAKE_PART)
        if row.capacity == Capacity.DOUBT
    ]
    days = sorted(rows(ReadinessCheck, party=party, kind=ReadinessKind.DAY), key=lambda row: row.completed_at)
    said += [row.completed_at for row in days[-1:] if row.capacity == Capacity.DOUBT]
    return any(settled is None or settled < at for at in said)


def at_risk(party: Party) -> bool:
    """Past abuse, or a home that was shared when they were last asked."""
    asked = sorted(rows(SafetyAnswers, party=party), key=lambda row: row.asked_at)
    abuse = [row for row in rows(Concern, party=party, cleared_at=None) if row.kind == ConcernKind.PAST_ABUSE]
    return bool(abuse) or any(row.shares_home for row in asked[-1:])


def by_a_safe_way(party: Party, channel: str, to: str, at: datetime) -> bool:
    """Allowed, read by nobody else, confirmed lately, nobody else's, on the days and in the hours they gave."""
    days = timedelta(days=30 if at_risk(party) else 90)
    others = rows(ContactRoute, party__referral=party.referral, party__left_at=None, replaced_at=None)
    theirs = {row.value_key for row in others if row.party_id != party.pk}
    hour = clock.local(at).hour
    return any(
        CHANNEL.get(route.kind) == channel
        and route.value == to
        and route.allowed
        and not route.read_by_others
        and route.confirmed_at is not None
        and at - route.confirmed_at <= days
        and route.value_key not in theirs
        and HOURS[route.hours][0] <= hour < HOURS[route.hours][1]
        and clock.local(at).weekday() in DAYS.get(route.days, range(7))
        for route in rows(ContactRoute, party=party, replaced_at=None)
    )


def in_the_day(at: datetime, *, urgent: bool) -> bool:
    """From 9am to 8pm in Leeds and on no bank holiday; a change to what was announced from half past seven, any day."""
    here = clock.local(at)
    minutes = here.hour * 60 + here.minute
    if urgent:
        return 7 * 60 + 30 <= minutes < 20 * 60
    return 9 * 60 <= minutes < 20 * 60 and not clock.is_bank_holiday(here.date())
