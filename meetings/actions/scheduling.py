"""Booking, calling off, releasing and starting a meeting, each past its gate at that moment.
What was said in it is in recording.py."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from meetings import access
from meetings.enums import PENDING, CallOffReason, MeetingKind, MeetingStatus
from meetings.models import Attendance, CallOff, Meeting, Venue
from referrals import access as referral_access
from referrals import blockers
from referrals.actions.lifecycle import changing, made, refuse_while_waiting, take_step
from referrals.enums import Gate, Kind, Stage
from referrals.models import Facilitation, Party, Referral, StageChange
from restorative.accounts.models import User as Worker
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User

LONGEST = timedelta(hours=4)
ARRIVAL_GAP = timedelta(minutes=10)


def in_the_way(referral: Referral, gate: Gate, *, by: "User", at: datetime) -> list[str]:
    """The sentences for what stands in the way, as far as `by` may know. Empty only when nothing does."""
    found = blockers.blockers(referral, gate, at)
    if not found:
        return []
    parties = Party.objects.visible_to(by).filter(referral=referral).present().with_opened(by)
    return [row.sentence for row in blockers.shown_to(found, parties)] or ["Something is not settled yet."]


def book(
    *,
    referral: Referral,
    kind: MeetingKind,
    starts_at: datetime,
    ends_at: datetime,
    by: "User",
    venue: Venue | None = None,
    video: str = "",
    at: datetime | None = None,
) -> Meeting:
    """Book a meeting of everybody present in the referral, if nothing stands in the way at this moment.

    Raises Refused, or NotPossible with what stands in the way, or naming the field that cannot be.
    """
    at = at or clock.now()
    referral_access.may_run(by, referral).require()
    with changing(referral, at=at) as referral:
        refuse_while_waiting(referral, by)
        if referral.stage != Stage.PREPARING:
            raise NotPossible(
                f"This referral is {Stage(referral.stage).label.lower()} now, so nothing can be booked."
            )
        if sentences := in_the_way(referral, Gate.BOOK, by=by, at=at):
            raise NotPossible(sentences)
        parties = list(Party.objects.unscoped("who meets").filter(referral=referral).present())
        _check_plan(kind, starts_at, ends_at, venue, video, parties, at)
        _check_clashes(referral, starts_at, ends_at, venue, parties, by)
        meeting = Meeting.objects.create(
            referral=referral,
            kind=kind,
            starts_at=starts_at,
            ends_at=ends_at,
            venue=venue,
            video=video,
            **made(by, at),
        )
        for index, party in enumerate(parties):
            # Staggered, so that people do not wait together.
            Attendance.objects.create(
                meeting=meeting, party=party, arrives_at=starts_at - ARRIVAL_GAP * index, **made(by, at)
            )
        record(
            "meeting_booked",
            by=by,
            thing=meeting,
            referral_id=referral.pk,
            fields=["kind", "starts_at", "ends_at", "venue"],
            why_code=kind,
            at=at,
        )
        take_step("book", referral, by=by, at=at)
        return meeting


def _check_plan(
    kind: MeetingKind,
    starts_at: datetime,
    ends_at: datetime,
    venue: Venue | None,
    video: str,
    parties: Sequence[Party],
    at: datetime,
) -> None:
    participants = [party for party in parties if not party.is_supporter]
    if starts_at <= at:
        raise NotPossible("The meeting must be in the future.", field="starts_at")
    if ends_at <= starts_at:
        raise NotPossible("The meeting must end after it starts.", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise NotPossible("A meeting lasts 4 hours at most.", field="ends_at")
    if venue is None and not video and kind != MeetingKind.INDIRECT:
        raise NotPossible("Choose a room, or give a video link.", field="venue")
    if kind == MeetingKind.CONVERSATION and len(participants) > 2:
        raise NotPossible(
            "A restorative conversation is between two people. Choose a family meeting.", field="kind"
        )
    if venue is not None and venue.capacity < len(parties) + 1:
        raise NotPossible(f"{venue.name} holds {venue.capacity} people.", field="venue")


def _check_clashes(
    referral: Referral,
    starts_at: datetime,
    ends_at: datetime,
    venue: Venue | None,
    parties: Sequence[Party],
    by: "User",
) -> None:
    """Nothing else at that time in the room, for the facilitators, or for the people.

    The referral is already held; then the room and the facilitators are locked, in that order, so that two
    bookings at once cannot both pass. A clash tells that it is not available, never with what or whom.
    """
    overlapping = (
        Meeting.objects.unscoped("clashes")
        .pending()
        .filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
        .exclude(referral=referral)
    )
    if venue is not None:
        list(Venue.objects.select_for_update().filter(pk=venue.pk))
        if overlapping.filter(venue=venue).exists():
            raise NotPossible(f"{venue.name} is not available then.", field="venue")
    running = Facilitation.objects.unscoped("clashes").filter(referral=referral, until__isnull=True)
    workers = list(Worker.objects.select_for_update().filter(pk__in=running.values("user")).order_by("pk"))
    for worker in workers:
        theirs = Facilitation.objects.unscoped("clashes").filter(user=worker, until__isnull=True)
        if overlapping.filter(referral__in=theirs.values("referral")).exists():
            raise NotPossible(f"{worker.first_name} is not available then.", field="starts_at")
    people = [party.person_id for party in parties]
    if overlapping.filter(attendances__party__person__in=people).exists():
        raise NotPossible("That time is not available.", field="starts_at")


def call_off(*, meeting: Meeting, by: "User", at: datetime | None = None) -> CallOff:
    """Call a meeting off, as a worker's own decision, told to all workers at once.

    A meeting that was already called off over something `by` cannot know of is called off for them all the same.
    """
    at = at or clock.now()
    access.may_call_off(by, meeting).require()
    with changing(meeting.referral_id, at=at) as referral:
        known = CallOff.objects.visible_to(by).filter(meeting=meeting).exists()
        meeting = Meeting.objects.unscoped("call off").get(pk=meeting.pk)
        if known or meeting.status not in (*PENDING, MeetingStatus.CALLED_OFF):
            raise NotPossible("This meeting is not booked any more.")
        return _call_off(meeting, referral, party=None, reason=CallOffReason.BY_WORKER, by=by, at=at)


def call_off_pending(
    referral: Referral, *, party: Party | None, reason: CallOffReason, by: "User | None", at: datetime
) -> list[CallOff]:
    """Call off whatever is booked, on hold or under way, because of a fact. For the receivers of events.

    With a party the others hear nothing until it is released. Without one, a meeting that was called off over
    something still sealed is now called off for everybody.
    """
    statuses = [*PENDING, MeetingStatus.CALLED_OFF] if party is None else PENDING
    found = Meeting.objects.unscoped("call off").filter(referral=referral, status__in=statuses)
    if party is None:
        open_already = CallOff.objects.unscoped("call off").filter(party__isnull=True)
        released = CallOff.objects.unscoped("call off").filter(released_at__isnull=False)
        found = found.exclude(pk__in=open_already.values("meeting")).exclude(
            pk__in=released.values("meeting")
        )
    return [_call_off(meeting, referral, party=party, reason=reason, by=by, at=at) for meeting in found]


def _call_off(
    meeting: Meeting,
    referral: Referral,
    *,
    party: Party | None,
    reason: CallOffReason,
    by: "User | None",
    at: datetime,
) -> CallOff:
    was_pending = meeting.status in PENDING
    row = CallOff.objects.create(meeting=meeting, party=party, reason=reason, **made(by, at))
    record(
        "meeting_called_off",
        by=by,
        thing=meeting,
        referral_id=referral.pk,
        party_id=party.pk if party else None,
        fields=["status"],
        why_code=reason,
        at=at,
    )
    if was_pending:
        Meeting.objects.unscoped("call off").filter(pk=meeting.pk).update(
            status=MeetingStatus.CALLED_OFF, version=meeting.version + 1
        )
        if referral.stage == Stage.BOOKED:
            take_step("call_off", referral, by=by, at=at, party=party)
    elif party is None:
        # It was off already, unknown to some. Now everybody sees the step, dated from today.
        StageChange.objects.create(
            referral=referral,
            step="call_off",
            from_stage=Stage.BOOKED,
            to_stage=Stage.PREPARING,
            created_at=at,
            created_by=by,
        )
    return row


def say_safe(*, call_off: CallOff, by: "User", at: datetime | None = None) -> None:
    """Record that it is safe for this party if the others hear today."""
    at = at or clock.now()
    access.may_say_safe(by, call_off).require()
    with changing(call_off.meeting.referral_id, at=at) as referral:
        CallOff.objects.unscoped("said safe").filter(pk=call_off.pk, said_safe_at__isnull=True).update(
            said_safe_at=at, said_safe_by=by
        )
        record(
            "release_said_safe",
            by=by,
            thing=call_off,
            referral_id=referral.pk,
            party_id=call_off.party_id,
            fields=["said_safe_at"],
            at=at,
        )


def release(*, call_off: CallOff, by: "User", at: datetime | None = None) -> None:
    """Let the others hear that the meeting is not happening, in the same neutral words whatever the cause.

    Only after a worker of that party has said that it is safe if they hear today.
    """
    at = at or clock.now()
    access.may_release(by, call_off).require()
    with changing(call_off.meeting.referral_id, at=at) as referral:
        fresh = CallOff.objects.unscoped("release").get(pk=call_off.pk)
        if fresh.released_at:
            raise NotPossible("The others have already been told.")
        if not fresh.said_safe_at:
            raise NotPossible("First say whether it is safe if they hear today.", field="safe_today")
        CallOff.objects.unscoped("release").filter(meeting=fresh.meeting_id, released_at__isnull=True).update(
            released_at=at, released_by=by
        )
        StageChange.objects.unscoped("release").filter(
            referral=referral, party__isnull=False, released_at__isnull=True
        ).update(released_at=at)
        record(
            "call_off_released",
            by=by,
            thing=fresh,
            referral_id=referral.pk,
            party_id=fresh.party_id,
            fields=["released_at"],
            at=at,
        )


def start(*, meeting: Meeting, by: "User", at: datetime | None = None) -> None:
    """Start a meeting, past the stricter gate of the day itself. Raises Refused, or NotPossible with the sentences."""
    at = at or clock.now()
    referral_access.may_start(by, meeting.referral).require()
    with changing(meeting.referral_id, at=at) as referral:
        meeting = Meeting.objects.unscoped("start").get(pk=meeting.pk)
        if meeting.status != MeetingStatus.BOOKED:
            raise NotPossible("This meeting cannot be started: it is not booked any more, or has started.")
        if clock.today(meeting.starts_at) != clock.today(at):
            raise NotPossible(f"This meeting is on {clock.show_when(meeting.starts_at)}.")
        if sentences := in_the_way(referral, Gate.START, by=by, at=at):
            raise NotPossible(sentences)
        Meeting.objects.unscoped("start").filter(pk=meeting.pk).update(
            status=MeetingStatus.STARTED, started_at=at, started_by=by
        )
        record(
            "meeting_started",
            by=by,
            thing=meeting,
            referral_id=referral.pk,
            fields=["status", "started_at"],
            at=at,
        )


def kind_for(referral: Referral, parties: Sequence[Party]) -> MeetingKind:
    """The kind a planner offers first."""
    participants = [party for party in parties if not party.is_supporter]
    if referral.kind == Kind.FAMILY or len(participants) > 2:
        return MeetingKind.FAMILY
    return MeetingKind.CONVERSATION
