"""The situations of the demo: what must have happened for each.
All are led by Asha, who supports the person in treatment; Kit supports the others; Fay facilitates."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Pair, Played, day_at, talk_for
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import Asked, record_link_answer, withdraw
from referrals.actions.facilitation import invite
from referrals.actions.lifecycle import close
from referrals.actions.parties import PersonFacts, leave
from referrals.actions.readiness import check_readiness
from referrals.blockers import BY_KEY
from referrals.enums import Answer, Capacity, ConcernKind, Kind, Place, Purpose, Ready
from restorative.common import clock

Situation = Callable[[Staff, Pair, datetime], Played]

# Made-up pairs, one a situation.
PAIRS = [
    Pair("Sam", "Jo"),
    Pair("Ravi", "Meena", Place.PARENT),
    Pair("Lee", "Pat", Place.SIBLING),
    Pair("Dee", "Col", Place.PARTNER),
    Pair("Ana", "Mia", Place.CHILD),
    Pair("Nia", "Gwyn", Place.PARENT),
    Pair("Tom", "Bea", Place.EX_PARTNER),
    Pair("Ola", "Ike", Place.SIBLING),
    Pair("Finn", "Una", Place.PARENT),
    Pair("Max", "Zoe", Place.FRIEND),
    Pair("Abe", "Ruth", Place.PARTNER),
    Pair("Cal", "Ivy", Place.CO_PARENT),
    Pair("Dot", "Stan", Place.PARTNER),
    Pair("Eli", "Fern", Place.PARENT),
    Pair("Guy", "Hope", Place.SIBLING),
    Pair("Jan", "Kofi", Place.PARTNER),
    Pair("Lou", "Moira", Place.PARENT),
    Pair("Ned", "Orla", Place.FRIEND),
    Pair("Peg", "Quin", Place.PARTNER),
    Pair("Ray", "Sue", Place.EX_PARTNER),
    Pair("Ted", "Vera", Place.PARENT),
    Pair("Walt", "Xena", Place.PARTNER),
    Pair("Yan", "Zia", Place.SIBLING),
    Pair("Ash", "Bryn", Place.PARTNER),
    Pair("Cleo", "Dai", Place.PARENT),
    Pair("Edie", "Flo", Place.SIBLING),
]


def logged(staff: Staff, pair: Pair, now: datetime) -> Played:
    return play.log(staff, pair, now - timedelta(days=1))


def _ready(staff: Staff, pair: Pair, now: datetime, *, days: int = 6, **kwargs) -> Played:
    made = play.log(staff, pair, now - timedelta(days=days + 6))
    return play.make_ready(made, now - timedelta(days=days), **kwargs)


def ready(staff: Staff, pair: Pair, now: datetime) -> Played:
    return _ready(staff, pair, now)


def booked_tomorrow(staff: Staff, pair: Pair, now: datetime) -> Played:
    made = _ready(staff, pair, now)
    play.book_meeting(made, day_at(1, 14, now=now), now - timedelta(days=2))
    return made


def record_overdue(staff: Staff, pair: Pair, now: datetime) -> Played:
    made = _ready(staff, pair, now, days=14)
    play.book_meeting(made, day_at(-8, 11, now=now), now - timedelta(days=10))
    play.start_meeting(made)
    return made


def withdrawn(staff: Staff, pair: Pair, now: datetime) -> Played:
    made = _ready(staff, pair, now)
    play.book_meeting(made, day_at(2, 10, now=now), now - timedelta(days=2))
    withdraw(party=made.other, by=staff["kit"], at=now - timedelta(hours=20))
    return made


def closed(staff: Staff, pair: Pair, now: datetime) -> Played:
    made = _ready(staff, pair, now, days=39)
    play.book_meeting(made, day_at(-33, 15, now=now), now - timedelta(days=36))
    play.start_meeting(made)
    play.record_it(made, day_at(-32, 10, now=now))
    close(referral=made.referral, by=staff["asha"], at=day_at(-7, 12, now=now))
    return made


def _other_talk(made: Played, **changes: object):
    return talk_for(made, made.other, **changes)


def _blocked(staff: Staff, pair: Pair, now: datetime, code: str) -> Played:
    """A referral that is ready but for one code."""
    days = 6
    kind, more = Kind.CONVERSATION, ()
    if code == "one_facilitator":
        kind, more = Kind.FAMILY, (PersonFacts(given="Nan", family="Example", place=Place.PARENT),)
    start = now - timedelta(days=days)
    made = play.log(staff, pair, start - timedelta(days=6), kind=kind, more=more)
    own, other = talk_for(made, made.own), _other_talk(made)
    settings: dict[str, object] = {}
    if code == "wording_not_approved":
        own = play.answering(own, Purpose.WORDS, Answer.NOT_SURE)
    elif code == "consent_missing":
        other = play.answering(other, Purpose.TAKE_PART, Answer.NOT_SURE)
    elif code == "consent_not_heard":
        other = play.without(other, Purpose.TAKE_PART)
    elif code == "not_prepared":
        other = replace(other, preparation=None)
    elif code == "safety_not_asked":
        other = replace(other, safety=None)
    elif code == "readiness_missing" or code == "readiness_expired":
        other = replace(other, readiness=None)
    elif code == "safe_contact_missing":
        other = replace(other, route=None)
    elif code == "capacity_in_doubt":
        other = replace(other, asked=Asked(capacity=Capacity.DOUBT))
    elif code == "no_facilitator":
        settings = {"facilitators": ()}
    elif code == "facilitator_not_independent":
        settings = {"facilitators": ("asha",)}
    elif code == "not_suitable_yet":
        settings = {"suitable": False}
    elif code == "records_check":
        settings = {"records": False}
    if code in ("stop", "sign_off"):
        # Raised before the talk, so that the safety questions have been asked since.
        kind_of = ConcernKind.THREATS if code == "stop" else ConcernKind.LAPSE
        play.give_keyworkers(made, start - timedelta(days=2))
        raise_concern(
            party=made.other,
            kind=kind_of,
            detail="Said on the phone, in their own words.",
            by=staff["kit"],
            at=start - timedelta(days=1),
        )
    if code == "readiness_expired":
        play.give_keyworkers(made, start - timedelta(days=2))
        check_readiness(
            party=made.other,
            answers=dict(play.ALL_READY),
            judgement=Ready.READY,
            by=staff["kit"],
            at=now - timedelta(days=32),
        )
    play.make_ready(made, start, own=own, other=other, **settings)
    if code == "too_few_parties":
        leave(party=made.other, by=staff["kit"], at=now - timedelta(days=1))
    elif code == "consent_not_heard":
        record_link_answer(
            party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES, at=now - timedelta(days=2)
        )
    elif code == "day_of_check_missing":
        play.book_meeting(made, day_at(0, 10, now=now), now - timedelta(days=2), room=1)
    elif code == "professional_not_agreed":
        play.book_meeting(made, day_at(0, 14, now=now), now - timedelta(days=2), room=1)
        invite(
            party=made.own,
            name="Robin Example",
            organisation="A made-up surgery",
            role="Nurse",
            by=staff["asha"],
            at=now - timedelta(days=1),
        )
        play.check_the_day(made, max(clock.moment(clock.today(now), 0), now - timedelta(hours=1)))
    return made


SITUATIONS: dict[str, Situation] = {
    "logged": logged,
    "ready": ready,
    "booked_tomorrow": booked_tomorrow,
    "record_overdue": record_overdue,
    "withdrawn": withdrawn,
    "closed": closed,
}


def names() -> list[str]:
    """Every situation, in the order they are made."""
    return [*SITUATIONS, *(f"blocked_{key}" for key in BY_KEY)]


def pair_of(name: str) -> Pair:
    """The made-up pair of a situation; no two situations share one."""
    return PAIRS[names().index(name)]


def make(name: str, staff: Staff, now: datetime, *, pair: Pair | None = None) -> Played:
    """Play the history of one situation, as of `now`."""
    pair = pair or pair_of(name)
    if name in SITUATIONS:
        return SITUATIONS[name](staff, pair, now)
    return _blocked(staff, pair, now, name.removeprefix("blocked_"))
