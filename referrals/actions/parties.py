"""Parties of a referral: who joins, who leaves, who supports them.
Contact routes are in reaching.py; facilitators are in facilitation.py."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from referrals import access
from referrals.actions.change import Change, changing, changing_party, require_open
from referrals.actions.involvement import note_keyworker
from referrals.actions.lifecycle import refuse_while_waiting
from referrals.actions.matching import keep_name_keys
from referrals.enums import Place, Stage
from referrals.models import Approach, Party, Person, Referral
from referrals.stages import STILL_BOOKED
from restorative.accounts.models import User
from restorative.common.decisions import NotPossible

# The same message for a barred worker and for one of another side, so that trying names reveals neither.
CANNOT = "{name} cannot take this one. Choose somebody else."


@dataclass(frozen=True)
class PersonFacts:
    """A person's details and their part in this referral."""

    given: str
    place: Place
    family: str = ""
    known_as: str = ""
    pronouns: str = ""
    language: str = ""


def add_party(
    *,
    referral: Referral,
    facts: PersonFacts,
    by: User,
    beside: Party | None = None,
    keyworker: User | None = None,
    asked_first: bool = False,
    told_us: dict[str, str] | None = None,
    source: str = "",
    hoped_for: str = "",
    at: datetime | None = None,
) -> Party:
    """Add a party to a referral: a participant or, with `beside`, that participant's supporter.

    If they asked for it themselves, `told_us` holds their words, when, and which worker heard them.

    They belong to the organisation of the user who adds them (a supporter to that of their participant), and stay
    provisional until they answer.
    """
    if beside is not None:
        access.may_open(by, beside).require()
    else:
        access.may_run(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        require_open(change.referral)
        house = beside.organisation if beside else by.organisation
        person = change.add(
            Person,
            organisation=house,
            given=facts.given,
            family=facts.family,
            pronouns=facts.pronouns,
            language=facts.language,
        )
        keep_name_keys(person, facts.known_as)
        party = change.add(
            Party,
            referral=change.referral,
            person=person,
            place=Place.SUPPORTER if beside else facts.place,
            beside=beside,
            known_as=facts.known_as or facts.given,
            organisation=house,
            named_by=house,
            keyworker=keyworker or (beside.keyworker if beside else None),
            source=source,
            hoped_for=hoped_for,
        )
        if party.keyworker and not beside:
            note_keyworker(change, party, party.keyworker)
        told_us = (told_us or {}) if asked_first else {}
        change.add(Approach, party=party, asked_first=asked_first, told_us=told_us)
        change.record("party_added", party, fields=["person", "place", "known_as"])
        return party


def note_answer(change: Change, party: Party) -> None:
    """Record the first conversation with a person; their record is no longer provisional."""
    if party.answered_at is None:
        change.set(party, answered_at=change.at)


def leave(*, party: Party, by: User, at: datetime | None = None) -> None:
    """Remove a party who was added by mistake or is no longer part of the referral. Their rows stay sealed."""
    with changing_party(party, by=by, at=at) as (change, party):
        refuse_while_waiting(change.facts, by)
        if change.referral.stage == Stage.BOOKED:
            raise NotPossible(STILL_BOOKED)
        if change.facts_of(party).open_concerns:
            raise NotPossible(
                "A safety concern with them is still open. It is settled first, by those who may."
            )
        change.set(party, **change.stamp("left"))
        change.record("party_left", party, fields=["left_at"])


def set_keyworker(*, party: Party, keyworker: User | None, by: User, at: datetime | None = None) -> None:
    """Set a party's keyworker, from the supporting organisation. Access moves at once.

    None lets the lead stand in, unless the lead supports another party here: what this party said would then be
    open to the other side's worker. Raises Refused, or NotPossible naming the field.
    """
    with changing_party(party, by=by, at=at) as (change, party):
        access.may_set_keyworker(by, party).require()
        if keyworker is not None:
            _require_may_support(change, party, keyworker)
        elif party.keyworker is not None and _lead_supports_another(change, party):
            raise NotPossible(
                f"{change.referral.lead.first_name} leads this referral but cannot stand in for this person’s "
                "keyworker. Choose a keyworker.",
                field="keyworker",
            )
        # Supporters are sealed with their participant, and move with them.
        rows = Party.objects.unscoped("set keyworker").filter(Q(pk=party.pk) | Q(beside=party))
        change.update(rows, keyworker=keyworker)
        note_keyworker(change, party, keyworker)
        change.record("keyworker_set", party, keyworker, fields=["keyworker"])


def _require_may_support(change: Change, party: Party, keyworker: User) -> None:
    if keyworker.organisation_id != party.organisation_id:
        raise NotPossible(
            "A keyworker comes from the organisation that supports this person.", field="keyworker"
        )
    if not access.can(keyworker, "work_with"):
        raise NotPossible("That colleague does not support people.", field="keyworker")
    # Nobody of another side, ever: what this person said would be handed over with them. Said as for a bar, because
    # who supports the others is not known to everybody who may choose.
    another = change.facts.supports_another(keyworker.pk, change.facts_of(party))
    if another or access.is_barred(keyworker, change.referral):
        raise NotPossible(CANNOT.format(name=keyworker.first_name), field="keyworker")


def _lead_supports_another(change: Change, party: Party) -> bool:
    return change.facts.supports_another(change.referral.lead_id, change.facts_of(party))
