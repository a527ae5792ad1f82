"""Who runs the meetings, as conditions: shared by those on parties and those on referrals."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Coalesce

from referrals.enums import NOBODY, Answer, Part, Place, Purpose
from referrals.models import Consent, Involvement, Party
from referrals.querysets_involvement import knows_a_side, on_now
from referrals.querysets_rules import current_answers, supported_by
from restorative.common.prepared import Moment

PARTICIPANT = ~Q(place=Place.SUPPORTER)


RUNS_IT = Q(part__in=[Part.FACILITATOR, Part.STAND_IN], user__is_active=True)


def facilitators(referral: str) -> QuerySet:
    """Who is appointed, and still works here."""
    return Involvement._base_manager.filter(RUNS_IT, referral=OuterRef(referral), until__isnull=True)


def running_it(referral: str, at: Moment) -> QuerySet:
    """Those, and on their day who stands in for one."""
    return Involvement._base_manager.filter(RUNS_IT, on_now(at), referral=OuterRef(referral))


def fewer_than_two_facilitators(referral: str) -> Q:
    another = facilitators("referral").filter(~Q(user=OuterRef("user")))
    return ~Q(Exists(facilitators(referral).filter(Exists(another))))


def on_the_side_of(user: Any) -> Q:
    """As a condition on parties: those whom somebody supports, the lead where nobody else does, or manages who does."""
    manages = Q(keyworker__team__manager=user)
    manages |= Q(keyworker__isnull=True, referral__lead__team__manager=user)
    return supported_by(user) | manages


def supporting(party: Any) -> QuerySet:
    """That party, where a facilitator supports them or manages who does, within a query of facilitators."""
    return Party._base_manager.filter(on_the_side_of(OuterRef("user")), pk=party)


def of_a_side() -> Q:
    """As a condition on those who facilitate: they support somebody here or manage who does, or ever supported one."""
    here = Party._base_manager.filter(
        on_the_side_of(OuterRef("user")), referral=OuterRef("referral"), left_at__isnull=True
    )
    return Q(Exists(here)) | Q(knows_a_side(OuterRef("user"), OuterRef("referral")))


def seconds() -> QuerySet:
    """Second workers from another team or organisation than a facilitator's, within a query of those. Of two in no team
    nobody can say that they are of different ones."""
    # Compared with NULL, nothing is another.
    team = Coalesce("user__team", Value(NOBODY), output_field=UUIDField())
    their_team = Coalesce(OuterRef("user__team"), Value(NOBODY), output_field=UUIDField())
    elsewhere = ~Q(of_team=their_team) | ~Q(user__organisation=OuterRef("user__organisation"))
    return Involvement._base_manager.alias(of_team=team).filter(
        elsewhere,
        referral=OuterRef("referral"),
        part=Part.SECOND_WORKER,
        user__is_active=True,
        until__isnull=True,
    )


def accepted_by_all_others(at: Moment) -> QuerySet:
    """Of these, whom everybody accepts who is not of the facilitator's side."""
    accepted = _yes_to(OuterRef(OuterRef("user")), OuterRef("pk"), at)
    theirs = Party._base_manager.filter(
        on_the_side_of(OuterRef(OuterRef(OuterRef("user")))), pk=OuterRef("pk")
    )
    others = Party._base_manager.filter(
        PARTICIPANT, ~Exists(theirs), ~Exists(accepted), referral=OuterRef("referral"), left_at__isnull=True
    )
    return seconds().filter(~Exists(others))


def not_accepted_by(party: Any, at: Moment) -> QuerySet:
    """Of these, whom that party has not accepted."""
    return seconds().filter(~Exists(_yes_to(OuterRef("user"), party, at)))


def _yes_to(user: Any, party: Any, at: Moment) -> QuerySet:
    rows = Consent._base_manager.filter(party=party, purpose=Purpose.SECOND_WORKER, recipient=user)
    return current_answers(rows, at).filter(answer=Answer.YES)
