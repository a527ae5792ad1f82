"""The record of a meeting: who came, and what may be noted; and of a conversation that already happened, at a drop-in
or without us, as it was, without blame. That one clears no blocker. The agreement is separate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from meetings import access
from meetings.actions.following_up import plan_follow_ups
from meetings.enums import RECORD_PROMPTS, Came, MeetingKind, MeetingStatus, Offered
from meetings.models import Attendance, Meeting, Record, Venue
from referrals.actions.change import Change, changing, has_died, require_open
from referrals.actions.lifecycle import refuse_while_waiting
from referrals.actions.tasks import give_task
from referrals.enums import Stage, TaskKind
from referrals.models import Party, Referral
from referrals.stages import STILL_BOOKED
from restorative.accounts.models import User
from restorative.common.decisions import NotPossible

NOT_HELD = (
    "Fewer than two people came, so it did not happen and no record is kept. "
    "Move what you wrote to a note and empty it here, or say who else came"
)


def record_meeting(
    *,
    meeting: Meeting,
    came: dict[Party, Came],
    answers: dict[str, str],
    helped: Offered,
    by: User,
    apology_offered: Offered | str = "",
    apology_accepted: Offered | str = "",
    stopped_why: str = "",
    at: datetime | None = None,
) -> Record | None:
    """Record a meeting that was started. If fewer than two came it did not happen, and no record is kept.

    A meeting that took place moves the referral to follow-up, any other back to preparing. Raises Refused, or
    NotPossible naming the field, also for text without a record to hold it.
    """
    access.may_record(by, meeting).require()
    with changing(meeting.referral_id, by=by, at=at) as change:
        meeting = Meeting.objects.unscoped("record").get(pk=meeting.pk)
        if Record.objects.unscoped("record").filter(meeting=meeting).exists():
            raise NotPossible("This meeting has already been recorded.")
        if meeting.status != MeetingStatus.STARTED:
            raise NotPossible("Only a meeting that was started can be recorded.")
        there = _note_who_came(change, meeting, came)
        written = {**answers, "stopped_why": stopped_why}
        if len(there) < 2:
            if lost := next((key for key, text in written.items() if text.strip()), None):
                raise NotPossible(NOT_HELD, field=lost)
            change.set(meeting, status=MeetingStatus.DID_NOT_HAPPEN)
            change.record("meeting_recorded", meeting, fields=["status"], why="did_not_happen")
            change.take_step("call_off")
            return None
        change.set(meeting, status=MeetingStatus.TOOK_PLACE)
        row = change.add(
            Record,
            meeting=meeting,
            answers={key: answers.get(key, "") for key in RECORD_PROMPTS},
            apology_offered=apology_offered,
            apology_accepted=apology_accepted,
            helped=helped,
            stopped_why=stopped_why,
        )
        plan_follow_ups(change, meeting, there)
        change.record("meeting_recorded", meeting, fields=["answers", "helped"], why="took_place")
        change.take_step("met")
        return row


def _note_who_came(change: Change, meeting: Meeting, came: dict[Party, Came]) -> list[Party]:
    """Save who came, of all who were expected. Returns the participants among them."""
    there, by_party = [], {party.pk: status for party, status in came.items()}
    rows = Attendance.objects.unscoped("record").filter(meeting=meeting).select_related("party")
    for row in rows:
        status = by_party.get(row.party_id)
        if status not in (Came.CAME, Came.LEFT_EARLY, Came.DID_NOT_COME):
            raise NotPossible(f"Say whether {row.party.known_as} came.", field=f"came_{row.party_id}")
        change.set(row, status=status)
        if status != Came.DID_NOT_COME and not row.party.is_supporter:
            there.append(row.party)
    return there


RING_FIRST = "This cannot be recorded at the moment. Ring the others who work on it first."


@dataclass(frozen=True)
class Told:
    """A conversation as it was reported: when, where, who was there, and what may be noted of it."""

    starts_at: datetime
    ends_at: datetime
    there: Sequence[Party]
    venue: Venue | None = None
    where: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    helped: Offered = Offered.NOT_SURE


def record_already_happened(
    *, referral: Referral, told: Told, by: User, at: datetime | None = None
) -> Meeting:
    """Record a conversation that already happened. Blockers do not prevent recording it.

    Follow-up calls fall due, and so do safety questions for each participant who was there; the lead's manager is
    told. Raises Refused, or NotPossible naming the field.
    """
    access.may_tell(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        referral = change.referral
        require_open(referral)
        refuse_while_waiting(change.facts, by)
        if referral.stage == Stage.BOOKED:
            raise NotPossible(STILL_BOOKED)
        there = _there(referral, told, by=by, at=change.at)
        meeting = change.add(
            Meeting,
            referral=referral,
            kind=MeetingKind.CONVERSATION if len(there) == 2 else MeetingKind.FAMILY,
            starts_at=told.starts_at,
            ends_at=told.ends_at,
            venue=told.venue,
            status=MeetingStatus.TOOK_PLACE,
            already_happened=True,
        )
        came = {"meeting": meeting, "arrives_at": told.starts_at, "status": Came.CAME}
        change.add_all(Attendance, ({**came, "party": party} for party in told.there))
        noted = {key: told.answers.get(key, "") for key in RECORD_PROMPTS} | {"where": told.where}
        change.add(Record, meeting=meeting, answers=noted, helped=told.helped)
        change.record("already_happened_recorded", meeting, fields=["starts_at", "answers", "helped"])
        if referral.stage != Stage.FOLLOW_UP:
            change.take_step("already_met")
        plan_follow_ups(change, meeting, there)
        for party in there:
            words = f"Ask {party.known_as} the safety questions, alone."
            due_on = change.working_day_after(1, party.organisation_id)
            give_task(change, party, TaskKind.ASK_SAFETY, words, due_on=due_on)
        return meeting


def _there(referral: Referral, told: Told, *, by: User, at: datetime) -> list[Party]:
    """The participants of this referral who were there: at least two, and none who has died since."""
    if told.starts_at > at:
        raise NotPossible("This has not happened yet. Plan it as a meeting instead.", field="on")
    if told.ends_at <= told.starts_at:
        raise NotPossible("It ended before it started.", field="ends_at")
    rows = (
        Party.objects.unscoped("who was there")
        .filter(referral=referral, left_at__isnull=True, pk__in=[party.pk for party in told.there])
        .select_related("person", "keyworker", "referral__lead")
    )
    there = [party for party in rows if not party.is_supporter]
    if len(there) < 2:
        raise NotPossible("Choose at least two people who were there.", field="there")
    if died := [party for party in there if party.person.died_on]:
        known = Party.objects.opened_by(by).filter(pk__in=[party.pk for party in died]).first()
        # A worker who does not open their compartment hears of it from a colleague, never from a page.
        raise NotPossible(has_died(known) if known else RING_FIRST, field="there" if known else None)
    return there
