"""Duties about meetings: ask each person on the day, release a call-off, write the record, follow up."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from uuid import UUID

from meetings.enums import ActionStatus, FollowUpKind, MeetingStatus
from meetings.facts import ActionRow, AgreementRow, FollowUpRow, MeetingRow, MeetingsFacts
from referrals.blockers import Blocker
from referrals.duties import DutyKind, NewDuty, Reminder, Section, shown_ahead
from referrals.duties.duty import THING, own, worker_duty
from referrals.duties.knowing import managers_of, opened_by, workers_on
from referrals.duties.turns import over_time, shown_rows
from referrals.enums import Part, Stage
from referrals.facts import Facts, PartyFacts
from referrals.principals import managers
from restorative.common import clock
from restorative.common.rules import rules

# Paused or closed: no calls, and no questions about actions.
OVER = (Stage.CLOSED, Stage.PAUSED)


# --- Before, and called off -------------------------------------------------------------------------------------


def coming(facts: Facts) -> Iterator[NewDuty]:
    """See that a meeting can start: each worker on it who may see it as booked, from the day before."""
    meetings = MeetingsFacts(facts)
    for meeting in meetings.those(MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF):
        day, day_before = clock.today(meeting.starts_at), clock.today(meeting.starts_at) - timedelta(days=1)
        for worker in workers_on(facts):
            if meetings.booked_for(meeting, opened_by(facts, worker)):
                yield worker_duty(
                    "meeting",
                    worker,
                    meeting.id,
                    clock.moment(day_before, 0),
                    clock.moment(day_before, 8),
                    ends_at=clock.moment(day + timedelta(days=1), 0),
                    useful_until=meeting.starts_at,
                )


def day_check(facts: Facts) -> Iterator[NewDuty]:
    """Ask each person on the day: their worker, if they may see the meeting as booked."""
    meetings = MeetingsFacts(facts)
    for meeting in meetings.those(MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF):
        due = clock.moment(clock.today(meeting.starts_at), *divmod(rules().day_check_from_minute, 60))
        expected = [facts.parties[row.party_id] for row in meetings.expected(meeting.id)]
        for worker in dict.fromkeys(party.worker_id for party in expected):
            booked = meetings.booked_for(meeting, opened_by(facts, worker))
            if booked and not _all_asked(expected, worker, meeting):
                yield worker_duty("day_check", worker, meeting.id, due, due, ends_at=meeting.starts_at)


def _all_asked(expected: list[PartyFacts], worker: UUID, meeting: MeetingRow) -> bool:
    """Whether all people that a worker supports were asked on the day of the meeting, and said yes."""
    end = clock.moment(clock.today(meeting.starts_at), 23, 59)
    theirs = [party for party in expected if party.present and party.worker_id == worker]
    return all(party.facts.moved_to(end).parties[party.id].well_today for party in theirs)


def release_waiting(facts: Facts) -> Iterator[NewDuty]:
    """Release a call-off, so that the others hear: each worker who may know of it, at once."""
    meetings = MeetingsFacts(facts)
    for row in meetings.waiting:
        since, until = row.created_at, meetings.by_id[row.meeting_id].starts_at
        for worker in workers_on(facts):
            if row.party_id is not None and row.party_id in opened_by(facts, worker):
                more = {"party": row.party_id, "useful_until": until}
                yield worker_duty("release", worker, row.meeting_id, since, since, **more)


def on_hold(facts: Facts) -> Iterator[NewDuty]:
    """See to a meeting that is on hold: the managers of the organisations concerned, as far as they may know why."""
    meetings = MeetingsFacts(facts)
    for meeting in meetings.those(MeetingStatus.BOOKED, MeetingStatus.CALLED_OFF):
        for house in _houses(facts):
            opened = {party.id for party in facts.parties.values() if party.row.organisation_id == house}
            if not meetings.booked_for(meeting, opened):
                continue
            about = {"principal": managers(house), "meeting": meeting}
            away = meetings.away(meeting, opened)
            for row in away:
                yield _held("away", thing=row.id, **about)
            if not away:
                yield from over_time(facts, partial(_first_hold, opened=opened, **about))


def _first_hold(
    facts: Facts, blockers: list[Blocker], *, opened: set[UUID], principal: str, meeting: MeetingRow
) -> NewDuty | None:
    """The first thing with a name that holds a meeting, before it starts."""
    named = [row for row in shown_rows(facts, blockers, opened) if row.code]
    if not named or facts.at >= meeting.starts_at:
        return None
    first = named[0]
    kind = f"hold_{first.code}" if first.party_id else f"hold_{first.code}_all"
    return _held(kind, principal=principal, meeting=meeting, thing=meeting.id, party=first.party_id)


def _held(
    kind: str, *, principal: str, meeting: MeetingRow, thing: UUID, party: UUID | None = None
) -> NewDuty:
    return NewDuty(
        kind,
        principal,
        thing,
        starts_at=meeting.created_at,
        due_at=meeting.starts_at,
        ends_at=meeting.starts_at,
        party=party,
    )


def _houses(facts: Facts) -> list[UUID]:
    """The organisations that lead the referral or support a party."""
    supporting = [party.row.organisation_id for party in facts.present]
    return list(dict.fromkeys([facts.referral.lead_organisation_id, *supporting]))


# --- After ------------------------------------------------------------------------------------------------------


def record(facts: Facts) -> Iterator[NewDuty]:
    """Write the record of a meeting: those who ran it, and the lead. Late: the lead's manager."""
    meetings, numbers = MeetingsFacts(facts), rules()
    lead, house = facts.referral.lead_id, facts.referral.lead_organisation_id
    for meeting in meetings.those(MeetingStatus.STARTED):
        for worker in dict.fromkeys([*meetings.runners, lead]):
            yield worker_duty(
                "record",
                worker,
                meeting.id,
                meeting.starts_at,
                facts.morning_after(meeting.starts_at, numbers.record_working_days, house),
                told=(worker,) if worker in meetings.runners else (),
                late_at=facts.morning_after(meeting.starts_at, numbers.record_late_working_days, house),
                late=managers_of(facts, lead, house),
            )


def follow_ups(facts: Facts) -> Iterator[NewDuty]:
    """Speak with each person apart: the debrief, then the calls. Late: the caller's manager, where they open them."""
    if facts.stage in OVER:
        return
    meetings = MeetingsFacts(facts)
    met = {row.id for row in meetings.those(MeetingStatus.TOOK_PLACE)}
    for row in facts.rows(FollowUpRow):
        party = facts.parties[row.party_id]
        if row.meeting_id not in met or row.done_at or not party.present or party.died:
            continue
        worker = caller_of(party, row.kind)
        due, days = clock.moment(row.due_on, 9), rules().follow_up_late_working_days
        yield worker_duty(
            f"follow_up_{row.kind}",
            worker,
            row.id,
            shown_ahead(due),
            due,
            party=party.id,
            late_at=facts.morning_after(due, days, party.row.organisation_id),
            late=_managers_who_open(facts, worker, party),
        )


def caller_of(party: PartyFacts, kind: str) -> UUID:
    """Who rings: the party's worker; the debrief is a second worker's where a facilitator supports another person."""
    facts = party.facts
    parts = [row for row in facts.involvements if row.until is None]
    supporting = {other.row.keyworker_id for other in facts.present if other.id != party.id} - {None}
    conflicted = any(row.part == Part.FACILITATOR and row.user_id in supporting for row in parts)
    if kind == FollowUpKind.DEBRIEF and conflicted:
        for row in parts:
            if row.part == Part.SECOND_WORKER and party.id in opened_by(facts, row.user_id):
                return row.user_id
    return party.worker_id


def _managers_who_open(facts: Facts, worker: UUID, party: PartyFacts) -> tuple[UUID, ...]:
    found = managers_of(facts, worker, party.row.organisation_id)
    return tuple(key for key in found if party.id in opened_by(facts, key))


def actions(facts: Facts) -> Iterator[NewDuty]:
    """Ask how it went with something that was agreed: the worker of the person who does it. Late: the worker's manager.
    Never a worker who does not read what was agreed."""
    if facts.stage in OVER:
        return
    meetings = MeetingsFacts(facts)
    met = {row.id for row in meetings.those(MeetingStatus.TOOK_PLACE)}
    agreements = {row.id: row for row in facts.rows(AgreementRow) if row.meeting_id in met}
    for row in facts.rows(ActionRow):
        owner, agreement = facts.parties[row.owner_id], agreements.get(row.agreement_id)
        if row.status != ActionStatus.OPEN or not agreement or not owner.present or owner.died:
            continue
        if not _reads(meetings, owner.worker_id, agreement, row):
            continue
        due, days = clock.moment(row.due_on, 9), rules().action_late_working_days
        managers = _managers_who_open(facts, owner.worker_id, owner)
        yield worker_duty(
            "action",
            owner.worker_id,
            row.id,
            shown_ahead(due),
            due,
            party=owner.id,
            late_at=facts.morning_after(due, days, owner.row.organisation_id),
            late=tuple(key for key in managers if _reads(meetings, key, agreement, row)),
        )


def _reads(meetings: MeetingsFacts, worker: UUID, agreement: AgreementRow, action: ActionRow) -> bool:
    """Whether a worker reads an action. One that was agreed anew is its owner's side's alone."""
    opened = opened_by(meetings.facts, worker)
    whole = action.from_id is None or action.owner_id in opened
    return whole and meetings.reads_agreement(worker, opened, agreement)


RULES = (coming, day_check, release_waiting, on_hold, record, follow_ups, actions)
CALLS = {
    FollowUpKind.DEBRIEF: "speak with {name} apart: the debrief",
    FollowUpKind.WEEKS_2: "ring {name}, 2 weeks after",
    FollowUpKind.WEEKS_6: "ring {name}, 6 weeks after",
    FollowUpKind.WEEKS_12: "ring {name}, 12 weeks after",
}
_CALL = {
    "due": Reminder("worker_follow_up_due", "a call is due today"),
    "late": Reminder("worker_follow_up_late", "a call is 3 working days late"),
}
KINDS = (
    DutyKind("meeting", Reminder("worker_meeting_tomorrow", "meeting tomorrow"), section=Section.NEAR),
    DutyKind("day_check", Reminder("worker_day_check", "ask today: well enough, safe, still yes?")),
    own(
        "release",
        "The others have not heard that {meeting} is not happening",
        "Release",
        "meetings:release",
        THING,
        due=Reminder("worker_release_waiting", "this needs you today"),
        now=True,
        first=True,
    ),
    DutyKind("away", section=Section.AWAY, page="meetings:show", args=THING),
    own(
        "record",
        "Write up the meeting of {meeting_day}",
        "Record",
        "meetings:record",
        THING,
        due=Reminder("worker_record_due", "the record is due today"),
        late=Reminder("worker_record_late", "a record is 3 working days late"),
        hint="by",
        now=True,
    ),
    *(
        own(f"follow_up_{kind}", what, "Follow up", "meetings:follow_up", THING, hint="on", **_CALL)
        for kind, what in CALLS.items()
    ),
    own(
        "action",
        "Ask {name} how it went with what they agreed",
        "Ask",
        "meetings:action_status",
        THING,
        due=Reminder("worker_action_due", "something agreed is due today, ask how it went"),
        late=Reminder("worker_action_late", "nobody has asked how something agreed went"),
        hint="on",
    ),
)
