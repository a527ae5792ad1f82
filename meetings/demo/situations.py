"""The situations of the demo: the history of each.
Asha leads all of them and supports the person in treatment; Kit supports the others; Fay facilitates."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from meetings.demo import handing, standing
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Pair, Played, day_at, talk_for
from meetings.enums import ActionStatus, MeetingKind
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import Asked, record_link_answer, withdraw
from referrals.actions.facilitation import invite
from referrals.actions.lifecycle import close
from referrals.actions.parties import PersonFacts, leave
from referrals.actions.readiness import check_readiness
from referrals.blockers import BY_KEY
from referrals.enums import Answer, Capacity, ConcernKind, Kind, Place, Purpose, Ready, Reason
from restorative.common import clock, drafts

Situation = Callable[[Staff, Pair, datetime], Played]

# Made-up pairs, one per situation.
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
    Pair("Huw", "Tess", Place.PARENT),
    Pair("Gil", "Hana", Place.PARTNER),
    Pair("Ida", "Jed", Place.PARENT),
    Pair("Kim", "Leo", Place.SIBLING),
    Pair("Mel", "Noor", Place.EX_PARTNER),
    Pair("Oz", "Pia", Place.CHILD),
    Pair("Uri", "Val", Place.PARENT),
    Pair("Rae", "Saul", Place.PARTNER),
    Pair("Bo", "Lily", Place.PARTNER),
    Pair("Gus", "Nora", Place.PARENT),
    Pair("Hal", "Tess", Place.SIBLING),
]


def logged(staff: Staff, pair: Pair, now: datetime) -> Played:
    return play.log(staff, pair, now - timedelta(days=1))


def booked_tomorrow(staff: Staff, pair: Pair, now: datetime) -> Played:
    made = play.ready(staff, pair, now)
    play.book_meeting(made, day_at(1, 14, now=now), now - timedelta(days=2))
    return made


def record_overdue(staff: Staff, pair: Pair, now: datetime) -> Played:
    made = play.ready(staff, pair, now, days=14)
    play.book_meeting(made, day_at(-8, 11, now=now), now - timedelta(days=10))
    play.start_meeting(made)
    return made


def withdrawn(staff: Staff, pair: Pair, now: datetime) -> Played:
    made = play.ready(staff, pair, now)
    play.book_meeting(made, day_at(2, 10, now=now), now - timedelta(days=2))
    withdraw(party=made.other, by=staff["kit"], at=now - timedelta(hours=20))
    return made


def _met(staff: Staff, pair: Pair, now: datetime, *, days: int) -> Played:
    """They met this many days ago, and Fay wrote the record the day after."""
    made = play.ready(staff, pair, now, days=days + 3)
    # A working day: nobody meets here at the weekend.
    day = clock.add_working_days(clock.today(now) - timedelta(days=days + 1), 1, frozenset())
    play.book_meeting(made, clock.moment(day, 15), now - timedelta(days=days, hours=12))
    play.start_meeting(made)
    play.record_it(
        made, min(clock.moment(clock.add_working_days(day, 1, frozenset()), 10), now - timedelta(hours=1))
    )
    return made


def closed(staff: Staff, pair: Pair, now: datetime) -> Played:
    """Without an agreement, but it helped; all calls were made."""
    made = _met(staff, pair, now, days=100)
    play.follow_up_all(made, until=now)
    close(referral=made.referral, by=staff["asha"], at=day_at(-7, 12, now=now))
    return made


def follow_up_due(staff: Staff, pair: Pair, now: datetime) -> Played:
    """They met a few days ago: the agreement is not written yet, and the debriefs are due."""
    return _met(staff, pair, now, days=4)


def agreement_open(staff: Staff, pair: Pair, now: datetime) -> Played:
    """An agreement whose actions are still open after three weeks."""
    made = _met(staff, pair, now, days=22)
    play.agree(made, now - timedelta(days=19), due_on=clock.today(now) + timedelta(days=5))
    play.follow_up_all(made, until=now)
    return made


def closed_kept(staff: Staff, pair: Pair, now: datetime) -> Played:
    """Actions kept at 12 weeks, and closed."""
    made = _met(staff, pair, now, days=95)
    play.agree(made, now - timedelta(days=91), due_on=clock.today(now) - timedelta(days=60))
    play.become(made, ActionStatus.DONE, now - timedelta(days=58))
    play.follow_up_all(made, until=now)
    close(referral=made.referral, by=staff["asha"], at=day_at(-2, 12, now=now))
    return made


def closed_not_going_ahead(staff: Staff, pair: Pair, now: datetime) -> Played:
    """One person did not want to meet."""
    made = play.ready(staff, pair, now, days=20)
    close(
        referral=made.referral,
        reason=Reason.DID_NOT_WANT,
        party=made.own,
        by=staff["asha"],
        at=day_at(-3, 12, now=now),
    )
    return made


def family_meeting(staff: Staff, pair: Pair, now: datetime) -> Played:
    """Three people and two facilitators, booked for next week."""
    more = (PersonFacts(given="Gran", family="Example", place=Place.PARENT),)
    made = play.log(staff, pair, now - timedelta(days=12), kind=Kind.FAMILY, more=more)
    play.make_ready(made, now - timedelta(days=6), facilitators=("fay", "wes"))
    for party in made.parties:
        play.share_with(made, party, "wes", now - timedelta(days=3))
    day = clock.add_working_days(clock.today(now), 4, frozenset())
    play.book_meeting(made, clock.moment(day, 11), now - timedelta(days=2), room=1, kind=MeetingKind.FAMILY)
    return made


def draft(staff: Staff, pair: Pair, now: datetime) -> Played:
    """Asha began the talk with the person and was called away."""
    made = play.log(staff, pair, now - timedelta(days=3))
    typed = {
        "alone": "yes",
        "helped": "no",
        "how": "in_person",
        "afraid": "no",
        "controlled": "no",
        "hopes": f"{pair.own} would like to say sorry about the summer, and to be asked how things are now.",
    }
    drafts.keep(
        staff["asha"],
        f"referrals:talk:{made.referral.reference}:{made.own.pk}",
        title=f"Talk with {pair.own}, alone",
        typed=typed,
        at=now - timedelta(hours=2),
    )
    return made


# What is missing from the other person's talk, or not settled, where a referral is blocked by that code alone.
TALK_WITHOUT: dict[str, dict[str, Any]] = {
    "not_prepared": {"preparation": None},
    "safety_not_asked": {"safety": None},
    "readiness_missing": {"readiness": None},
    "readiness_expired": {"readiness": None},
    "safe_contact_missing": {"route": None},
    "capacity_in_doubt": {"asked": Asked(capacity=Capacity.DOUBT)},
}
SETTLED_BUT: dict[str, dict[str, Any]] = {
    "no_facilitator": {"facilitators": ()},
    "facilitator_not_independent": {"facilitators": ("asha",)},
    "not_suitable_yet": {"suitable": False},
    "records_check": {"records": False},
}


def _blocked(staff: Staff, pair: Pair, now: datetime, code: str) -> Played:
    """A referral that is ready except for one blocker."""
    kind, more = Kind.CONVERSATION, ()
    if code == "one_facilitator":
        kind, more = Kind.FAMILY, (PersonFacts(given="Nan", family="Example", place=Place.PARENT),)
    start = now - timedelta(days=6)
    made = play.log(staff, pair, start - timedelta(days=6), kind=kind, more=more)
    own, other = talk_for(made, made.own), talk_for(made, made.other, **TALK_WITHOUT.get(code, {}))
    if code == "wording_not_approved":
        own = play.answering(own, Purpose.WORDS, Answer.NOT_SURE)
    elif code == "consent_missing":
        other = play.answering(other, Purpose.TAKE_PART, Answer.NOT_SURE)
    elif code == "consent_not_heard":
        other = play.without(other, Purpose.TAKE_PART)
    if code in ("stop", "sign_off", "readiness_expired"):
        play.give_keyworkers(made, start - timedelta(days=2))
        _before_the_talk(made, code, start, now)
    play.make_ready(made, start, own=own, other=other, **SETTLED_BUT.get(code, {}))
    _once_ready(made, code, now)
    return made


def _before_the_talk(made: Played, code: str, start: datetime, now: datetime) -> None:
    if code == "readiness_expired":
        check_readiness(
            party=made.other,
            answers=dict(play.ALL_READY),
            judgement=Ready.READY,
            by=made.staff["kit"],
            at=now - timedelta(days=32),
        )
        return
    # Raised before the talk, so that the safety questions are asked after it.
    raise_concern(
        party=made.other,
        kind=ConcernKind.THREATS if code == "stop" else ConcernKind.LAPSE,
        detail="Said on the phone, in their own words.",
        by=made.staff["kit"],
        at=start - timedelta(days=1),
    )


def _once_ready(made: Played, code: str, now: datetime) -> None:
    if code == "too_few_parties":
        leave(party=made.other, by=made.staff["kit"], at=now - timedelta(days=1))
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
            by=made.staff["asha"],
            at=now - timedelta(days=1),
        )
        play.check_the_day(made, max(clock.moment(clock.today(now), 0), now - timedelta(hours=1)))


def handoff_waiting(staff: Staff, pair: Pair, now: datetime) -> Played:
    """Kit asked Carers Leeds yesterday to help the other person."""
    made = play.ready(staff, pair, now)
    handing.ask_to_help(made, now - timedelta(days=1))
    return made


def handoff_declined(staff: Staff, pair: Pair, now: datetime) -> Played:
    """Asha asked Carers Leeds to lead; Mina declined."""
    made = play.ready(staff, pair, now)
    handing.ask_to_lead(made, now - timedelta(days=3))
    handing.say_no(made, now - timedelta(days=2))
    return made


SITUATIONS: dict[str, Situation] = {
    "logged": logged,
    "ready": play.ready,
    "booked_tomorrow": booked_tomorrow,
    "record_overdue": record_overdue,
    "withdrawn": withdrawn,
    "closed": closed,
    "follow_up_due": follow_up_due,
    "agreement_open": agreement_open,
    "closed_kept": closed_kept,
    "closed_not_going_ahead": closed_not_going_ahead,
    "family_meeting": family_meeting,
    "draft": draft,
    "handoff_waiting": handoff_waiting,
    "handoff_declined": handoff_declined,
    "on_hold": standing.on_hold,
    "paused": standing.paused,
    "two_meetings": standing.two_meetings,
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
