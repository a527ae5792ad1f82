"""What is kept of a person: their date of birth, with the concerns that follow from it, and what helps them. A person
under 16 is a stop unless they understand enough to decide or a parent who takes no part gives authority; under 18
needs a sign-off. No other module sets a date of birth."""

from dataclasses import dataclass
from datetime import date, datetime

from referrals.actions.change import Change, changing_party
from referrals.actions.concerns import raise_concern
from referrals.enums import ChildResult, ConcernKind
from referrals.facts.rows import ConcernRow
from referrals.models import ChildDecision, Party
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible, need
from restorative.common.rules import rules

OF_A_PARTY = "The authority has to come from a parent who takes no part in this."
NOT_YET = "{name} has not answered yet: until then only a name and a way to reach them are kept."


@dataclass(frozen=True)
class ChildFacts:
    """Whether a person under 16 can decide, how we know that, and which parent gives authority, in which words."""

    result: ChildResult
    how_known: str
    parent: str = ""
    parent_takes_part: bool = False


def record_age(
    *, party: Party, born_on: date, by: User, child: ChildFacts | None = None, at: datetime | None = None
) -> list[ConcernKind]:
    """Record a date of birth and, under 16, whether the person can decide. Returns the concerns it raised, in order.

    A record made after the stop does not clear it: a safeguarding lead clears it on the basis of that record. We
    ask for a person's age only after they have answered. Raises Refused, or NotPossible naming the field.
    """
    with changing_party(party, by=by, at=at) as (change, party):
        _check(born_on, child, change.at)
        if not _may_keep_more(change, party):
            child_too = " If they are a child, record that as a concern."
            raise NotPossible(NOT_YET.format(name=party.known_as) + child_too, field="born_on")
        change.set(party.person, born_on=born_on)
        row = _add_decision(change, party, child) if child is not None else None
        fields = ["born_on", *(["result", "how_known", "parent"] if row else [])]
        change.record("age_recorded", party, row, fields=fields)
        raised = _asked_for(change, party, clock.age_on(born_on, clock.today(change.at)), row)
        for kind in raised:
            detail = f"{party.known_as} was born on {born_on.day} {born_on:%B %Y}."
            raise_concern(party=party, kind=kind, detail=detail, by=by)
        return raised


def record_needs(*, party: Party, language: str, needs: str, by: User, at: datetime | None = None) -> None:
    """Record what helps a person, in their words; empty if nothing is needed. Not before they have answered.

    Raises Refused, or NotPossible naming the field.
    """
    with changing_party(party, by=by, at=at) as (change, party):
        if not _may_keep_more(change, party):
            raise NotPossible(NOT_YET.format(name=party.known_as), field="needs")
        change.set(party.person, language=language, access_needs=needs)
        change.record("needs_recorded", party, fields=["language", "access_needs"])


def _may_keep_more(change: Change, party: Party) -> bool:
    """Whether we may keep more than a name: they have answered, or asked first."""
    return party.answered_at is not None or change.facts_of(party).asked_first


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
    need(child.how_known, "Say how you know.", field="how_known")
    if child.result == ChildResult.PARENT and not child.parent.strip():
        raise NotPossible("Say which parent it is, and what they said.", field="parent")
    if child.result == ChildResult.PARENT and child.parent_takes_part:
        raise NotPossible(OF_A_PARTY, field="takes_part")


def _add_decision(change: Change, party: Party, child: ChildFacts) -> ChildDecision:
    return change.add(
        ChildDecision,
        party=party,
        result=child.result,
        how_known=child.how_known,
        parent=child.parent if child.result == ChildResult.PARENT else "",
        **change.stamp("recorded"),
    )


def _asked_for(change: Change, party: Party, age: int, new: ChildDecision | None) -> list[ConcernKind]:
    """The concerns that this person's age raises now. A concern that was settled is not raised again by the same
    fact."""
    known = change.facts_of(party)
    ever = {row.kind for row in known.rows(ConcernRow)}
    found = []
    if age < rules().own_consent_age and not known.has_open(ConcernKind.UNDER_16):
        decided = ChildDecision.objects.unscoped("age").filter(party=party).exists()
        cannot = new is not None and new.result == ChildResult.NEITHER
        if cannot or (ConcernKind.UNDER_16 not in ever and not decided):
            found.append(ConcernKind.UNDER_16)
    if age < rules().adult_age and ConcernKind.CHILD not in ever:
        found.append(ConcernKind.CHILD)
    return found
