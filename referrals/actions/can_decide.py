"""Clearing stops over whether a person can decide: under 16, and capacity. A record that they cannot decide
prevents clearing until a newer record says otherwise. The safeguarding lead still decides whether to clear."""

from datetime import datetime

from referrals.enums import CapacityResult, ChildResult, ConcernKind
from referrals.models import CapacityAssessment, ChildDecision, Concern
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules

NOT_ABLE = (
    "The newest assessment says that {name} cannot decide this. Record another first, if that has changed."
)
CHILD_CANNOT = "Record first that {name} understands enough to decide, or which parent gives authority."


def check_can_decide(concern: Concern, at: datetime) -> None:
    """Refuse to clear a stop over whether a person can decide if the record says that they cannot."""
    party, why = concern.party, "new facts under the lock"
    if concern.kind == ConcernKind.NO_CAPACITY:
        assessed = CapacityAssessment.objects.unscoped(why).filter(party=party)
        last = assessed.order_by("assessed_at", "pk").last()
        if last is not None and last.result == CapacityResult.NOT_ABLE:
            raise NotPossible(NOT_ABLE.format(name=party.known_as))
    if concern.kind == ConcernKind.UNDER_16:
        born = party.person.born_on
        if born is not None and clock.age_on(born, clock.today(at)) >= rules().own_consent_age:
            return
        decided = ChildDecision.objects.unscoped(why).filter(party=party).order_by("recorded_at", "pk").last()
        if decided.result == ChildResult.NEITHER if decided else born is not None:
            raise NotPossible(CHILD_CANNOT.format(name=party.known_as))
