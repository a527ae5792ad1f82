"""Whether a planned time and place is available, and the alternatives; and a meeting as one user knows it. Nothing is
written here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from meetings.enums import MeetingKind, MeetingStatus
from meetings.models import CallOff, Meeting, Venue
from meetings.querysets import MeetingQuerySet
from referrals.enums import Kind
from referrals.facts import Facts
from referrals.facts.rows import InvitedRow
from referrals.models import Involvement, Party, Referral
from referrals.querysets_rules import Within
from restorative.accounts.models import User as Worker
from restorative.common import clock
from restorative.common.decisions import NotPossible

NOT_BOOKED = "This meeting is not booked any more."
LONGEST = timedelta(hours=4)
ARRIVAL_GAP = timedelta(minutes=10)
EARLIEST_ARRIVAL = timedelta(minutes=60)
# Alternatives for a time that is not available: half hours of the working day, this far ahead.
SLOT_STEP = timedelta(minutes=30)
SLOT_DAYS = 30
FIRST_HOUR, LAST_HOUR = 9, 17


class Clash(NotPossible):
    """The time is taken. Names the field, never the other meeting or its people."""


@dataclass(frozen=True)
class Plan:
    """When, where and how people are to meet. `arrivals` are times by party id; other parties get a default one."""

    kind: MeetingKind
    starts_at: datetime
    ends_at: datetime
    venue: Venue | None = None
    video: str = ""
    arrivals: dict[UUID, datetime] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, Any]:
        """All but the arrivals, as the columns of a meeting."""
        return {name: value for name, value in vars(self).items() if name != "arrivals"}

    def arrives_at(self, party: Party, index: int) -> datetime:
        """When this party is asked to arrive. Arrivals are staggered, so that people do not wait together."""
        return self.arrivals.get(party.pk) or self.starts_at - ARRIVAL_GAP * index


@dataclass(frozen=True)
class AsKnown:
    """A meeting, and whether one user knows that it was called off (`off`)."""

    meeting: Meeting
    off: bool

    @property
    def hidden(self) -> bool:
        """Whether it was called off for a cause hidden from this user, who sees it as booked."""
        return self.meeting.status == MeetingStatus.CALLED_OFF and not self.off

    def require_booked(self, otherwise: str = NOT_BOOKED) -> None:
        """Raise NotPossible with this sentence unless it is booked, or looks so to this user."""
        if self.meeting.status != MeetingStatus.BOOKED and not self.hidden:
            raise NotPossible(otherwise)


def as_known(meeting: Meeting, by: Worker) -> AsKnown:
    """A meeting read again, and what this user knows of it."""
    fresh = Meeting.objects.unscoped("read again").get(pk=meeting.pk)
    return AsKnown(fresh, off=CallOff.objects.visible_to(by).filter(meeting=fresh).exists())


def present(referral: Referral) -> list[Party]:
    """All parties who would be at a meeting of this referral, in the order they joined."""
    return list(Party.objects.unscoped("who meets").filter(referral=referral).present())


def kind_for(referral: Referral, parties: Sequence[Party]) -> MeetingKind:
    """The planner's initial kind of meeting."""
    participants = [party for party in parties if not party.is_supporter]
    if referral.kind == Kind.FAMILY or len(participants) > 2:
        return MeetingKind.FAMILY
    return MeetingKind.CONVERSATION


def seats(facts: Facts, by: Worker) -> int:
    """How many people a meeting brings into a room: those who take part and their supporters, the workers who run it,
    invited professionals, and an interpreter for each person who needs one, as far as the booker opens that person:
    a refusal must not tell what another side needs."""
    opened = Within.of(by, pk=facts.referral.id).opened
    workers = {row.user_id for row in facts.facilitators}
    invited = [row for row in facts.rows(InvitedRow) if row.left_out_at is None]
    interpreters = [party for party in facts.present if party.id in opened and party.needs_interpreter]
    return len(facts.present) + max(len(workers), 1) + len(invited) + len(interpreters)


def check_plan(plan: Plan, parties: Sequence[Party], facts: Facts, by: Worker) -> None:
    """Raise NotPossible, naming the field, for a plan that is not valid in itself."""
    at = facts.at
    participants = [party for party in parties if not party.is_supporter]
    if plan.starts_at <= at:
        raise NotPossible("The meeting must be in the future.", field="starts_at")
    if plan.ends_at <= plan.starts_at:
        raise NotPossible("The meeting must end after it starts.", field="ends_at")
    if plan.ends_at - plan.starts_at > LONGEST:
        raise NotPossible("A meeting lasts 4 hours at most.", field="ends_at")
    if plan.venue is None and not plan.video and plan.kind != MeetingKind.INDIRECT:
        raise NotPossible("Choose a room, or give a video link.", field="venue")
    if plan.kind == MeetingKind.CONVERSATION and len(participants) > 2:
        raise NotPossible(
            "A restorative conversation is between two people. Choose a family meeting.", field="kind"
        )
    if plan.venue is not None and plan.venue.capacity < seats(facts, by):
        raise NotPossible(
            f"{plan.venue.name} holds {plan.venue.capacity} people, which is too few. Everybody who comes is "
            "counted: also supporters, workers, invited professionals and interpreters.",
            field="venue",
        )
    for party in parties:
        arrives = plan.arrivals.get(party.pk)
        if arrives and not plan.starts_at - EARLIEST_ARRIVAL <= arrives <= plan.starts_at:
            raise NotPossible(
                "People arrive at the start, or up to an hour before.", field=f"arrives_{party.pk}"
            )


# --- Clashes --------------------------------------------------------------------------------------------------


def _elsewhere(referral: Referral) -> MeetingQuerySet:
    """Meetings of other referrals, which hold their time and place."""
    return Meeting.objects.unscoped("clashes").holding().exclude(referral=referral)


def _of_workers(workers: Iterable[UUID]) -> Q:
    # For a stand-in, the meeting on their day: a referral has one upcoming meeting.
    theirs = Involvement.objects.named(clock.now()).filter(user__in=list(workers))
    return Q(referral__in=theirs.values("referral"))


def _of_people(parties: Iterable[Party]) -> Q:
    return Q(attendances__party__person__in=[party.person_id for party in parties])


def _workers(referral: Referral) -> list[UUID]:
    running = (
        Involvement.objects.unscoped("clashes").in_meetings().filter(referral=referral, until__isnull=True)
    )
    return list(running.values_list("user", flat=True))


def check_clashes(referral: Referral, plan: Plan, parties: Sequence[Party], *, lock: bool = False) -> None:
    """Raise Clash if the room, a facilitator or a party has another meeting at that time.

    With `lock`, inside a booking: the referral is locked already; then the room and the facilitators are locked, in
    that order, so that of two concurrent bookings only one can pass. The message is the same for workers and for
    people.
    """
    workers = _workers(referral)
    if lock:
        if plan.venue is not None:
            list(Venue.objects.select_for_update().filter(pk=plan.venue.pk))
        list(Worker.objects.select_for_update().filter(pk__in=workers).order_by("pk"))
    then = _elsewhere(referral).filter(starts_at__lt=plan.ends_at, ends_at__gt=plan.starts_at)
    if plan.venue is not None and then.filter(venue=plan.venue).exists():
        raise Clash(f"{plan.venue.name} is not available then.", field="venue")
    if then.filter(_of_workers(workers) | _of_people(parties)).exists():
        raise Clash("That time is not available.", field="starts_at")


def check_free(worker: Worker, meeting: Meeting) -> None:
    """Raise Clash if a worker, locked for it, has another meeting at this meeting's time."""
    list(Worker.objects.select_for_update().filter(pk=worker.pk))
    then = _elsewhere(meeting.referral).filter(starts_at__lt=meeting.ends_at, ends_at__gt=meeting.starts_at)
    if then.filter(_of_workers([worker.pk])).exists():
        raise Clash(f"{worker.first_name} is not available then.", field="user")


def free_slots(referral: Referral, plan: Plan, at: datetime, *, count: int = 3) -> list[datetime]:
    """The next start times without a clash, from the planned one on, in working hours; at most `count`."""
    length = plan.ends_at - plan.starts_at
    first = max(plan.starts_at, at)
    until = first + timedelta(days=SLOT_DAYS)
    taken = _of_workers(_workers(referral)) | _of_people(present(referral))
    if plan.venue is not None:
        taken |= Q(venue=plan.venue)
    busy = list(
        _elsewhere(referral)
        .filter(taken, starts_at__lt=until, ends_at__gt=first)
        .order_by()
        .values_list("starts_at", "ends_at")
        .distinct()
    )
    found: list[datetime] = []
    for start in _half_hours(first, until, length):
        if start > first and not any(start < ends and start + length > begins for begins, ends in busy):
            found.append(start)
            if len(found) == count:
                break
    return found


def _half_hours(first: datetime, until: datetime, length: timedelta) -> Iterable[datetime]:
    day = clock.today(first)
    while day <= clock.today(until):
        if clock.is_working_day(day):
            start, last = clock.moment(day, FIRST_HOUR), clock.moment(day, LAST_HOUR)
            while start + length <= last:
                yield start
                start += SLOT_STEP
        day += timedelta(days=1)
