"""Conditions on parties: what stands in the way that was heard from, or is missing with, one person.
Each is one expression over facts, usable in a list and for a single row."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from referrals.blockers.facilitators import (
    PARTICIPANT,
    accepted_by_all_others,
    fewer_than_two_facilitators,
    not_accepted_by,
    of_a_side,
    running_it,
    supporting,
)
from referrals.enums import (
    SIGN_OFFS,
    STOPS,
    TWO_FACILITATORS,
    Answer,
    Capacity,
    CapacityResult,
    ConcernKind,
    Gate,
    Purpose,
    ReadinessKind,
    Ready,
    SignOffDecision,
)
from referrals.models import (
    Approach,
    CapacityAssessment,
    Concern,
    Consent,
    ContactRoute,
    Invited,
    Person,
    Preparation,
    ReadinessCheck,
    RecordsCheck,
    SafetyAnswers,
    SignOff,
    Task,
)
from referrals.querysets_involvement import works_on
from referrals.querysets_rules import current_answers, given_under_a_stop
from restorative.common.prepared import Moment, derived
from restorative.common.rules import rules


def _ago(at: Moment, rule: str) -> Any:
    """So many days before, by the rule of that name."""
    return derived(lambda moment: moment - timedelta(days=getattr(rules(), rule)), at)


def _own(model: type[Model], party: str = "pk") -> QuerySet:
    return model._base_manager.filter(party=OuterRef(party))


def _taking_part(at: Moment) -> QuerySet:
    return current_answers(_own(Consent), at).filter(purpose=Purpose.TAKE_PART, answer=Answer.YES)


def consent_missing(gate: Gate, at: Moment) -> Q:
    """No current yes to taking part: never asked, waiting, no, not sure, withdrawn, expired, or on an old sheet.

    Nor does a yes of somebody who has died count any more.
    """
    died = Q(Exists(Person._base_manager.filter(pk=OuterRef("person"), died_on__isnull=False)))
    return ~Q(Exists(_taking_part(at))) | died


def consent_not_heard(gate: Gate, at: Moment) -> Q:
    """A yes, by link or with others listening, that no worker has heard from them alone."""
    return Q(Exists(_taking_part(at).filter(heard_alone_at__isnull=True)))


def wording_not_approved(gate: Gate, at: Moment) -> Q:
    """Somebody to be approached, who neither asked first nor told us unprompted, without a current yes to the words
    from another who is still part of this. Words given while a stop of whose they are was open wait for its clearing.
    """
    exempt = _own(Approach).filter(Q(asked_first=True) | Q(told_unprompted=True))
    approved = current_answers(Consent._base_manager.all(), at).filter(
        ~given_under_a_stop(),
        party__referral=OuterRef("referral"),
        party__left_at__isnull=True,
        purpose=Purpose.WORDS,
        recipient=OuterRef("pk"),
        answer=Answer.YES,
    )
    return PARTICIPANT & ~Q(Exists(exempt)) & ~Q(Exists(approved))


def not_prepared(gate: Gate, at: Moment) -> Q:
    """No preparation held with them."""
    return ~Q(Exists(_own(Preparation).filter(held_at__lte=at)))


def safety_not_asked(gate: Gate, at: Moment) -> Q:
    """Not asked alone lately (90 days; 7 to start), or not since that party's newest concern."""
    days = "safety_answers_days" if gate == Gate.BOOK else "safety_answers_days_to_start"
    newer_concern = Concern._base_manager.filter(party=OuterRef("party"), raised_at__gt=OuterRef("asked_at"))
    asked = _own(SafetyAnswers).filter(~Exists(newer_concern), asked_alone=True, asked_at__gte=_ago(at, days))
    return PARTICIPANT & ~Q(Exists(asked))


def records_check(gate: Gate, at: Moment) -> Q:
    """Their name not yet matched: no check that was asked for since they joined has been released."""
    done = RecordsCheck._base_manager.filter(
        referral=OuterRef("referral"), asked_at__gte=OuterRef("created_at"), released_at__lte=at
    )
    return ~Q(Exists(done))


def _newest_check() -> QuerySet:
    """The newest full check or check-in of a party that was judged ready."""
    kinds = [ReadinessKind.FULL, ReadinessKind.CHECK_IN]
    newer = ReadinessCheck._base_manager.filter(
        party=OuterRef("party"), kind__in=kinds, completed_at__gt=OuterRef("completed_at")
    )
    return _own(ReadinessCheck).filter(~Exists(newer), kind__in=kinds, judgement=Ready.READY)


def readiness_missing(gate: Gate, at: Moment) -> Q:
    """No readiness check, or the newest was judged not ready."""
    return PARTICIPANT & ~Q(Exists(_newest_check()))


def readiness_expired(gate: Gate, at: Moment) -> Q:
    """Judged ready, but older than 28 days (42 where a manager accepted it); than 7 days to start."""
    if gate == Gate.START:
        fresh = Q(completed_at__gte=_ago(at, "readiness_days_to_start"))
    else:
        fresh = Q(expires_at__gte=at) | Q(
            accepted_late_at__isnull=False, completed_at__gte=_ago(at, "readiness_late_days")
        )
    return PARTICIPANT & Q(Exists(_newest_check())) & ~Q(Exists(_newest_check().filter(fresh)))


def contact_at_risk() -> Q:
    """Past abuse recorded with this party, or a home shared when last asked: contact goes stale sooner."""
    newer = SafetyAnswers._base_manager.filter(party=OuterRef("party"), asked_at__gt=OuterRef("asked_at"))
    shares_home = _own(SafetyAnswers).filter(~Exists(newer), shares_home=True)
    past_abuse = _own(Concern).filter(kind=ConcernKind.PAST_ABUSE, cleared_at__isnull=True)
    return Q(Exists(shares_home)) | Q(Exists(past_abuse))


def safe_contact_missing(gate: Gate, at: Moment) -> Q:
    """No way to reach them that is allowed and confirmed within 90 days; 30 where contact is at risk."""
    confirmed = _own(ContactRoute).filter(replaced_at__isnull=True, allowed=True)
    recent = confirmed.filter(confirmed_at__gte=_ago(at, "contact_days"))
    very_recent = confirmed.filter(confirmed_at__gte=_ago(at, "contact_days_at_risk"))
    return PARTICIPANT & (~Q(Exists(recent)) | (contact_at_risk() & ~Q(Exists(very_recent))))


def stop(gate: Gate, at: Moment) -> Q:
    """An open stop concern. Nobody overrides it."""
    return Q(Exists(_own(Concern).filter(kind__in=STOPS, cleared_at__isnull=True)))


def by_a_second_person() -> Q:
    """As a condition on sign-offs: decided by somebody who has not come to work on the referral since."""
    return ~Q(works_on(OuterRef("decided_by"), OuterRef("party__referral")))


def sign_off(gate: Gate, at: Moment) -> Q:
    """An open sign-off concern without a current go, or with steps undone, or older than a newer concern."""
    newer_decision = SignOff._base_manager.filter(
        concern=OuterRef("concern"), decided_at__gt=OuterRef("decided_at")
    )
    newer_concern = Concern._base_manager.filter(
        party=OuterRef("party"), raised_at__gt=OuterRef("decided_at")
    )
    undone = Task._base_manager.filter(blocks=OuterRef("pk"), done_at__isnull=True)
    current = SignOff._base_manager.filter(
        by_a_second_person(),
        ~Exists(newer_decision),
        ~Exists(newer_concern),
        ~Exists(undone),
        concern=OuterRef("pk"),
        decision__in=[SignOffDecision.GO, SignOffDecision.GO_WITH_STEPS],
        expires_at__gte=at,
    )
    return Q(Exists(_own(Concern).filter(~Exists(current), kind__in=SIGN_OFFS, cleared_at__isnull=True)))


def one_facilitator_for_party(gate: Gate, at: Moment) -> Q:
    """Past abuse, or a child taking part, heard from this party, and fewer than two facilitators."""
    concern = _own(Concern).filter(kind__in=TWO_FACILITATORS, cleared_at__isnull=True)
    return Q(Exists(concern)) & fewer_than_two_facilitators("referral")


def second_worker_not_accepted(gate: Gate, at: Moment) -> Q:
    """A facilitator of another side than theirs, with a second worker whom they have not accepted; nor is there one
    whom everybody on another side accepts."""
    partial = running_it("referral", at).filter(
        of_a_side(),
        ~Exists(supporting(OuterRef(OuterRef("pk")))),
        Exists(not_accepted_by(OuterRef(OuterRef(OuterRef("pk"))), at)),
        ~Exists(accepted_by_all_others(at)),
    )
    return PARTICIPANT & Q(Exists(partial))


def professional_not_agreed(gate: Gate, at: Moment) -> Q:
    """An invited professional this participant has not agreed to."""
    agreed = current_answers(
        Consent._base_manager.filter(
            party=OuterRef(OuterRef("pk")), purpose=Purpose.PROFESSIONAL, recipient=OuterRef("pk")
        ),
        at,
    ).filter(answer=Answer.YES)
    invited = Invited._base_manager.filter(
        ~Exists(agreed), referral=OuterRef("referral"), left_out_at__isnull=True
    )
    return PARTICIPANT & Q(Exists(invited))


def capacity_in_doubt(gate: Gate, at: Moment) -> Q:
    """A doubt noted with an answer to taking part, or on the day, and no assessment since that they can decide this.

    Saying yes again without a doubt does not take an earlier doubt away: an assessment does.
    """
    newer_assessment = CapacityAssessment._base_manager.filter(
        party=OuterRef("party"), assessed_at__gt=OuterRef("assessed_at")
    )
    able = CapacityAssessment._base_manager.filter(
        ~Exists(newer_assessment),
        party=OuterRef("party"),
        result=CapacityResult.ABLE,
        assessed_at__gte=OuterRef("taken_at"),
    )
    doubted = _own(Consent).filter(~Exists(able), purpose=Purpose.TAKE_PART, capacity=Capacity.DOUBT)
    newest_day = ReadinessCheck._base_manager.filter(
        party=OuterRef("party"), kind=ReadinessKind.DAY, completed_at__gt=OuterRef("completed_at")
    )
    able_since = CapacityAssessment._base_manager.filter(
        party=OuterRef("party"), result=CapacityResult.ABLE, assessed_at__gte=OuterRef("completed_at")
    )
    doubted_today = _own(ReadinessCheck).filter(
        ~Exists(newest_day), ~Exists(able_since), kind=ReadinessKind.DAY, capacity=Capacity.DOUBT
    )
    return Q(Exists(doubted)) | Q(Exists(doubted_today))


def start_of_day(at: datetime) -> datetime:
    """Midnight in London at the start of the day of `at`."""
    local = timezone.localtime(at)
    return timezone.make_aware(datetime.combine(local.date(), time.min), local.tzinfo)


def day_of_check_missing(gate: Gate, at: Moment) -> Q:
    """Not asked today, or today's newest answer was not a yes to each question."""
    newer = ReadinessCheck._base_manager.filter(
        party=OuterRef("party"), kind=ReadinessKind.DAY, completed_at__gt=OuterRef("completed_at")
    )
    today = _own(ReadinessCheck).filter(
        ~Exists(newer),
        kind=ReadinessKind.DAY,
        judgement=Ready.READY,
        completed_at__gte=derived(start_of_day, at),
        completed_at__lte=at,
    )
    return PARTICIPANT & ~Q(Exists(today))
