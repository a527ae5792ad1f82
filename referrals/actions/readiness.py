"""What a worker asks one party alone: safety, readiness, preparation, ratings, capacity, the day-of check.
Each answer is saved as a new row and never changed."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from referrals import access, events
from referrals.actions.change import Change, changing, changing_party
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import asked_as_before, record_consent
from referrals.actions.tasks import finish_tasks
from referrals.enums import (
    DAY_QUESTIONS,
    READINESS_QUESTIONS,
    READINESS_STOPS,
    SAFETY_QUESTIONS,
    Answer,
    Capacity,
    CapacityResult,
    ConcernKind,
    Format,
    Purpose,
    RatingPoint,
    ReadinessKind,
    Ready,
    TaskKind,
)
from referrals.facts.party import end_of
from referrals.models import (
    CapacityAssessment,
    Party,
    Preparation,
    Rating,
    ReadinessCheck,
    SafetyAnswers,
)
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible, need
from restorative.common.rules import rules

# The concern that is recorded for a yes or not sure to each safety question.
RAISES: dict[str, ConcernKind] = {
    "afraid": ConcernKind.SAYS_NOT_SAFE,
    "controlled": ConcernKind.COERCIVE_CONTROL,
    "harmed": ConcernKind.PAST_ABUSE,
    "has_harmed": ConcernKind.PAST_ABUSE,
    "order": ConcernKind.ORDER,
}


NOT_YET_WHATEVER_ELSE = (
    "It is not the right time while they do not feel safe, are not free of pressure, or do not know that it is a free "
    "choice."
)


def need_all(answers: dict[str, str], questions: Iterable[str]) -> None:
    """Raise NotPossible, naming the field, for a question without a yes, no or not sure."""
    for key in questions:
        if answers.get(key) not in (Answer.YES, Answer.NO, Answer.NOT_SURE):
            raise NotPossible("Answer yes, no or not sure.", field=key)


def ask_safety(
    *,
    party: Party,
    answers: dict[str, str],
    by: User,
    asked_alone: bool = True,
    details: dict[str, str] | None = None,
    at: datetime | None = None,
) -> SafetyAnswers:
    """Record the safety answers. Yes or not sure, except to the shared home, also records the matching concern.

    `details` holds their words for each answer. Raises NotPossible naming a missing question.
    """
    details = details or {}
    with changing_party(party, by=by, at=at) as (change, party):
        need_all(answers, SAFETY_QUESTIONS)
        row = change.add(
            SafetyAnswers,
            party=party,
            asked_alone=asked_alone,
            shares_home=answers["shares_home"] != Answer.NO,
            answers={"answers": {key: answers[key] for key in SAFETY_QUESTIONS}, "details": details},
            asked_at=min(change.at, change.read_at),
            asked_by=by,
        )
        change.record("safety_asked", row, fields=SAFETY_QUESTIONS)
        finish_tasks(change, party, TaskKind.ASK_SAFETY)
        change.begin_preparing()
        worries = {key: kind for key, kind in RAISES.items() if answers[key] != Answer.NO}
        _raise_each(change, party, worries, details, by)
        return row


def _raise_each(
    change: Change, party: Party, worries: dict[str, ConcernKind], details: Mapping[str, str], by: "User"
) -> None:
    """Record the concern that each of these answers raises, in the words of the person.

    An undecided concern covers this answer too. A signed-off concern does not: this answer is new information.
    """
    already = {row.kind for row in change.facts_of(party).undecided_concerns}
    for question, kind in worries.items():
        if kind not in already:
            already.add(kind)
            raise_concern(party=party, kind=kind, detail=details.get(question, ""), by=by)


def rules_result(answers: dict[str, str], questions: dict[str, str]) -> Ready:
    """The rules' result for the answers: ready only if every answer is yes. Not sure counts as not ready."""
    return Ready.READY if all(answers.get(key) == Answer.YES for key in questions) else Ready.NOT_YET


def add_check(
    change: Change, party: Party, kind: ReadinessKind, answers: dict[str, str], result: Ready, **more: Any
) -> ReadinessCheck:
    """Add a check. Without other values in `more`, the worker judges as the rules do, and it is valid as long as a
    full check."""
    usual = {"judgement": result, "expires_at": change.at + timedelta(days=rules().readiness_days)}
    asked = {"party": party, "kind": kind, "answers": answers, "result": result}
    return change.add(ReadinessCheck, **asked, **change.stamp("completed"), **(usual | more))


def check_readiness(
    *,
    party: Party,
    answers: dict[str, str],
    judgement: Ready,
    by: User,
    notes: dict[str, str] | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> ReadinessCheck:
    """Record a readiness check: the rules' result and the worker's judgement, with a reason if they differ.

    It is valid for 28 days. A no to feeling safe, being free of pressure or a free choice is also recorded as a stop.
    Raises NotPossible naming the field, also for ready where one of these three is not a yes.
    """
    with changing_party(party, by=by, at=at) as (change, party):
        need_all(answers, READINESS_QUESTIONS)
        result = rules_result(answers, READINESS_QUESTIONS)
        if judgement == Ready.READY and any(answers[key] != Answer.YES for key in READINESS_STOPS):
            raise NotPossible(NOT_YET_WHATEVER_ELSE, field="judgement")
        if judgement != result and not reason.strip():
            raise NotPossible("Your judgement differs from the answers. Say why.", field="reason")
        more = {"notes": notes or {}, "judgement": judgement, "reason": reason}
        row = add_check(change, party, ReadinessKind.FULL, answers, result, **more)
        change.record("readiness_checked", row, fields=["answers", "judgement"], why=judgement)
        change.begin_preparing()
        worries = {key: kind for key, kind in READINESS_STOPS.items() if answers[key] == Answer.NO}
        _raise_each(change, party, worries, notes or {}, by)
        return row


def accept_late(*, check: ReadinessCheck, why: str, by: User, at: datetime | None = None) -> None:
    """Accept, as a manager and with a reason, a readiness check that is 29 to 42 days old."""
    access.may_accept_late(by, check.party).require()
    need(why, "Say why the older check is good enough.", field="why")
    with changing(check.party.referral_id, by=by, at=at) as change:
        age = (change.at - check.completed_at) / timedelta(days=1)
        if not rules().readiness_days < age <= rules().readiness_late_days:
            raise NotPossible(
                f"Only a check of {rules().readiness_days + 1} to {rules().readiness_late_days} days can be accepted."
            )
        change.set(check, **change.stamp("accepted_late"), accepted_why=why)
        change.record("late_readiness_accepted", check, fields=["accepted_why"])


def check_on_the_day(
    *, party: Party, answers: dict[str, str], by: User, note: str = "", at: datetime | None = None
) -> ReadinessCheck:
    """Record the day-of check: well enough, safe, still yes, able to decide. Any answer but yes blocks the start.

    'No' or 'not sure' to still yes or to safe has the usual effect as well: the meeting is called off.
    """
    with changing_party(party, by=by, at=at) as (change, party):
        need_all(answers, DAY_QUESTIONS)
        result = rules_result(answers, DAY_QUESTIONS)
        more = {
            "notes": {"note": note} if note else {},
            "capacity": Capacity.CLEAR if answers["decides"] == Answer.YES else Capacity.DOUBT,
            "expires_at": end_of(clock.today(change.at)),
        }
        row = add_check(change, party, ReadinessKind.DAY, answers, result, **more)
        change.record("day_checked", row, fields=DAY_QUESTIONS, why=result)
        if answers["still_yes"] != Answer.YES:
            answer = Answer(answers["still_yes"])
            asked = asked_as_before(party)
            record_consent(party=party, purpose=Purpose.TAKE_PART, answer=answer, asked=asked, by=by)
        if answers["safe"] != Answer.YES:
            raise_concern(party=party, kind=ConcernKind.SAYS_NOT_SAFE, detail=note, by=by)
        if answers["decides"] != Answer.YES:
            change.send(events.capacity_doubted, party=party)
        return row


def prepare(
    *,
    party: Party,
    answers: dict[str, str],
    by: User,
    format: Format = Format.IN_PERSON,
    may_carry: str = "",
    at: datetime | None = None,
) -> Preparation:
    """Record a preparation with one party: hopes, fears, limits, and what may be carried to others."""
    with changing_party(party, by=by, at=at) as (change, party):
        row = change.add(
            Preparation,
            party=party,
            format=format,
            answers=answers,
            may_carry=may_carry,
            **change.stamp("held"),
        )
        change.record("prepared", row, fields=["answers", "may_carry"])
        change.begin_preparing()
        return row


def rate(
    *,
    party: Party,
    ratings: Mapping[str, int | None],
    by: User,
    point: RatingPoint = RatingPoint.BEFORE,
    at: datetime | None = None,
) -> Rating:
    """Record a party's private ratings of `relationship`, `safe` and `hope`, 0 to 10; None if they would rather not
    say."""
    with changing_party(party, by=by, at=at) as (change, party):
        row = change.add(Rating, party=party, point=point, **ratings)
        change.record("rated", row, fields=ratings, why=point)
        return row


def assess_capacity(
    *, party: Party, help_given: str, result: CapacityResult, by: User, at: datetime | None = None
) -> CapacityAssessment:
    """Record whether a party can make this decision with the help given. Not able is a stop."""
    with changing_party(party, by=by, at=at) as (change, party):
        row = change.add(
            CapacityAssessment, party=party, help_given=help_given, result=result, **change.stamp("assessed")
        )
        change.record("capacity_assessed", row, fields=["help_given", "result"], why=result)
        if result == CapacityResult.NOT_ABLE:
            raise_concern(party=party, kind=ConcernKind.NO_CAPACITY, detail=help_given, by=by)
        return row
