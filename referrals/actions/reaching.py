"""A party's contact routes, and how they were approached. Consent is in consent.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from referrals import access
from referrals.actions.age import came_to_us
from referrals.actions.lifecycle import (
    begin_preparing,
    changing,
    made,
)
from referrals.disclosure import before_step, opened_in
from referrals.enums import (
    STOPS,
    WRITTEN_ROUTES,
    Answer,
    ApproachResult,
    Days,
    Hours,
    Purpose,
    RouteKind,
    Voicemail,
)
from referrals.facts import facts_of
from referrals.models import Approach, Concern, ContactRoute, Party
from referrals.querysets_provisional import provisional, said_no
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.addresses import contact_key
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User


from referrals.actions.parties import fresh_party, note_answer


@dataclass(frozen=True)
class RouteFacts:
    """One way to reach a party. Unknown means no."""

    kind: RouteKind
    value: str = ""
    allowed: bool = False
    read_by_others: bool = True
    screen_private: bool = False
    days: Days = Days.ANY
    hours: Hours = Hours.ANY
    voicemail: Voicemail = Voicemail.NO
    cover: str = ""


DO_NOT_APPROACH = (
    "{name} said no: do not approach. Nobody tries to reach {name} again, unless {name} comes to us."
)


STOPPED = "A safety concern stops this. Nobody tries to reach {name} until it is cleared."


def _key_of(facts: RouteFacts) -> str:
    """The key that identifies the same number or address. An appointment or a go-between has none."""
    if facts.kind in (RouteKind.IN_PERSON, RouteKind.THROUGH):
        return ""
    return contact_key(facts.value, post=facts.kind == RouteKind.POST)


def record_route(
    *, party: Party, facts: RouteFacts, by: "User", confirmed: bool = True, at: datetime | None = None
) -> ContactRoute:
    """Record a contact route; it replaces the older one of the same kind. For a person who has not answered only one
    route is kept, so a new one replaces any other.

    `confirmed` says that the party told us so, alone. If another person reads their messages, written routes become
    a no.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        if facts.allowed and not facts.value and facts.kind != RouteKind.IN_PERSON:
            raise NotPossible("Enter how to reach them this way.", field="value")
        if facts.allowed and facts.read_by_others and facts.kind in WRITTEN_ROUTES:
            raise NotPossible(
                "Someone else may read these messages, so this way cannot be used. Choose another, or answer no.",
                field="read_by_others",
            )
        older = ContactRoute.objects.unscoped("replace a route").filter(party=party, replaced_at__isnull=True)
        older = older if one_way_kept(party) else older.filter(kind=facts.kind)
        older.update(replaced_at=at)
        route = ContactRoute.objects.create(
            party=party,
            kind=facts.kind,
            value=facts.value,
            value_key=_key_of(facts),
            allowed=facts.allowed,
            read_by_others=facts.read_by_others,
            screen_private=facts.screen_private,
            days=facts.days,
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
            fields=["kind", "value", "allowed", "days", "hours"],
            at=at,
        )
        return route


def one_way_kept(party: Party) -> bool:
    """Whether the record is provisional, so that only a name and one contact route are kept."""
    return provisional(Party.objects.unscoped("one way").filter(pk=party.pk)).exists() and not came_to_us(
        party
    )


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
    """Record how a person came to hear of this, the words to be used, or the result of an attempt.

    An attempt needs another party's approval of the words, unless the person asked first or told us unprompted
    (their words, the date, the worker). A person who said "do not approach" is not approached again, unless they
    come to us. Raises NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        if asked_first or told_unprompted:
            _need_told(told_us or {})
        tried = result in (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH)
        if tried and said_do_not_approach(party):
            raise NotPossible(DO_NOT_APPROACH.format(name=party.known_as), field="result")
        if tried and stop_known_to(by, party):
            raise NotPossible(STOPPED.format(name=party.known_as), field="result")
        if tried and not (asked_first or told_unprompted) and words_missing(party, by):
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
        if result == ApproachResult.ANSWERED:
            note_answer(party, at)
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


def _need_told(told_us: dict[str, str]) -> None:
    """A person who came to us needs their words and the day they said them. Raises NotPossible if either is
    missing."""
    if not told_us.get("words", "").strip():
        raise NotPossible("Write down what they said, in their words.", field="told_words")
    if not told_us.get("on"):
        raise NotPossible("Enter the day they said it.", field="told_on")


def said_do_not_approach(party: Party) -> bool:
    """Whether they said "no, do not approach" and have not come to us since."""
    return Party.objects.unscoped("approach under the lock").filter(said_no(), pk=party.pk).exists()


def stop_known_to(user: "User", party: Party) -> bool:
    """Whether this user opens a party of this referral who has an open stop. Other stops must not show."""
    known = Party.objects.opened_by(user).filter(referral=party.referral_id)
    return Concern.objects.unscoped("a stop").open().filter(kind__in=STOPS, party__in=known).exists()


def words_missing(party: Party, by: "User") -> bool:
    """Whether this party may not be approached: no other active participant has approved the words, and neither
    exception applies.

    As far as `by` may know. A user who reads the approved words must not learn from a refusal that the approver has
    stopped, and the result of an approach that used the words must still be recorded.
    """
    facts, opened = facts_of(party.referral_id, clock.now()), opened_in(by, party.referral_id)
    before = before_step(facts, opened)
    if before is not None and before.words.get(party.pk):
        return False
    known = facts.parties[party.pk]
    if known.is_participant and known.words_missing:
        return True
    answers = {each.id: each.newest_answer(Purpose.WORDS, party.pk) for each in facts.parties.values()}
    approvers = [key for key, row in answers.items() if row and row.answer == Answer.YES]
    return bool(approvers) and all(
        key in opened and facts.parties[key].stopped_taking_part for key in approvers
    )
