"""Duties about a referral as a whole: review a paused one, look at one without activity; tasks that a worker was asked
to do by name; and requests between organisations that wait for an answer."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time
from uuid import UUID

from referrals.duties.duty import (
    PARTY,
    THING,
    DutyKind,
    NewDuty,
    Reminder,
    Section,
    own,
    shown_ahead,
    worker_duty,
)
from referrals.duties.knowing import managers_of, opened_by
from referrals.enums import UNANSWERED, HandoffKind, HandoffState, Stage, TaskKind
from referrals.facts import Facts
from referrals.facts.rows import ConcernRow, HandoffRow, SignOffRow, StageChangeRow, TaskRow
from referrals.principals import managers, staff, user
from restorative.common import clock
from restorative.common.rules import rules


def paused_review(facts: Facts) -> Iterator[NewDuty]:
    """Look again on its day at what was not now: the lead. Late: the lead's manager."""
    referral = facts.referral
    if facts.stage != Stage.PAUSED or referral.review_on is None:
        return
    day, house = clock.moment(referral.review_on, 9), referral.lead_organisation_id
    yield worker_duty(
        # After a death it is only a reminder: My work does not ask whether it is the right time.
        "paused_after_death" if facts.anyone_died else "paused_review",
        referral.lead_id,
        referral.id,
        shown_ahead(day),
        day,
        version=referral.review_on.toordinal(),
        late_at=facts.morning_after(day, rules().paused_manager_working_days, house),
        late=managers_of(facts, referral.lead_id, house),
    )


def nothing_happened(facts: Facts) -> Iterator[NewDuty]:
    """Look at a referral in which nothing that the lead knows of has happened for long. What they do not open neither
    stops nor starts it."""
    referral = facts.referral
    if facts.stage == Stage.PAUSED:
        return
    last = last_known(facts, opened_by(facts, referral.lead_id))
    due = facts.morning_after(last, rules().nothing_happened_working_days, referral.lead_organisation_id)
    # One reminder a week: it moves along with every change in that week.
    week = clock.today(last).toordinal() // 7
    yield worker_duty("nothing_happened", referral.lead_id, referral.id, due, due, version=week)


def supervision(facts: Facts) -> Iterator[NewDuty]:
    """Speak about a referral in which nothing has happened for long: the managers of the organisation that leads.

    Only what their own organisation did counts: what another did neither keeps it off their list nor puts it there.
    """
    house = facts.referral.lead_organisation_id
    if facts.stage == Stage.PAUSED:
        return
    last = last_known(facts, {party.id for party in facts.present if party.row.organisation_id == house})
    due = facts.morning_after(last, rules().nothing_happened_working_days, house)
    yield NewDuty("supervision", managers(house), facts.referral.id, starts_at=due, due_at=due)


def last_known(facts: Facts, opened: set[UUID]) -> datetime:
    """When a reader of these compartments last knew of anything being done, in them or to the referral."""
    known = [
        row.released_at or row.created_at
        for row in facts.rows(StageChangeRow)
        if not row.waits_for_release or row.party_id in opened
    ]
    noted = [party.last_noted_at for party in facts.present if party.id in opened]
    return max([facts.referral.logged_at, *known, *noted])


# --- Tasks, each with its day ------------------------------------------------------------------------------------


def tasks(facts: Facts) -> Iterator[NewDuty]:
    """Do what was asked: the worker it was given to."""
    counted = _decisions_that_count(facts)
    for task in facts.rows(TaskRow):
        if task.done_at is not None or (task.blocks_id is not None and task.blocks_id not in counted):
            continue
        due = clock.moment(task.due_on, 9)
        kind, ahead = f"task_{task.kind}", shown_ahead(due)
        yield worker_duty(kind, task.assignee_id, task.id, ahead, due, party=task.party_id)


def _decisions_that_count(facts: Facts) -> set:
    """The newest decision on each open concern: steps of any other are not asked for any more."""
    newest = {
        row.concern_id: row.id for row in sorted(facts.rows(SignOffRow), key=lambda row: row.decided_at)
    }
    return {newest[row.id] for row in facts.rows(ConcernRow) if row.is_open and row.id in newest}


# --- Requests between organisations ------------------------------------------------------------------------------


def due_by(sent_at: datetime, days: int, closes_at: time, closures: Collection[date]) -> datetime:
    """When the organisation that was asked closes on the last of so many of its working days."""
    day = clock.add_working_days(clock.today(sent_at), days, closures)
    return clock.moment(day, closes_at.hour, closes_at.minute)


def answer_request(facts: Facts) -> Iterator[NewDuty]:
    """Open a request, then answer it: the workers of the organisation that was asked."""
    for row in facts.rows(HandoffRow):
        if row.state not in UNANSWERED or row.state == HandoffState.QUESTION:
            continue
        seen = row.state != HandoffState.SENT
        numbers = rules()
        days = numbers.handoff_decided_working_days if seen else numbers.handoff_seen_working_days
        house = facts.house(row.to_org_id)
        due = due_by(row.sent_at, days, house.closes_at, house.closures)
        yield NewDuty("handoff_asked", staff(row.to_org_id), row.id, starts_at=row.sent_at, due_at=due)


def await_answer(facts: Facts) -> Iterator[NewDuty]:
    """Wait for the answer: the side that asked. One that ended unknown to some of them goes on for these."""
    for row in facts.rows(HandoffRow):
        if (row.stood_as or row.state) not in UNANSWERED:
            continue
        for principal in _asking(facts, row):
            yield NewDuty("handoff_sent", principal, row.id, starts_at=row.sent_at, due_at=None)


def _asking(facts: Facts, row: HandoffRow) -> list[str]:
    """Who sent it, the managers there, who leads or led, and who supports the person it is about."""
    workers: list[UUID | None] = [row.sent_by_id, row.lead_before_id]
    if row.kind == HandoffKind.LEAD:
        workers.append(facts.referral.lead_id)
    if row.party_id is not None:
        workers.append(facts.parties[row.party_id].worker_id)
    return [managers(row.from_org_id), *(user(key) for key in dict.fromkeys(workers) if key is not None)]


RULES = (paused_review, nothing_happened, supervision, tasks, answer_request, await_answer)
STEP = ("reference", "party", "thing")
_PAUSED = Reminder("worker_paused_review", "look at it again today")
_PAUSED_LATE = Reminder("worker_paused_review_late", "the day to look at it again has passed")
KINDS = (
    own(
        "paused_review",
        "Look again: is it the right time now?",
        "Decide",
        "referrals:decide",
        due=_PAUSED,
        late=_PAUSED_LATE,
        hint="looked_at",
        yields=True,
    ),
    DutyKind("paused_after_death", _PAUSED, _PAUSED_LATE),
    DutyKind("nothing_happened", Reminder("worker_nothing_happened", "nothing has happened for a long time")),
    DutyKind("supervision", section=Section.SUPERVISION),
    *(
        own(f"task_{kind}", what, action, page, args, hint="on")
        for kind, what, action, page, args in (
            (TaskKind.RING, "Ring a colleague about this", "Ring", "referrals:rang", THING),
            (TaskKind.STEP, "A step before the meeting, with {name}", "Do it", "referrals:step_done", STEP),
            (TaskKind.CHECK_IN, "Check in with {name}", "Check in", "referrals:check_in", PARTY),
            (TaskKind.TRY_AGAIN, "Try to reach {name} again", "Try", "casework:party", PARTY),
            (
                TaskKind.ASK_SAFETY,
                "Ask {name} the safety questions, alone",
                "Ask",
                "referrals:safety_ask",
                PARTY,
            ),
            (TaskKind.WORRY, "Record the worry {name} spoke of", "Record", "referrals:concern", PARTY),
        )
    ),
    DutyKind("handoff_asked", section=Section.ASKED, page="referrals:handoff", args=("thing",)),
    DutyKind(
        "handoff_sent", section=Section.WAITING, page="referrals:handoff", args=("thing",), hint="asked"
    ),
)
