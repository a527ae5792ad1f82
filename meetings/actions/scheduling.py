"""Booking, moving and starting a meeting, each past its gate at that moment. A moved meeting is superseded by a new
one, and each person is told once. planning.py checks plans, calling_off.py calls off, recording.py records."""

from datetime import datetime
from uuid import UUID

from meetings.actions.planning import NOT_BOOKED, Plan, as_known, check_clashes, check_plan, present
from meetings.actions.standing_in import end_standing_in
from meetings.enums import MeetingStatus
from meetings.facts import MeetingsFacts
from meetings.models import Attendance, Meeting
from referrals import access as referral_access
from referrals import blockers
from referrals.actions.change import Change, changing
from referrals.actions.lifecycle import refuse_while_waiting
from referrals.disclosure import shown_blockers
from referrals.enums import Gate, Stage
from referrals.facts import Facts, facts_of
from referrals.models import Party, Referral
from referrals.stages import STILL_BOOKED
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible

PLANNED = ["kind", "starts_at", "ends_at", "venue"]


def in_the_way(facts: Facts, gate: Gate, by: User) -> list[str]:
    """The sentences for what stands in the way, as far as `by` may know. Empty only if nothing does."""
    if not blockers.find_blockers(facts, gate):
        return []
    rows = shown_blockers(by, facts, gate)
    return [row.sentence for row in rows] or [sealed_sentence(facts, by)]


def sealed_sentence(facts: Facts, by: User) -> str:
    """The sentence of an ordinary sealed blocker for this user."""
    here = Party.objects.visible_to(by).filter(referral=facts.referral.id).present()
    sealed = here.exclude(pk__in=Party.objects.opened_by(by).values("pk")).count()
    return blockers.SEALED_SENTENCE.format(them="the other person" if sealed == 1 else "another person")


# --- Booking --------------------------------------------------------------------------------------------------


def check_booking(*, referral: Referral, plan: Plan, by: User, at: datetime | None = None) -> None:
    """Raise what `book` would raise for this plan now, without writing or locking."""
    referral_access.may_run(by, referral).require()
    fresh = Referral.objects.unscoped("check a plan").get(pk=referral.pk)
    _check_booking(fresh, facts_of(referral.pk, at or clock.now()), plan, by)


def _check_booking(
    referral: Referral, facts: Facts, plan: Plan, by: User, *, lock: bool = False
) -> list[Party]:
    """Return who would come."""
    refuse_while_waiting(facts, by)
    if referral.stage == Stage.BOOKED:
        raise NotPossible(STILL_BOOKED)
    if referral.stage != Stage.PREPARING:
        raise NotPossible(
            f"This referral is {Stage(referral.stage).label.lower()} now, so nothing can be booked."
        )
    if sentences := in_the_way(facts, Gate.BOOK, by):
        raise NotPossible(sentences)
    return _who_would_come(referral, plan, facts, by, lock=lock)


def _who_would_come(referral: Referral, plan: Plan, facts: Facts, by: User, *, lock: bool) -> list[Party]:
    """The parties of a planned meeting. Raises NotPossible if the plan is not valid, or clashes with another."""
    parties = present(referral)
    check_plan(plan, parties, facts, by)
    check_clashes(referral, plan, parties, lock=lock)
    return parties


def book(*, referral: Referral, plan: Plan, by: User, at: datetime | None = None) -> Meeting:
    """Book a meeting of all present parties, if nothing stands in the way now.

    Raises Refused, or NotPossible with what stands in the way, or naming the field that is not possible.
    """
    referral_access.may_run(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        parties = _check_booking(change.referral, change.facts, plan, by, lock=True)
        change.take_step("book")
        meeting = _expect(change, plan, parties)
        change.record("meeting_booked", meeting, fields=PLANNED, why=plan.kind)
        return meeting


def _expect(change: Change, plan: Plan, parties: list[Party], supersedes: Meeting | None = None) -> Meeting:
    """Create the rows of a meeting and its attendances."""
    meeting = change.add(Meeting, referral=change.referral, supersedes=supersedes, **plan.columns)
    expected = (
        {"meeting": meeting, "party": party, "arrives_at": plan.arrives_at(party, index)}
        for index, party in enumerate(parties)
    )
    change.add_all(Attendance, expected)
    return meeting


# --- Moving ---------------------------------------------------------------------------------------------------


def check_move(*, meeting: Meeting, plan: Plan, by: User, at: datetime | None = None) -> None:
    """Raise what `move` would raise for this plan now, without writing or locking."""
    referral_access.may_run(by, meeting.referral).require()
    fresh = Referral.objects.unscoped("check a plan").get(pk=meeting.referral_id)
    _check_move(fresh, facts_of(fresh.pk, at or clock.now()), meeting, plan, by)


def _check_move(
    referral: Referral, facts: Facts, meeting: Meeting, plan: Plan, by: User, *, lock: bool = False
) -> list[Party]:
    """Return who would come. If the meeting was called off for a cause hidden from `by`, the refusal has the words
    of an ordinary sealed blocker."""
    known = as_known(meeting, by)
    if known.off:
        refuse_while_waiting(facts, by)
    if known.meeting.status == MeetingStatus.STARTED:
        raise NotPossible("This meeting has started. Record it, and write why it stopped.")
    known.require_booked(NOT_BOOKED)
    sentences = in_the_way(facts, Gate.BOOK, by)
    if sentences or known.hidden:
        raise NotPossible(sentences or sealed_sentence(facts, by))
    return _who_would_come(referral, plan, facts, by, lock=lock)


def move(*, meeting: Meeting, plan: Plan, by: User, at: datetime | None = None) -> Meeting:
    """Move a booked meeting to another time or place, if nothing stands in the way now.

    Each person who was expected is told the new time once, at once. Absences and stand-ins for the old day end.
    Raises Refused, or NotPossible as booking does.
    """
    referral_access.may_run(by, meeting.referral).require()
    with changing(meeting.referral_id, by=by, at=at) as change:
        parties = _check_move(change.referral, change.facts, meeting, plan, by, lock=True)
        change.take_step("move")
        old = Meeting.objects.unscoped("move").get(pk=meeting.pk)
        change.set(old, status=MeetingStatus.MOVED, version=old.version + 1)
        end_standing_in(change, old)
        new = _expect(change, plan, parties, supersedes=old)
        change.record("meeting_moved", old, new, fields=PLANNED, why=plan.kind)
        return new


# --- Starting -------------------------------------------------------------------------------------------------


def start(*, meeting: Meeting, by: User, at: datetime | None = None) -> None:
    """Start a meeting, past the stricter gate `start`. Raises Refused, or NotPossible with the sentences.

    If it was called off for a cause hidden from `by`, the refusal has the words of an ordinary sealed blocker.
    """
    referral_access.may_start(by, meeting.referral).require()
    with changing(meeting.referral_id, by=by, at=at) as change:
        known = as_known(meeting, by)
        known.require_booked("This meeting cannot be started: it is not booked any more, or has started.")
        meeting = known.meeting
        if clock.today(meeting.starts_at) != clock.today(change.at):
            raise NotPossible(f"This meeting is on {clock.show_when(meeting.starts_at)}.")
        sentences = [*in_the_way(change.facts, Gate.START, by), *_away(change.facts, meeting.pk)]
        if sentences or known.hidden:
            raise NotPossible(sentences or sealed_sentence(change.facts, by))
        change.set(meeting, status=MeetingStatus.STARTED, **change.stamp("started"))
        change.record("meeting_started", meeting, fields=["status", "started_at"])


def _away(facts: Facts, meeting: UUID) -> list[str]:
    """Facilitators who cannot come and have no stand-in that all accept, in the words of a refusal."""
    meetings = MeetingsFacts(facts)
    away = meetings.away(meetings.by_id[meeting], facts.parties)
    return [f"{facts.staff[row.user_id].first_name} cannot be there, and nobody stands in." for row in away]
