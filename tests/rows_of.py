"""Facts about people, computed plainly from their rows, for tests that must not call the product's own queries."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from referrals.enums import (
    MEETING_PARTS,
    STOPS,
    Capacity,
    CapacityResult,
    ChildResult,
    ConcernKind,
    HandoffState,
    Part,
    Purpose,
    ReadinessKind,
)
from referrals.models import (
    CapacityAssessment,
    ChildDecision,
    Concern,
    Consent,
    ContactRoute,
    Grant,
    Handoff,
    Involvement,
    Party,
    ReadinessCheck,
    RecordsCheck,
    Referral,
    SafetyAnswers,
)
from restorative.accounts.models import User
from restorative.common import clock

CHANNEL = {"text": "text", "email": "email"}
DAYS = {"weekdays": range(5), "weekend": (5, 6), "wednesday": (2,)}  # those that the state machine uses
HOURS = {"any": (0, 24), "morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24)}


def rows(model: Any, **filters: Any) -> list[Any]:
    return list(model.objects.unscoped("look").filter(**filters))


def parties(referral: Referral) -> list[Party]:
    return rows(Party, referral=referral, left_at=None)


def facilitators(referral: Referral) -> list[Involvement]:
    found = rows(Involvement, referral=referral, until=None)
    return [row for row in found if row.part in (Part.FACILITATOR, Part.STAND_IN)]


def take_part(party: UUID) -> str | None:
    """The newest answer to taking part."""
    said = rows(Consent, party=party, purpose=Purpose.TAKE_PART)
    return max(said, key=lambda row: row.seq).answer if said else None


def stops(party: Party) -> list[Concern]:
    return [row for row in rows(Concern, party=party, cleared_at=None) if row.kind in STOPS]


def doubted(party: Party) -> bool:
    """A doubt whether they can decide this, without a later assessment that they can."""
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
    """Allowed, read by no one else, confirmed recently, not shared, and on the days and in the hours they gave."""
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
    """From 9am to 8pm in Leeds and not on a bank holiday; a change of an announced meeting from 07:30, on any day."""
    here = clock.local(at)
    minutes = here.hour * 60 + here.minute
    if urgent:
        return 7 * 60 + 30 <= minutes < 20 * 60
    return 9 * 60 <= minutes < 20 * 60 and not clock.is_bank_holiday(here.date())


# --- Who opens what ---------------------------------------------------------------------------------------------


def user(key: UUID) -> User:
    return User.objects.get(pk=key)


def runs(grant: Grant, at: datetime) -> bool:
    """Whether it was given, has not ended, and its organisation still supports a party it covers."""
    there = parties(grant.referral) if grant.party is None else [grant.party]
    theirs = any(party.organisation_id == grant.organisation_id for party in there)
    return theirs and grant.given_at is not None and grant.ended_at is None and at < grant.until


def _runs_meetings(who: User, referral: Referral, at: datetime) -> bool:
    """An active part, or a stand-in's on their day."""
    return any(
        row.until is None or (row.part == Part.STAND_IN and row.since <= at < row.until)
        for row in rows(Involvement, referral=referral, user=who, part__in=MEETING_PARTS)
    )


def is_theirs(who: User, party: Party, at: datetime) -> bool:
    """Whether anything but a grant can open a person to them. Access may be requested for more people than that."""
    referral = Referral.objects.unscoped("look").get(pk=party.referral_id)
    stands_in = party.keyworker_id is None and referral.lead_id == who.pk
    manages = who.is_manager and party.organisation_id == who.organisation_id
    taken = rows(Handoff, referral=referral, receiver=who, state=HandoffState.ACCEPTED)
    return (
        party.keyworker_id == who.pk
        or stands_in
        or manages
        or bool(taken)
        or _runs_meetings(who, referral, at)
    )


def has_a_part(who: User, referral: Referral, at: datetime) -> bool:
    """Whether anything but a grant can show them that the referral exists."""
    referral = Referral.objects.unscoped("look").select_related("lead").get(pk=referral.pk)
    here = parties(referral)
    workers = [referral.lead, *(party.keyworker for party in here if party.keyworker)]
    if any(is_theirs(who, party, at) for party in here) or referral.lead_id == who.pk:
        return True
    if who.team_id is not None and any(worker.team_id == who.team_id for worker in workers):
        return True
    if who.safeguarding_lead:
        waits = rows(RecordsCheck, referral=referral, released_at=None)
        concerns = rows(Concern, party__referral=referral, cleared_at=None)
        if waits or concerns:
            return True
    handed = rows(Handoff, referral=referral)
    if any(who.pk in (row.sent_by_id, row.lead_before_id) for row in handed):
        return True
    houses = {
        referral.lead_organisation_id,
        *(house for row in handed for house in (row.from_org_id, row.to_org_id)),
    }
    return who.is_manager and who.organisation_id in houses


def of_another_side(who: User, party: Party) -> bool:
    """Whether they are or ever were the worker of another side than this person's."""
    here, side = {"referral": party.referral_id}, party.beside_id or party.pk
    now = rows(Party, **here, left_at=None, beside=None, keyworker=who)
    ever = {row.party_id for row in rows(Involvement, **here, user=who) if row.party_id} | {
        row.pk for row in now
    }
    return bool(ever - {side})


def elsewhere_in_it(party: Party) -> set[UUID]:
    """Whether they lead the referral, run its meetings, or support or ever supported another side than this
    person's."""
    here = {"referral": party.referral_id}
    own = (None, party.pk, party.beside_id)
    ever = {row.user_id for row in rows(Involvement, **here) if row.party_id not in own}
    now = {row.keyworker_id for row in rows(Party, **here) if row.pk != party.pk and row.keyworker_id}
    runs = {row.user_id for row in rows(Involvement, **here, until=None, part__in=MEETING_PARTS)}
    return {party.referral.lead_id} | ever | now | runs


def worked_here(who: UUID, referral: Referral, at: datetime) -> bool:
    """Whether they had supported a party by then, or had a meeting part."""
    parts = rows(Involvement, referral=referral, user=who)
    return any(row.since < at for row in parts)


# --- Age --------------------------------------------------------------------------------------------------------


def needs_two(party: Party) -> bool:
    """A child, or a person who was hurt: not with only one facilitator."""
    kinds = {row.kind for row in rows(Concern, party=party, cleared_at=None)}
    return bool(kinds & {ConcernKind.CHILD, ConcernKind.PAST_ABUSE})


def unasked_of_a_child(party: Party) -> list[str]:
    """Concerns that their age and the decision about it require, and that were never raised."""
    born = party.person.born_on
    age = clock.age_on(born, clock.today()) if born else 18
    if age >= 18:
        return []
    raised = rows(Concern, party=party)
    missing = [] if any(row.kind == ConcernKind.CHILD for row in raised) else ["a child takes part"]
    said = sorted(rows(ChildDecision, party=party), key=lambda row: row.recorded_at)
    stops = [row for row in raised if row.kind == ConcernKind.UNDER_16]
    if age < 16 and not said and not stops:
        missing.append("under 16")
    if said and said[-1].result == ChildResult.NEITHER:
        since = said[-1].recorded_at
        if not any(row.cleared_at is None or row.cleared_at >= since for row in stops):
            missing.append("under 16 and cannot decide")
    return missing
