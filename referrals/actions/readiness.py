"""What a worker asks one party alone: safety, readiness, preparation, ratings, capacity, the day-of check.
Each answer is saved as a new row and never changed."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from referrals import access, events
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import asked_as_before, record_consent
from referrals.actions.lifecycle import begin_preparing, changing, made
from referrals.actions.parties import fresh_party
from referrals.actions.tasks import finish_tasks
from referrals.enums import (
    DAY_QUESTIONS,
    READINESS_QUESTIONS,
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
from referrals.models import (
    CapacityAssessment,
    Concern,
    Party,
    Preparation,
    Rating,
    ReadinessCheck,
    Referral,
    SafetyAnswers,
)
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

# The concern that is recorded for a yes or not sure to each safety question.
RAISES: dict[str, ConcernKind] = {
    "afraid": ConcernKind.SAYS_NOT_SAFE,
    "controlled": ConcernKind.COERCIVE_CONTROL,
    "harmed": ConcernKind.PAST_ABUSE,
    "has_harmed": ConcernKind.PAST_ABUSE,
    "order": ConcernKind.ORDER,
}


def _need_all(answers: dict[str, str], questions: dict[str, str]) -> None:
    for key in questions:
        if answers.get(key) not in (Answer.YES, Answer.NO, Answer.NOT_SURE):
            raise NotPossible("Answer yes, no or not sure.", field=key)


def ask_safety(
    *,
    party: Party,
    answers: dict[str, str],
    by: "User",
    asked_alone: bool = True,
    details: dict[str, str] | None = None,
    at: datetime | None = None,
) -> SafetyAnswers:
    """Record the safety answers. Yes or not sure, except to the shared home, also records the matching concern.

    `details` holds their words for each answer. Raises NotPossible naming a missing question.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    _need_all(answers, SAFETY_QUESTIONS)
    details = details or {}
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        row = SafetyAnswers.objects.create(
            party=party,
            asked_alone=asked_alone,
            shares_home=answers["shares_home"] != Answer.NO,
            answers={"answers": {key: answers[key] for key in SAFETY_QUESTIONS}, "details": details},
            asked_at=min(at, referral.read_at),
            asked_by=by,
            **made(by, at),
        )
        record(
            "safety_asked",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=list(SAFETY_QUESTIONS),
            at=at,
        )
        finish_tasks(party=party, kind=TaskKind.ASK_SAFETY, by=by, at=at)
        begin_preparing(referral, by=by, at=at)
        # An undecided concern covers this answer too. A signed-off concern does not: this answer is new information.
        already = set(
            Concern.objects.unscoped("open concerns under the lock")
            .filter(party=party, cleared_at__isnull=True, sign_offs__isnull=True)
            .values_list("kind", flat=True)
        )
        for question, kind in RAISES.items():
            if answers[question] != Answer.NO and kind not in already:
                already.add(kind)
                raise_concern(party=party, kind=kind, detail=details.get(question, ""), by=by, at=at)
        return row


def rules_result(answers: dict[str, str], questions: dict[str, str]) -> Ready:
    """The rules' result for the answers: ready only if every answer is yes. Not sure counts as not ready."""
    return Ready.READY if all(answers.get(key) == Answer.YES for key in questions) else Ready.NOT_YET


def check_readiness(
    *,
    party: Party,
    answers: dict[str, str],
    judgement: Ready,
    by: "User",
    notes: dict[str, str] | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> ReadinessCheck:
    """Record a readiness check: the rules' result and the worker's judgement, with a reason if they differ.

    It is valid for 28 days. Raises NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    _need_all(answers, READINESS_QUESTIONS)
    result = rules_result(answers, READINESS_QUESTIONS)
    if judgement != result and not reason.strip():
        raise NotPossible("Your judgement differs from the answers. Say why.", field="reason")
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        row = ReadinessCheck.objects.create(
            party=party,
            kind=ReadinessKind.FULL,
            answers=answers,
            notes=notes or {},
            result=result,
            judgement=judgement,
            reason=reason,
            completed_at=at,
            completed_by=by,
            expires_at=at + timedelta(days=rules().readiness_days),
            **made(by, at),
        )
        record(
            "readiness_checked",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["answers", "judgement"],
            why_code=judgement,
            at=at,
        )
        begin_preparing(referral, by=by, at=at)
        return row


def accept_late(*, check: ReadinessCheck, why: str, by: "User", at: datetime | None = None) -> None:
    """Accept, as a manager and with a reason, a readiness check that is 29 to 42 days old."""
    at = at or clock.now()
    access.may_accept_late(by, check.party).require()
    if not why.strip():
        raise NotPossible("Say why the older check is good enough.", field="why")
    with changing(check.party.referral_id, at=at) as (referral, at):
        age = at - check.completed_at
        if not timedelta(days=rules().readiness_days) < age <= timedelta(days=rules().readiness_late_days):
            raise NotPossible(
                f"Only a check of {rules().readiness_days + 1} to {rules().readiness_late_days} days can be accepted."
            )
        ReadinessCheck.objects.unscoped("accept late").filter(pk=check.pk).update(
            accepted_late_at=at, accepted_late_by=by, accepted_why=why
        )
        record(
            "late_readiness_accepted",
            by=by,
            thing=check,
            referral_id=referral.pk,
            party_id=check.party_id,
            fields=["accepted_why"],
            at=at,
        )


def check_on_the_day(
    *, party: Party, answers: dict[str, str], by: "User", note: str = "", at: datetime | None = None
) -> ReadinessCheck:
    """Record the day-of check: well enough, safe, still yes, able to decide. Any answer but yes blocks the start.

    'No' or 'not sure' to still yes or to safe has the usual effect as well: the meeting is called off.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    _need_all(answers, DAY_QUESTIONS)
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        result = rules_result(answers, DAY_QUESTIONS)
        row = ReadinessCheck.objects.create(
            party=party,
            kind=ReadinessKind.DAY,
            answers=answers,
            notes={"note": note} if note else {},
            result=result,
            judgement=result,
            capacity=Capacity.CLEAR if answers["decides"] == Answer.YES else Capacity.DOUBT,
            completed_at=at,
            completed_by=by,
            expires_at=clock.moment(clock.today(at) + timedelta(days=1), 0),
            **made(by, at),
        )
        record(
            "day_checked",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=list(DAY_QUESTIONS),
            why_code=result,
            at=at,
        )
        if answers["still_yes"] != Answer.YES:
            record_consent(
                party=party,
                purpose=Purpose.TAKE_PART,
                answer=Answer(answers["still_yes"]),
                asked=asked_as_before(party),
                by=by,
                at=at,
            )
        if answers["safe"] != Answer.YES:
            raise_concern(party=party, kind=ConcernKind.SAYS_NOT_SAFE, detail=note, by=by, at=at)
        if answers["decides"] != Answer.YES:
            events.capacity_doubted.send(Referral, referral=referral, party=party, by=by, at=at)
        return row


def prepare(
    *,
    party: Party,
    answers: dict[str, str],
    by: "User",
    format: Format = Format.IN_PERSON,
    may_carry: str = "",
    at: datetime | None = None,
) -> Preparation:
    """Record a preparation with one party: hopes, fears, limits, and what may be carried to others."""
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        row = Preparation.objects.create(
            party=party,
            format=format,
            answers=answers,
            may_carry=may_carry,
            held_at=at,
            held_by=by,
            **made(by, at),
        )
        record(
            "prepared",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["answers", "may_carry"],
            at=at,
        )
        begin_preparing(referral, by=by, at=at)
        return row


def rate(
    *,
    party: Party,
    by: "User",
    relationship: int | None,
    safe: int | None,
    hope: int | None,
    point: RatingPoint = RatingPoint.BEFORE,
    at: datetime | None = None,
) -> Rating:
    """Record a party's private ratings, 0 to 10; None if they would rather not say."""
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        row = Rating.objects.create(
            party=party, point=point, relationship=relationship, safe=safe, hope=hope, **made(by, at)
        )
        record(
            "rated",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["relationship", "safe", "hope"],
            why_code=point,
            at=at,
        )
        return row


def assess_capacity(
    *, party: Party, help_given: str, result: CapacityResult, by: "User", at: datetime | None = None
) -> CapacityAssessment:
    """Record whether a party can make this decision with the help given. Not able is a stop."""
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        row = CapacityAssessment.objects.create(
            party=party, help_given=help_given, result=result, assessed_at=at, assessed_by=by, **made(by, at)
        )
        record(
            "capacity_assessed",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["help_given", "result"],
            why_code=result,
            at=at,
        )
        if result == CapacityResult.NOT_ABLE:
            raise_concern(party=party, kind=ConcernKind.NO_CAPACITY, detail=help_given, by=by, at=at)
        return row
