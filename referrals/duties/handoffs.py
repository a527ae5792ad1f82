"""Requests between organisations that wait for an answer: who is asked, and by when they answer."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time
from uuid import UUID

from referrals.duties.duty import DutyKind, NewDuty, Section
from referrals.enums import UNANSWERED, HandoffKind, HandoffState
from referrals.facts import Facts
from referrals.facts.rows import HandoffRow
from referrals.principals import managers, staff, user
from restorative.common import clock
from restorative.common.rules import rules


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


RULES = (answer_request, await_answer)
KINDS = (
    DutyKind("handoff_asked", section=Section.ASKED, page="referrals:handoff", args=("thing",)),
    DutyKind(
        "handoff_sent", section=Section.WAITING, page="referrals:handoff", args=("thing",), hint="asked"
    ),
)
