"""What the referral page reads, once, as one person may know it.
How it is said is in way.py, next_step.py, people.py and happened.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from referrals import blockers
from referrals.blockers import ShownBlocker
from referrals.enums import Gate, Part, Stage
from referrals.models import (
    Party,
    Referral,
)
from referrals.presenters import facilitators_of, parties_for, stood

if TYPE_CHECKING:
    from restorative.accounts.models import User


@dataclass
class Facts:
    """What is read once for the page."""

    referral: Referral
    user: "User"
    at: datetime
    parties: list[Party]
    rows: list[ShownBlocker]
    sealed_parties: set
    runs: bool
    as_stood: frozenset | None
    meeting: Any
    release: Any


def _runs(referral: Referral, user: "User") -> bool:
    """may_run, from rows already read."""
    facilitates = any(
        row.user_id == user.pk and row.part in (Part.FACILITATOR, Part.STAND_IN)
        for row in facilitators_of(referral, user)
    )
    of_lead = user.is_manager and referral.lead_organisation_id == user.organisation_id
    return referral.lead_id == user.pk or facilitates or of_lead


def gather(referral: Referral, user: "User", at: datetime) -> Facts:
    """Read what the page needs: a fixed number of queries."""
    parties = parties_for(referral, user)
    booked = referral.shown_stage == Stage.BOOKED
    meeting = _meeting(referral, user) if booked else None
    gate = Gate.START if booked else Gate.BOOK
    as_stood = stood(referral, user)
    found = [] if referral.shown_stage == Stage.CLOSED else blockers.blockers(referral, gate, at)
    return Facts(
        referral=referral,
        user=user,
        at=at,
        parties=parties,
        rows=blockers.shown_to(found, parties, stood=as_stood),
        sealed_parties=blockers.sealed_open(found, parties, as_stood),
        runs=_runs(referral, user),
        meeting=meeting,
        as_stood=as_stood,
        release=None if booked else _waiting_release(referral, user),
    )


def _meeting(referral: Referral, user: "User") -> Any:
    """The meeting this user is shown as pending, if any (through the documented name `referral.meetings`)."""
    return (
        referral.meetings.model.objects.visible_to(user)
        .filter(referral=referral, shown_status__in=["booked", "started"])
        .select_related("venue")
        .order_by("-starts_at")
        .first()
    )


def _waiting_release(referral: Referral, user: "User") -> Any:
    """A call-off that this user may know of and the others have not heard of yet."""
    call_offs = referral.meetings.model.call_offs.rel.related_model.objects.visible_to(user)
    return (
        call_offs.waiting()
        .filter(meeting__referral=referral, party__isnull=False)
        .select_related("meeting")
        .first()
    )


def is_mine(party: Party, facts: Facts) -> bool:
    if party.keyworker_id is not None:
        return party.keyworker_id == facts.user.pk
    return facts.referral.lead_id == facts.user.pk
