"""Duties about one person: speak with them, ask again, renew what expires, reach them before their record goes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from referrals.duties.duty import PARTY, DutyKind, NewDuty, Reminder, Section, own, worker_duty
from referrals.duties.knowing import managers_of_worker, opened_by, workers_on
from referrals.enums import Answer, ApproachResult, Part, RouteKind, Stage
from referrals.facts import Facts, PartyFacts
from referrals.facts.rows import InvolvementRow
from restorative.common import clock
from restorative.common.rules import rules

UNANSWERED = (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH)
# Before a meeting has taken place. Booked counts as preparing, so that a call-off that is not
# released yet changes no duty of the other side.
BEFORE = (Stage.LOGGED, Stage.PREPARING, Stage.BOOKED)


def turn(party: PartyFacts) -> int:
    """How many keyworkers they have had: a new or returning keyworker gets each reminder again."""
    return sum(row.part == Part.KEYWORKER for row in party.rows(InvolvementRow))


def first_contact(facts: Facts) -> Iterator[NewDuty]:
    """Speak with a person for the first time, once the words are approved. Late: the worker's manager hears."""
    if facts.stage not in BEFORE:
        return
    numbers = rules()
    later = numbers.first_contact_working_days + numbers.first_contact_manager_working_days
    for party in facts.participants:
        since, due = party.may_be_spoken_with_since, first_contact_due(party)
        if since is None or due is None:
            continue
        yield worker_duty(
            "first_contact",
            party.worker_id,
            party.id,
            since,
            due,
            version=turn(party),
            party=party.id,
            late_at=facts.morning_after(since, later, party.row.organisation_id),
            late=managers_of_worker(facts, party),
        )


def first_contact_due(party: PartyFacts) -> datetime | None:
    """By when they should have been spoken with; None where they have been, or may not be yet."""
    since = party.may_be_spoken_with_since
    if since is None or party.contacts:
        return None
    days = rules().first_contact_working_days
    return party.facts.morning_after(since, days, party.row.organisation_id)


def asked_and_waiting(party: PartyFacts) -> bool:
    """Whether they were asked and have said nothing yet: it is for them to answer."""
    tried = party.last_approach
    return party.answer is None and tried is not None and tried.result in UNANSWERED


def consent_outstanding(facts: Facts) -> Iterator[NewDuty]:
    """Ask a person again who has not answered or is not sure. The last reminder says: review or close."""
    if facts.stage not in BEFORE:
        return
    numbers = rules()
    steps = (
        ("consent_outstanding", numbers.consent_outstanding_working_days),
        ("consent_still_outstanding", numbers.consent_still_outstanding_working_days),
        ("consent_review", numbers.consent_review_working_days),
    )
    for party in facts.present:
        said, tried = party.answer, party.last_approach
        if said is not None and said.answer != Answer.NOT_SURE:
            continue
        if not party.contacts or (tried and tried.result == ApproachResult.DO_NOT_APPROACH):
            continue
        since = said.taken_at if said else party.contacts[0]
        # Others are talked with: that is their next step, and this only a reminder.
        listed = asked_and_waiting(party)
        for kind, days in steps:
            yield worker_duty(
                "asked" if listed and kind == "consent_outstanding" else kind,
                party.worker_id,
                said.id if said else party.id,
                since,
                facts.morning_after(since, days, party.row.organisation_id),
                version=turn(party),
                party=party.id,
            )


def runs_out(facts: Facts) -> Iterator[NewDuty]:
    """Check in with a person before something that a meeting needs expires: one reminder for each day."""
    if facts.stage not in (Stage.PREPARING, Stage.BOOKED):
        return
    for party in facts.present:
        days = set()
        for each in party.runs_out():
            day = clock.today(each.until) - timedelta(days=rules().runs_out_days)
            if each.until <= facts.at:
                continue
            told = () if day in days else (party.worker_id,)
            days.add(day)
            yield worker_duty(
                f"runs_out_{each.what}",
                party.worker_id,
                each.row,
                clock.moment(day, 9),
                each.until,
                ends_at=each.until,
                version=turn(party),
                party=party.id,
                told=told,
            )


def record_goes(facts: Facts) -> Iterator[NewDuty]:
    """Reach a person who has not answered, or have their details kept longer, before their record is removed."""
    for party in facts.present:
        if party.goes_at is None or party.goes_at <= facts.at:
            continue
        day = clock.today(party.goes_at) - timedelta(days=rules().provisional_warning_days)
        yield worker_duty(
            "record_goes",
            party.worker_id,
            party.id,
            clock.moment(day, 9),
            party.goes_at,
            ends_at=party.goes_at,
            # Once it is kept longer, or they are approached again, it is another day.
            version=day.toordinal(),
            party=party.id,
        )


def said_no(facts: Facts) -> Iterator[NewDuty]:
    """A person who said no or is not sure, for each worker on the referral who opens them. It has no due date."""
    for party in facts.present:
        said = party.answer
        if said is None or said.answer == Answer.YES:
            continue
        for worker in workers_on(facts):
            if party.id in opened_by(facts, worker):
                yield worker_duty(f"said_{said.answer}", worker, said.id, said.taken_at, None, party=party.id)


def may_be_rung(facts: Facts) -> Iterator[NewDuty]:
    """A person who can be rung by their worker, while a number that they allow was confirmed recently enough."""
    for party in facts.present:
        phones = [row for row in party.safe_routes if row.kind == RouteKind.PHONE and row.confirmed_at]
        stopped = party.said_do_not_approach or party.stopped_taking_part
        if not phones or stopped:
            continue
        since = phones[-1].confirmed_at
        until = since + timedelta(days=party.contact_days)
        yield worker_duty("ring", party.worker_id, phones[-1].id, since, None, ends_at=until, party=party.id)


RULES = (first_contact, consent_outstanding, runs_out, record_goes, said_no, may_be_rung)
OUTSTANDING = Reminder("worker_consent_outstanding", "one person has not answered yet")
_RUNS_OUT = Reminder("worker_runs_out", "something a meeting needs runs out in a week, a check-in renews it")
# What runs out, in words; a sign-off that does is a second person's to renew.
RENEW = {
    "consent": "their yes",
    "readiness": "“is it the right time?”",
    "safety": "what they said about safety",
    "contact": "how to reach them",
}
KINDS = (
    DutyKind(
        "first_contact",
        Reminder("worker_first_contact", "speak with the person you support, nobody has yet"),
        Reminder("worker_first_contact_late", "nobody has spoken with one person yet"),
    ),
    own(
        "asked",
        "Ask {name} again",
        "Ask",
        "referrals:talk",
        PARTY,
        due=OUTSTANDING,
        hint="asked",
        waits_first="{name} to answer",
        yields=True,
    ),
    DutyKind("consent_outstanding", OUTSTANDING),
    DutyKind(
        "consent_still_outstanding",
        Reminder("worker_consent_still_outstanding", "one person has still not answered"),
    ),
    DutyKind(
        "consent_review",
        Reminder("worker_consent_review", "one person has not answered for long, look at it again or close"),
    ),
    *(
        own(
            f"runs_out_{key}",
            f"Check in with {{name}}: {what} runs out {{on}}",
            "Check in",
            "referrals:check_in",
            PARTY,
            due=_RUNS_OUT,
            from_start=True,
            yields=True,
        )
        for key, what in RENEW.items()
    ),
    DutyKind("runs_out_sign_off", _RUNS_OUT, from_start=True),
    DutyKind(
        "record_goes",
        Reminder("worker_record_goes", "one person has not answered, and their record goes in a week"),
        from_start=True,
    ),
    *(
        DutyKind(f"said_{answer}", section=Section.SAID_NO, what=what, page=page, args=PARTY)
        for answer, what, page in (
            (Answer.NOT_SURE, "not sure", "referrals:talk"),
            (Answer.NO, "no", "casework:party"),
            (Answer.WITHDRAWN, "no longer takes part", "casework:party"),
        )
    ),
    DutyKind("ring", section=Section.RING, page="casework:party", args=PARTY),
)
