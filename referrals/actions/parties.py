"""People's places in a referral: who joins or leaves, who supports them, how to reach them, how they were approached,
who facilitates and who is invited. What they agree to is in consent.py."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from referrals import access, events
from referrals.actions.lifecycle import (
    begin_preparing,
    changing,
    made,
    refuse_while_waiting,
)
from referrals.enums import (
    WRITTEN_ROUTES,
    ApproachResult,
    Hours,
    Part,
    Place,
    RouteKind,
    Stage,
    Voicemail,
)
from referrals.models import Approach, ContactRoute, Facilitation, Invited, Party, Person, Referral
from referrals.stages import STILL_BOOKED
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.fields import keyed_hash

if TYPE_CHECKING:
    from restorative.accounts.models import User


@dataclass(frozen=True)
class PersonFacts:
    """Who somebody is and what they are in this referral."""

    given: str
    place: Place
    family: str = ""
    known_as: str = ""
    born_on: date | None = None
    pronouns: str = ""
    language: str = ""


@dataclass(frozen=True)
class RouteFacts:
    """One way to reach a party. Unknown means no."""

    kind: RouteKind
    value: str = ""
    allowed: bool = False
    read_by_others: bool = True
    screen_private: bool = False
    hours: Hours = Hours.ANY
    voicemail: Voicemail = Voicemail.NO
    cover: str = ""


def _open_referral(referral: Referral) -> None:
    if referral.stage == Stage.CLOSED:
        raise NotPossible("This referral is closed. Reopen it first.")


def _fresh(party: Party) -> Party:
    """The party as it stands under the lock."""
    fresh = (
        Party.objects.unscoped("action under the lock").select_related("person", "referral").get(pk=party.pk)
    )
    if fresh.left_at:
        raise NotPossible(f"{fresh.known_as} is no longer part of this referral.")
    _open_referral(fresh.referral)
    return fresh


def add_party(
    *,
    referral: Referral,
    facts: PersonFacts,
    by: "User",
    beside: Party | None = None,
    keyworker: "User | None" = None,
    asked_first: bool = False,
    source: str = "",
    hoped_for: str = "",
    at: datetime | None = None,
) -> Party:
    """Add somebody to a referral, as a participant or, with `beside`, as that participant's supporter.

    They belong to the organisation of whoever adds them, a supporter to that of the party they are beside, and stay
    provisional until they answer.
    """
    at = at or clock.now()
    if beside is not None:
        access.may_open(by, beside).require()
    else:
        access.may_run(by, referral).require()
    with changing(referral, at=at) as referral:
        _open_referral(referral)
        house = beside.organisation if beside else by.organisation
        person = Person.objects.create(
            organisation=house,
            given=facts.given,
            family=facts.family,
            born_on=facts.born_on,
            pronouns=facts.pronouns,
            language=facts.language,
            **made(by, at),
        )
        party = Party.objects.create(
            referral=referral,
            person=person,
            place=Place.SUPPORTER if beside else facts.place,
            beside=beside,
            known_as=facts.known_as or facts.given,
            organisation=house,
            keyworker=keyworker or (beside.keyworker if beside else None),
            source=source,
            hoped_for=hoped_for,
            **made(by, at),
        )
        Approach.objects.create(party=party, asked_first=asked_first, **made(by, at))
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


def leave(*, party: Party, by: "User", at: datetime | None = None) -> None:
    """Take somebody off a referral who was added by mistake or is not part of it any more. Their rows stay sealed."""
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as referral:
        party = _fresh(party)
        refuse_while_waiting(referral, by)
        if referral.stage == Stage.BOOKED:
            raise NotPossible(STILL_BOOKED)
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
    """Give a party a keyworker of the organisation that supports them. Access moves with it at once.

    None lets the lead stand in, but not a lead who supports somebody else here: what this party said would then be
    open to the other side's worker. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    access.may_set_keyworker(by, party).require()
    with changing(party.referral_id, at=at) as referral:
        party = _fresh(party)
        if keyworker is not None and keyworker.organisation_id != party.organisation_id:
            raise NotPossible(
                "A keyworker comes from the organisation that supports this person.", field="keyworker"
            )
        if keyworker is not None and not access.can(keyworker, "work_with"):
            raise NotPossible("That colleague does not support people.", field="keyworker")
        if keyworker is None and party.keyworker is not None and _supports_another(referral.lead, party):
            raise NotPossible(
                f"{referral.lead.first_name} leads and supports somebody else here, so cannot stand in. "
                "Choose a keyworker.",
                field="keyworker",
            )
        Party.objects.unscoped("set keyworker").filter(pk=party.pk).update(keyworker=keyworker)
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


def _supports_another(user: "User", party: Party) -> bool:
    others = Party.objects.unscoped("stand in?").filter(referral=party.referral_id, keyworker=user)
    return others.present().exclude(pk=party.pk).exists()


def record_route(
    *, party: Party, facts: RouteFacts, by: "User", confirmed: bool = True, at: datetime | None = None
) -> ContactRoute:
    """Record a way to reach a party; a newer one of the same kind replaces the older.

    `confirmed` says that the party told us so, alone. Someone else reading their messages makes a written route a no.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as referral:
        party = _fresh(party)
        if facts.allowed and not facts.value and facts.kind != RouteKind.IN_PERSON:
            raise NotPossible("Enter how to reach them this way.", field="value")
        if facts.allowed and facts.read_by_others and facts.kind in WRITTEN_ROUTES:
            raise NotPossible(
                "Someone else may read these messages, so this way cannot be used. Choose another, or answer no.",
                field="read_by_others",
            )
        ContactRoute.objects.unscoped("replace a route").filter(
            party=party, kind=facts.kind, replaced_at__isnull=True
        ).update(replaced_at=at)
        route = ContactRoute.objects.create(
            party=party,
            kind=facts.kind,
            value=facts.value,
            value_key=keyed_hash(facts.value.casefold()) if facts.value else "",
            allowed=facts.allowed,
            read_by_others=facts.read_by_others,
            screen_private=facts.screen_private,
            hours=facts.hours,
            voicemail=facts.voicemail,
            cover=facts.cover,
            confirmed_at=at if confirmed else None,
            confirmed_by=by if confirmed else None,
            **made(by, at),
        )
        record(
            "route_recorded",
            by=by,
            thing=route,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["kind", "value", "allowed", "hours"],
            at=at,
        )
        return route


def record_approach(
    *,
    party: Party,
    by: "User",
    how: RouteKind | str = "",
    wording: str = "",
    asked_first: bool = False,
    told_unprompted: bool = False,
    told_us: dict[str, str] | None = None,
    result: ApproachResult = ApproachResult.NOT_YET,
    at: datetime | None = None,
) -> Approach:
    """Record how somebody came to hear of this, or the words to be used, or what came of trying.

    Trying to reach them needs another party's yes to the words, unless they asked first or told us unprompted
    (their words, the date, the worker). Raises NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as referral:
        party = _fresh(party)
        if told_unprompted and not (told_us or {}).get("words"):
            raise NotPossible("Write down what they said, in their words.", field="told_words")
        tried = result in (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH)
        if tried and not (asked_first or told_unprompted) and words_missing(party):
            raise NotPossible(
                "Nobody has approved the words used to reach them, so they cannot be approached yet.",
                field="result",
            )
        approach = Approach.objects.create(
            party=party,
            how=how,
            wording=wording,
            asked_first=asked_first,
            told_unprompted=told_unprompted,
            told_us=told_us or {},
            result=result,
            **made(by, at),
        )
        begin_preparing(referral, by=by, at=at)
        record(
            "approach_recorded",
            by=by,
            thing=approach,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["how", "wording", "told_us", "result"],
            why_code=result,
            at=at,
        )
        return approach


def words_missing(party: Party) -> bool:
    """Whether the words used to reach this party have neither another's yes nor one of the two exceptions."""
    from referrals.blockers import wording_not_approved
    from referrals.enums import Gate

    return (
        Party.objects.unscoped("approach under the lock")
        .filter(wording_not_approved(Gate.BOOK, clock.now()), pk=party.pk)
        .exists()
    )


def appoint(
    *,
    referral: Referral,
    user: "User",
    by: "User",
    part: Part = Part.FACILITATOR,
    at: datetime | None = None,
) -> Facilitation:
    """Appoint somebody to prepare and run the meetings, from any organisation. They see the shell from now on."""
    at = at or clock.now()
    access.may_run(by, referral).require()
    with changing(referral, at=at) as referral:
        _open_referral(referral)
        if not access.can(user, "run"):
            raise NotPossible("That person does not run meetings.", field="user")
        current = Facilitation.objects.unscoped("appoint").filter(
            referral=referral, user=user, until__isnull=True
        )
        if current.exists():
            raise NotPossible(f"{user.first_name} already has a part in this referral.", field="user")
        row = Facilitation.objects.create(referral=referral, user=user, part=part, since=at, **made(by, at))
        record(
            "facilitation_started",
            by=by,
            thing=row,
            things=[user],
            referral_id=referral.pk,
            fields=["user", "part"],
            why_code=part,
            at=at,
        )
        return row


def stand_down(*, facilitation: Facilitation, by: "User", at: datetime | None = None) -> None:
    """End somebody's part. If no facilitator remains, a booked meeting is called off with it."""
    at = at or clock.now()
    access.may_run(by, facilitation.referral).require()
    with changing(facilitation.referral_id, at=at) as referral:
        ended = (
            Facilitation.objects.unscoped("stand down")
            .filter(pk=facilitation.pk, until__isnull=True)
            .update(until=at)
        )
        if not ended:
            raise NotPossible("That part had already ended.")
        record(
            "facilitation_ended",
            by=by,
            thing=facilitation,
            referral_id=referral.pk,
            fields=["until"],
            at=at,
        )
        left = Facilitation.objects.unscoped("stand down").filter(
            referral=referral, until__isnull=True, part__in=[Part.FACILITATOR, Part.STAND_IN]
        )
        if not left.exists():
            events.facilitator_lost.send(Referral, referral=referral, party=None, by=by, at=at)


def invite(
    *, party: Party, name: str, organisation: str, role: str, by: "User", at: datetime | None = None
) -> Invited:
    """Note a professional whom a party wants there. They stay out until every participant has agreed."""
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as referral:
        party = _fresh(party)
        row = Invited.objects.create(
            referral=referral, party=party, name=name, organisation=organisation, role=role, **made(by, at)
        )
        record(
            "professional_invited",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["name", "organisation", "role"],
            at=at,
        )
        return row


def leave_out(*, invited: Invited, by: "User", at: datetime | None = None) -> None:
    """Leave an invited professional out of the meeting."""
    at = at or clock.now()
    access.may_run(by, invited.referral).require()
    with changing(invited.referral_id, at=at) as referral:
        Invited.objects.unscoped("leave out").filter(pk=invited.pk, left_out_at__isnull=True).update(
            left_out_at=at
        )
        record(
            "professional_left_out",
            by=by,
            thing=invited,
            referral_id=referral.pk,
            fields=["left_out_at"],
            at=at,
        )
