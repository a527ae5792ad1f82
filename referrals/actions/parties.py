"""Parties of a referral: who joins, who leaves, who supports them.
Contact routes are in reaching.py; facilitators are in facilitation.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from referrals import access
from referrals.actions.involvement import note_keyworker
from referrals.actions.lifecycle import changing, made, refuse_while_waiting
from referrals.actions.matching import keep_name_keys
from referrals.enums import Place, Stage
from referrals.involvement import supports_another
from referrals.models import Approach, Concern, Party, Person, Referral
from referrals.stages import STILL_BOOKED
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User


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


def require_open(referral: Referral) -> None:
    """Raise NotPossible for a referral that is closed."""
    if referral.stage == Stage.CLOSED:
        raise NotPossible("This referral is closed. Reopen it first.")


def has_died(party: Party) -> str:
    """The message that refuses an action with a person who has died."""
    return f"{party.known_as} has died. Nothing more is recorded with them."


def fresh_party(party: Party, *, even_closed: bool = False) -> Party:
    """The party, read again under the lock. With `even_closed` also in a closed referral: for withdrawing and
    concerns."""
    fresh = (
        Party.objects.unscoped("action under the lock").select_related("person", "referral").get(pk=party.pk)
    )
    if fresh.left_at:
        raise NotPossible(f"{fresh.known_as} is no longer part of this referral.")
    if fresh.person.died_on:
        raise NotPossible(has_died(fresh))
    if not even_closed:
        require_open(fresh.referral)
    return fresh


def add_party(
    *,
    referral: Referral,
    facts: PersonFacts,
    by: "User",
    beside: Party | None = None,
    keyworker: "User | None" = None,
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
    at = at or clock.now()
    if beside is not None:
        access.may_open(by, beside).require()
    else:
        access.may_run(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        require_open(referral)
        house = beside.organisation if beside else by.organisation
        person = Person.objects.create(
            organisation=house,
            given=facts.given,
            family=facts.family,
            pronouns=facts.pronouns,
            language=facts.language,
            **made(by, at),
        )
        keep_name_keys(person, facts.known_as)
        party = Party.objects.create(
            referral=referral,
            person=person,
            place=Place.SUPPORTER if beside else facts.place,
            beside=beside,
            known_as=facts.known_as or facts.given,
            organisation=house,
            named_by=house,
            keyworker=keyworker or (beside.keyworker if beside else None),
            source=source,
            hoped_for=hoped_for,
            **made(by, at),
        )
        if party.keyworker and not beside:
            note_keyworker(party, party.keyworker, by=by, at=at)
        Approach.objects.create(
            party=party,
            asked_first=asked_first,
            told_us=(told_us or {}) if asked_first else {},
            **made(by, at),
        )
        record(
            "party_added",
            by=by,
            thing=party,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["person", "place", "known_as"],
            at=at,
        )
        return party


def note_answer(party: Party, at: datetime) -> None:
    """Record the first conversation with a person; their record is no longer provisional."""
    Party.objects.unscoped("first answer").filter(pk=party.pk, answered_at__isnull=True).update(
        answered_at=at
    )


def leave(*, party: Party, by: "User", at: datetime | None = None) -> None:
    """Remove a party who was added by mistake or is no longer part of the referral. Their rows stay sealed."""
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        refuse_while_waiting(referral, by)
        if referral.stage == Stage.BOOKED:
            raise NotPossible(STILL_BOOKED)
        if Concern.objects.unscoped("leave").filter(party=party).open().exists():
            raise NotPossible(
                "A safety concern with them is still open. It is settled first, by those who may."
            )
        Party.objects.unscoped("leave").filter(pk=party.pk).update(left_at=at, left_by=by)
        record(
            "party_left",
            by=by,
            thing=party,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["left_at"],
            at=at,
        )


def set_keyworker(*, party: Party, keyworker: "User | None", by: "User", at: datetime | None = None) -> None:
    """Set a party's keyworker, from the supporting organisation. Access moves at once.

    None lets the lead stand in, unless the lead supports another party here: what this party said would then be
    open to the other side's worker. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    access.may_set_keyworker(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        if keyworker is not None and keyworker.organisation_id != party.organisation_id:
            raise NotPossible(
                "A keyworker comes from the organisation that supports this person.", field="keyworker"
            )
        if keyworker is not None and not access.can(keyworker, "work_with"):
            raise NotPossible("That colleague does not support people.", field="keyworker")
        if keyworker is not None and access.is_barred(keyworker, referral):
            raise NotPossible(CANNOT.format(name=keyworker.first_name), field="keyworker")
        if keyworker is None and party.keyworker is not None and supports_another(referral.lead, party):
            raise NotPossible(
                f"{referral.lead.first_name} leads this referral but cannot stand in for this person’s keyworker. "
                "Choose a keyworker.",
                field="keyworker",
            )
        # Supporters are sealed with their participant, and move with them.
        Party.objects.unscoped("set keyworker").filter(Q(pk=party.pk) | Q(beside=party)).update(
            keyworker=keyworker
        )
        note_keyworker(party, keyworker, by=by, at=at)
        record(
            "keyworker_set",
            by=by,
            thing=party,
            things=[keyworker] if keyworker else [],
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["keyworker"],
            at=at,
        )
