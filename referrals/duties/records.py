"""Records checks that wait for a safeguarding lead."""

from collections.abc import Iterator
from uuid import UUID

from referrals.duties.duty import DutyKind, NewDuty, Reminder, Section
from referrals.duties.knowing import managers_there, second_persons
from referrals.facts import Facts
from referrals.facts.rows import HitBarRow, RecordsCheckRow
from referrals.principals import leads, managers
from restorative.common.rules import rules


def records_check(facts: Facts) -> Iterator[NewDuty]:
    """Do a records check: the safeguarding leads who may."""
    house, days = facts.referral.lead_organisation_id, rules().records_check_waiting_working_days
    for check in facts.rows(RecordsCheckRow):
        if check.released_at is None and check.done_at is None:
            able = [worker.id for worker in second_persons(facts, house) if worker.safeguarding_lead]
            out = {check.asked_by_id, *_barred_where_found(facts, check)}
            yield NewDuty(
                "records_check",
                leads(house),
                check.id,
                starts_at=check.asked_at,
                due_at=facts.morning_after(check.asked_at, days, house),
                told=tuple(key for key in able if key not in out),
                second_person=True,
                not_for=check.asked_by_id,
            )


def records_check_late(facts: Facts) -> Iterator[NewDuty]:
    """Ask a safeguarding lead for a records check that is late: the managers.

    They hear whatever keeps it, also where no lead may look at it, and until the fixed time at which it is released:
    anything else would tell them that there was a match.
    """
    house, days = facts.referral.lead_organisation_id, 2 * rules().records_check_waiting_working_days
    for check in facts.rows(RecordsCheckRow):
        if check.released_at is None:
            late = facts.morning_after(check.asked_at, days, house)
            out = _barred_where_found(facts, check)
            told = tuple(key for key in managers_there(facts, house) if key not in out)
            yield NewDuty("records_check_late", managers(house), check.id, late, late, told=told)


def _barred_where_found(facts: Facts, check: RecordsCheckRow) -> set[UUID]:
    """Workers barred from another referral of a person that this check found: they are not shown the check."""
    hits = [row for row in facts.rows(HitBarRow) if row.records_check_id == check.id]
    return {row.user_id for row in hits if row.user_id is not None and row.lifted_at is None}


RULES = (records_check, records_check_late)
KINDS = (
    DutyKind(
        "records_check",
        Reminder("worker_records_check_waiting", "a records check waits to be released"),
        reminder_page="referrals:records_checks",
        section=Section.RECORDS_CHECKS,
        what="Records check to release",
        action="Release",
        page="referrals:records_checks",
        args=(),
    ),
    DutyKind(
        "records_check_late",
        Reminder("worker_records_check_late", "a records check still waits, ask a safeguarding lead"),
    ),
)
