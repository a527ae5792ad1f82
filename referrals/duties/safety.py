"""Duties of managers and safeguarding leads: concerns to sign off, stops, protective shares, and records checks."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from referrals.duties.duty import PARTY, DutyKind, NewDuty, Reminder, Section
from referrals.duties.knowing import leads_there, managers_of_worker, managers_there, second_persons
from referrals.duties.people import BEFORE
from referrals.enums import SIGN_OFFS
from referrals.facts import Facts, PartyFacts
from referrals.facts.rows import ConcernRow, HitBarRow, ProtectiveShareRow, RecordsCheckRow
from referrals.principals import leads, managers
from restorative.common.rules import rules


def sign_off_waiting(facts: Facts) -> Iterator[NewDuty]:
    """Decide on a concern: a manager or safeguarding lead of that side. The manager of that party's worker and the
    safeguarding leads are reminded; where none of them may decide, every manager there."""
    if facts.stage not in BEFORE:
        return
    for party in facts.present:
        organisation = party.row.organisation_id
        waiting = [row for row in party.open_concerns if row.kind in SIGN_OFFS]
        able = second_persons(facts, organisation) if waiting else []
        own = managers_of_worker(facts, party)
        nearest = [worker for worker in able if worker.id in own or worker.safeguarding_lead] or able
        for concern in waiting:
            since, version = waits_since(party, concern)
            for principal in (managers(organisation), leads(organisation)):
                yield NewDuty(
                    "sign_off",
                    principal,
                    concern.id,
                    starts_at=since,
                    due_at=facts.morning_after(since, rules().sign_off_waiting_working_days, organisation),
                    version=version,
                    party=party.id,
                    safety=True,
                    second_person=True,
                    not_for=concern.raised_by_id,
                    told=tuple(worker.id for worker in nearest if worker.id != concern.raised_by_id),
                )


def waits_since(party: PartyFacts, concern: ConcernRow) -> tuple[datetime, int]:
    """From when a sign-off concern waits to be decided, past or to come, and for which time.

    It waits again after a newer concern, when the decision runs out, and at once where the person who decided has since
    got a part in the referral, and so is no second person.
    """
    decided = party.decisions_on(concern)
    if not decided:
        return concern.raised_at, 1
    last = decided[-1]
    if party.facts.works_on(last.decided_by_id):
        return last.decided_at, len(decided) + 1
    newer = [row.raised_at for row in party.rows(ConcernRow) if row.raised_at > last.decided_at]
    return min([*newer, last.expires_at]), len(decided) + 1


def open_stops(facts: Facts) -> Iterator[NewDuty]:
    """Look at an open stop, and clear it on new facts: a safeguarding lead of that side."""
    for party in facts.present:
        for stop in party.open_stops:
            yield NewDuty(
                "stop",
                leads(party.row.organisation_id),
                stop.id,
                starts_at=stop.raised_at,
                due_at=None,
                party=party.id,
                safety=True,
                second_person=True,
                not_for=stop.raised_by_id,
            )


def protective_shares(facts: Facts) -> Iterator[NewDuty]:
    """Look at a protective share: a safeguarding lead of that side, at once. If none of them may know of it, the
    managers there are told."""
    for party in facts.parties.values():
        organisation = party.row.organisation_id
        for share in party.rows(ProtectiveShareRow):
            if share.looked_at is not None:
                continue
            able = [key for key in leads_there(facts, organisation) if not facts.of_another_side(key, party)]
            told = [key for key in able if key != share.shared_by_id]
            told = told or [key for key in managers_there(facts, organisation) if key != share.shared_by_id]
            yield NewDuty(
                "protective_share",
                leads(organisation),
                share.id,
                starts_at=share.shared_at,
                due_at=share.shared_at,
                party=party.id,
                told=tuple(told),
                not_for=share.shared_by_id,
            )


# --- Records checks ----------------------------------------------------------------------------------------------


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

    They hear for every cause, also where no lead may look at it, and until the fixed time of its release. Otherwise
    they could tell from the silence that there was a match.
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


RULES = (sign_off_waiting, open_stops, records_check, records_check_late)
EVEN_CLOSED = (protective_shares,)
KINDS = (
    DutyKind(
        "sign_off",
        Reminder("worker_sign_off_waiting", "a concern waits to be signed off"),
        section=Section.SIGN_OFFS,
        what="A concern with {name} waits to be signed off",
        action="Decide",
        page="referrals:sign_off",
        args=("reference", "party", "thing"),
    ),
    DutyKind(
        "stop",
        section=Section.STOPS,
        what="A concern with {name} stops this",
        action="Look",
        page="referrals:safety",
        args=PARTY,
    ),
    DutyKind(
        "protective_share",
        Reminder("worker_protective_share", "something was shared to keep somebody safe, look at it"),
        reminder_page="referrals:share",
        section=Section.SHARES,
        action="Look",
        page="referrals:share",
        args=("thing",),
    ),
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
