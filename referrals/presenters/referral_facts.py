"""What the referral page reads, once, as one person may know it.
How it is said is in blocker_rows.py, next_step.py, people.py and history.py."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from referrals import blockers
from referrals.blockers import Blocker, ShownBlocker
from referrals.disclosure import Stood
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
    as_stood: Stood | None
    meeting: Any
    release: Any
    # What puts a booked meeting on hold, as far as this user may know: causes with a name, and who cannot be there.
    held_by: list[ShownBlocker] = field(default_factory=list)
    away: list[Any] = field(default_factory=list)

    @property
    def on_hold(self) -> bool:
        """Whether this user knows why the meeting cannot be held as things are. To anybody else it is booked."""
        return bool(self.held_by or self.away)


def runs(referral: Referral, user: "User") -> bool:
    """may_run, from rows already read."""
    facilitates = any(
        row.user_id == user.pk and row.part in (Part.FACILITATOR, Part.STAND_IN)
        for row in facilitators_of(referral, user)
    )
    of_lead = user.is_manager and referral.lead_organisation_id == user.organisation_id
    return referral.lead_id == user.pk or facilitates or of_lead


def gather(referral: Referral, user: "User", at: datetime, *, gate: Gate | None = None) -> Facts:
    """Read what the page needs: a fixed number of queries. At the gate that is next, or the one given."""
    parties = parties_for(referral, user)
    booked = referral.shown_stage == Stage.BOOKED
    meeting = _meeting(referral, user, at) if booked else None
    gate = gate or (Gate.START if booked else Gate.BOOK)
    as_stood = stood(referral, user)
    coming = meeting is not None and meeting.shown_status == "booked"
    gates = [gate, Gate.BOOK] if coming and gate != Gate.BOOK else [gate]
    closed = referral.shown_stage == Stage.CLOSED
    standing = {} if closed else blockers.blockers_at(referral, gates, at)
    found = standing.get(gate, [])
    return Facts(
        held_by=_held_by(standing[Gate.BOOK], parties, as_stood) if coming else [],
        away=_away(meeting, user, at) if coming and meeting.facilitator_away else [],
        referral=referral,
        user=user,
        at=at,
        parties=parties,
        rows=blockers.shown_to(found, parties, stood=as_stood),
        sealed_parties=blockers.sealed_open(found, parties, as_stood),
        runs=runs(referral, user),
        meeting=meeting,
        as_stood=as_stood,
        release=None if booked else _waiting_release(referral, user),
    )


def _held_by(found: list[Blocker], parties: list[Party], as_stood: Stood | None) -> list[ShownBlocker]:
    """What stands in the way at the gate of booking, by name: the sealed sentence says nothing about a hold."""
    return [row for row in blockers.shown_to(found, parties, stood=as_stood) if row.code]


def _away(meeting: Any, user: "User", at: datetime) -> list[Any]:
    """Who of those who run it cannot be there, while nobody stands in (through `meeting.unavailable`)."""
    rows = meeting.unavailable.model.objects.visible_to(user).away(at, user).filter(meeting=meeting)
    return list(rows.select_related("user"))


def _meeting(referral: Referral, user: "User", at: datetime) -> Any:
    """The meeting this user is shown as pending, if any (through the documented name `referral.meetings`)."""
    return (
        referral.meetings.model.objects.visible_to(user)
        .filter(referral=referral, shown_status__in=["booked", "started"])
        .with_away(at, user)
        .select_related("venue")
        .order_by("-starts_at", "-pk")
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
