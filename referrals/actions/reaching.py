"""A party's contact routes, and how they were approached. Consent is in consent.py."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self

from referrals.actions.change import changing_party
from referrals.actions.parties import note_answer
from referrals.disclosure import before_step, opened_in
from referrals.enums import (
    WRITTEN_ROUTES,
    Answer,
    ApproachResult,
    Days,
    Hours,
    Purpose,
    RouteKind,
    Voicemail,
)
from referrals.facts import Facts, PartyFacts
from referrals.models import Approach, ContactRoute, Party
from restorative.accounts.models import User
from restorative.common.addresses import contact_key
from restorative.common.decisions import NotPossible, need


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

    @classmethod
    def of(cls, route: ContactRoute, **changes: Any) -> Self:
        """A route that is recorded already, with changes."""
        return cls(**{each.name: getattr(route, each.name) for each in fields(cls)} | changes)


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
    *, party: Party, facts: RouteFacts, by: User, confirmed: bool = True, at: datetime | None = None
) -> ContactRoute:
    """Record a contact route; it replaces the older one of the same kind. For a person who has not answered only one
    route is kept, so a new one replaces any other.

    `confirmed` says that the party told us so, alone. If another person reads their messages, written routes become
    a no.
    """
    with changing_party(party, by=by, at=at) as (change, party):
        if facts.allowed and not facts.value and facts.kind != RouteKind.IN_PERSON:
            raise NotPossible("Enter how to reach them this way.", field="value")
        if facts.allowed and facts.read_by_others and facts.kind in WRITTEN_ROUTES:
            raise NotPossible(
                "Someone else may read these messages, so this way cannot be used. Choose another, or answer no.",
                field="read_by_others",
            )
        older = ContactRoute.objects.unscoped("replace a route").filter(party=party, replaced_at__isnull=True)
        if not change.facts_of(party).keeps_one_route:
            older = older.filter(kind=facts.kind)
        change.update(older, replaced_at=change.at)
        route = change.add(
            ContactRoute,
            party=party,
            value_key=_key_of(facts),
            confirmed_at=change.at if confirmed else None,
            confirmed_by=by if confirmed else None,
            **asdict(facts),
        )
        change.record("route_recorded", route, fields=["kind", "value", "allowed", "days", "hours"])
        return route


def record_approach(
    *,
    party: Party,
    by: User,
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
    with changing_party(party, by=by, at=at) as (change, party):
        if asked_first or told_unprompted:
            _need_told(told_us or {})
        if result in (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH):
            _require_may_approach(change.facts_of(party), by, came_to_us=asked_first or told_unprompted)
        approach = change.add(
            Approach,
            party=party,
            how=how,
            wording=wording,
            asked_first=asked_first,
            told_unprompted=told_unprompted,
            told_us=told_us or {},
            result=result,
        )
        if result == ApproachResult.ANSWERED:
            note_answer(change, party)
        change.begin_preparing()
        fields = ["how", "wording", "told_us", "result"]
        change.record("approach_recorded", approach, fields=fields, why=result)
        return approach


def _require_may_approach(party: PartyFacts, by: User, *, came_to_us: bool) -> None:
    """Raise NotPossible if this party may not be approached, as far as `by` may know."""
    if party.said_do_not_approach:
        raise NotPossible(DO_NOT_APPROACH.format(name=party.name), field="result")
    if stop_known_to(by, party.facts):
        raise NotPossible(STOPPED.format(name=party.name), field="result")
    if not came_to_us and words_missing(party, by):
        raise NotPossible(
            "Nobody has approved the words used to reach them, so they cannot be approached yet.",
            field="result",
        )


def _need_told(told_us: dict[str, str]) -> None:
    """A person who came to us needs their words and the day they said them. Raises NotPossible if either is
    missing."""
    need(told_us.get("words", ""), "Write down what they said, in their words.", field="told_words")
    if not told_us.get("on"):
        raise NotPossible("Enter the day they said it.", field="told_on")


def stop_known_to(user: User, facts: Facts) -> bool:
    """Whether this user opens a party of this referral who has an open stop. Other stops must not show."""
    return any(facts.parties[key].open_stops for key in opened_in(user, facts.referral.id))


def words_missing(party: PartyFacts, by: User) -> bool:
    """Whether this party may not be approached: no other active participant has approved the words, and neither
    exception applies.

    As far as `by` may know. A user who reads the approved words must not learn from a refusal that the approver has
    stopped, and the result of an approach that used the words must still be recorded.
    """
    opened = opened_in(by, party.facts.referral.id)
    before = before_step(party.facts, opened)
    if before is not None and before.words.get(party.id):
        return False
    if party.is_participant and party.words_missing:
        return True
    everybody = party.facts.parties
    answers = {each.id: each.newest_answer(Purpose.WORDS, party.id) for each in everybody.values()}
    approvers = [key for key, row in answers.items() if row and row.answer == Answer.YES]
    return bool(approvers) and all(key in opened and everybody[key].stopped_taking_part for key in approvers)
