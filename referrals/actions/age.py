"""Records a person's date of birth and raises the concerns that follow from it. A person under 16 is a stop unless
they understand enough to decide or a parent who takes no part gives authority; under 18 needs a sign-off. No
other module sets a date of birth."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from referrals import access
from referrals.actions.concerns import raise_concern
from referrals.actions.lifecycle import changing, made
from referrals.actions.parties import fresh_party
from referrals.enums import ChildResult, ConcernKind
from referrals.models import Approach, ChildDecision, Concern, Party, Person
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

OF_A_PARTY = "The authority has to come from a parent who takes no part in this."


@dataclass(frozen=True)
class ChildFacts:
    """Whether a person under 16 can decide, how we know that, and which parent gives authority, in which words."""

    result: ChildResult
    how_known: str
    parent: str = ""
    parent_takes_part: bool = False


def record_age(
    *, party: Party, born_on: date, by: "User", child: ChildFacts | None = None, at: datetime | None = None
) -> list[ConcernKind]:
    """Record a date of birth and, under 16, whether the person can decide. Returns the concerns it raised, in order.

    A record made after the stop does not clear it: a safeguarding lead clears it on the basis of that record. We
    ask for a person's age only after they have answered. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    _check(born_on, child, at)
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        if party.answered_at is None and not came_to_us(party):
            raise NotPossible(
                f"{party.known_as} has not answered yet: until then only a name and a way to reach them are kept. "
                "If they are a child, record that as a concern.",
                field="born_on",
            )
        Person.objects.unscoped("born on").filter(pk=party.person_id).update(born_on=born_on)
        row = None
        if child is not None:
            row = ChildDecision.objects.create(
                party=party,
                result=child.result,
                how_known=child.how_known,
                parent=child.parent if child.result == ChildResult.PARENT else "",
                recorded_at=at,
                recorded_by=by,
                **made(by, at),
            )
        record(
            "age_recorded",
            by=by,
            thing=party,
            things=[row] if row else [],
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["born_on", *(["result", "how_known", "parent"] if row else [])],
            at=at,
        )
        raised = _asked_for(party, clock.age_on(born_on, clock.today(at)), row)
        for kind in raised:
            detail = f"{party.known_as} was born on {born_on.day} {born_on:%B %Y}."
            raise_concern(party=party, kind=kind, detail=detail, by=by, at=at)
        return raised


def _check(born_on: date, child: ChildFacts | None, at: datetime) -> None:
    if born_on > clock.today(at):
        raise NotPossible("The date of birth cannot be in the future.", field="born_on")
    if child is None:
        return
    if clock.age_on(born_on, clock.today(at)) >= rules().own_consent_age:
        raise NotPossible(
            f"From {rules().own_consent_age} on their own yes counts, and no parent is asked. Leave this empty.",
            field="result",
        )
    if not child.how_known.strip():
        raise NotPossible("Say how you know.", field="how_known")
    if child.result == ChildResult.PARENT and not child.parent.strip():
        raise NotPossible("Say which parent it is, and what they said.", field="parent")
    if child.result == ChildResult.PARENT and child.parent_takes_part:
        raise NotPossible(OF_A_PARTY, field="takes_part")


def came_to_us(party: Party) -> bool:
    """Whether the person asked first. Only then may we keep more than a name."""
    asked = Approach.objects.unscoped("provisional?").filter(party=party, asked_first=True)
    return asked.exists()


def _asked_for(party: Party, age: int, new: ChildDecision | None) -> list[ConcernKind]:
    """The concerns that this person's age raises now. A concern that was settled is not raised again by the same
    fact."""
    recorded = Concern.objects.unscoped("age").filter(party=party)
    ever = set(recorded.values_list("kind", flat=True))
    found = []
    if age < rules().own_consent_age:
        decided = ChildDecision.objects.unscoped("age").filter(party=party).exists()
        unsettled = ConcernKind.UNDER_16 not in ever and not decided
        cannot = new is not None and new.result == ChildResult.NEITHER
        stands = recorded.filter(kind=ConcernKind.UNDER_16, cleared_at__isnull=True).exists()
        if (unsettled or cannot) and not stands:
            found.append(ConcernKind.UNDER_16)
    if age < rules().adult_age and ConcernKind.CHILD not in ever:
        found.append(ConcernKind.CHILD)
    return found
