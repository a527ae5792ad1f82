"""Actions of workers and people for the state machine: each calls one action of the product, at the clock's time.
The product decides whether it is allowed; test_state_machine.py checks the results."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from meetings.actions import calling_off, recording, scheduling, standing_in
from meetings.actions.planning import Plan
from meetings.actions.scheduling import move
from meetings.demo import story as play
from meetings.demo.story import Played, talk_for
from meetings.enums import Came, MeetingKind, MeetingStatus, Offered
from meetings.models import Attendance, CallOff, Meeting, Unavailable, Venue
from referrals.actions import concerns, consent, facilitation, lifecycle, readiness, records
from referrals.actions.handed_over import first_contact, give_back
from referrals.actions.handoff import accept, decline, send_handoff, take_back
from referrals.actions.packet import Asking
from referrals.actions.parties import set_keyworker
from referrals.actions.reaching import record_route
from referrals.actions.talk import QUESTIONS, Talk, check_in, save_talk
from referrals.enums import (
    DAY_QUESTIONS,
    MEETING_PARTS,
    Answer,
    Capacity,
    CapacityResult,
    ConcernKind,
    Days,
    DeclineCode,
    HandoffKind,
    Hours,
    Part,
    Purpose,
    Ready,
    Reason,
    RouteKind,
    SignOffDecision,
    Suitable,
    Verdict,
)
from referrals.models import Concern, Handoff, Involvement, Party, RecordsCheck, RecordsHit, Referral, Task
from restorative.accounts.models import User
from restorative.common import clock

WORKERS = ("asha", "kit", "ben", "fay", "mo", "sal", "wes", "carol", "mina", "gwen", "ivy")
# Mostly the worker who usually does it, so that most actions are possible.
WHO = st.sampled_from([*[""] * 20, *WORKERS])
SIDES = st.sampled_from(["own", "other", "other"])
WHY = "a step of the state machine"


@dataclass
class Pressed:
    """An action about to run: the compartment it is in, if any, and its function."""

    do: Callable[[], Any]
    party: Party | None = None
    # Whether it must show on the other side too: an organisation takes over, or returns.
    shows: bool = False
    # Whether it is two actions: the first remains even if the second is refused.
    two: bool = False
    # Whether users who do not open the party must see nothing of it, on any page or in any message.
    secret: bool = False


# --- Questions to a person --------------------------------------------------------------------------------------

Change = Callable[[Talk], Talk]


def _safety(**answers: str) -> Change:
    return lambda talk: replace(talk, safety={**play.SAFE, **answers})


def _take_part(answer: Answer) -> Change:
    return lambda talk: play.answering(talk, Purpose.TAKE_PART, answer)


def _route(**facts: Any) -> Change:
    return lambda talk: replace(talk, route=replace(talk.route, **facts))


def _back(talk: Talk) -> Talk:
    """The words of a person who returns after withdrawing."""
    return replace(talk, said=tuple(replace(said, why_back="We talked on the phone.") for said in talk.said))


TALKS: dict[str, Change] = {
    "all well": lambda talk: talk,
    "back again": _back,
    "afraid": _safety(afraid=Answer.YES),
    "hurt once": _safety(harmed=Answer.NOT_SURE),
    "shares a home": _safety(shares_home=Answer.YES),
    "no": _take_part(Answer.NO),
    "not sure": _take_part(Answer.NOT_SURE),
    "in doubt": lambda talk: replace(talk, asked=consent.Asked(capacity=Capacity.DOUBT)),
    "overheard": lambda talk: replace(talk, asked=consent.Asked(alone=False)),
    "not yet": lambda talk: replace(talk, judgement=Ready.NOT_YET, judgement_reason="Not this month."),
    "evenings": _route(hours=Hours.EVENING),
    "wednesdays": _route(days=Days.WEDNESDAY),
    "one phone for two": _route(value="+447700900500"),
    "by email": _route(kind=RouteKind.EMAIL, value="somebody@example.org"),
    "never write": _route(allowed=False),
}
CONCERNS = (ConcernKind.THREATS, ConcernKind.ORDER, ConcernKind.PAST_ABUSE, ConcernKind.LAPSE)
CHECKED = dict.fromkeys(QUESTIONS, Answer.YES)
DAY = dict.fromkeys(DAY_QUESTIONS, Answer.YES)
NO = (Answer.NO, Answer.NOT_SURE)
CHECK_INS = st.sampled_from([CHECKED, CHECKED, *({**CHECKED, key: no} for key in QUESTIONS for no in NO)])
DAYS = st.sampled_from([DAY, DAY, DAY, *({**DAY, key: no} for key in DAY_QUESTIONS for no in NO)])


# --- Finding the objects of an action ---------------------------------------------------------------------------


def side(made: Played, which: str) -> Party:
    """One of the people, freshly read."""
    party = made.own if which == "own" else made.other
    return Party.objects.unscoped(WHY).select_related("referral__lead", "keyworker").get(pk=party.pk)


def fresh(made: Played) -> Referral:
    return Referral.objects.unscoped(WHY).get(pk=made.referral.pk)


def worker(made: Played, who: str, usual: "User | str") -> User:
    """The named worker, or the one who usually does it."""
    if who:
        return made.staff[who]
    return made.staff[usual] if isinstance(usual, str) else usual


def supports(party: Party) -> User:
    return party.keyworker or party.referral.lead


def newest(model: Any, order: str = "created_at", **filters: Any) -> Any:
    """The newest matching row, or None."""
    return model.objects.unscoped(WHY).filter(**filters).order_by(order, "pk").last()


def pending(made: Played) -> Meeting | None:
    """The newest meeting, called off or not, because a page may have been open since before."""
    return newest(Meeting, referral=made.referral)


# --- The actions ------------------------------------------------------------------------------------------------


def talk(made: Played, which: str, kind: str, who: str) -> Pressed:
    party = side(made, which)
    said = TALKS[kind](talk_for(made, party))
    return Pressed(lambda: save_talk(party=party, talk=said, by=worker(made, who, supports(party))), party)


def keyworker(made: Played, which: str, who: str) -> Pressed:
    party = side(made, which)
    by = worker(made, who, supports(party))
    return Pressed(lambda: set_keyworker(party=party, keyworker=made.staff["kit"], by=by), party, shows=True)


def asked_again(made: Played, which: str, answers: dict, who: str) -> Pressed:
    party = side(made, which)
    return Pressed(
        lambda: check_in(party=party, answers=answers, by=worker(made, who, supports(party))), party
    )


def asked_today(made: Played, which: str, answers: dict, who: str) -> Pressed:
    party = side(made, which)
    by = worker(made, who, supports(party))
    return Pressed(lambda: readiness.check_on_the_day(party=party, answers=answers, by=by), party)


def assessed(made: Played, which: str, result: CapacityResult) -> Pressed:
    party = side(made, which)
    return Pressed(
        lambda: readiness.assess_capacity(
            party=party, help_given="Twice.", result=result, by=supports(party)
        ),
        party,
    )


def answered(
    made: Played, which: str, purpose: Purpose, answer: Answer, who: str, *, back: bool, doubt: bool
) -> Pressed:
    """An answer about taking part, or about sharing with Carers Leeds or 5 WAYS."""
    party = side(made, which)
    given: dict[str, Any] = {"purpose": purpose, "answer": answer, "why_back": "I want to." if back else ""}
    if purpose == Purpose.SHARE:
        given["recipient"] = made.staff["carol"].organisation_id
    asked = consent.Asked(capacity=Capacity.DOUBT if doubt else Capacity.CLEAR)
    return Pressed(
        lambda: consent.record_consent(
            party=party, asked=asked, by=worker(made, who, supports(party)), **given
        ),
        party,
    )


def answered_by_link(made: Played, which: str, answer: Answer) -> Pressed:
    party = side(made, which)
    return Pressed(
        lambda: consent.record_link_answer(party=party, purpose=Purpose.TAKE_PART, answer=answer), party
    )


def withdrawn(made: Played, which: str, purpose: Purpose, who: str, *, by_link: bool) -> Pressed:
    party = side(made, which)
    what: dict[str, Any] = {"purpose": purpose}
    if purpose == Purpose.SHARE:
        what["recipient"] = made.staff["carol"].organisation_id
    by = None if by_link else worker(made, who, supports(party))
    return Pressed(lambda: consent.withdraw(party=party, by=by, **what), party)


def reached(made: Played, which: str, kind: str, *, confirmed: bool) -> Pressed:
    party = side(made, which)
    facts = TALKS[kind](talk_for(made, party)).route
    return Pressed(
        lambda: record_route(party=party, facts=facts, confirmed=confirmed, by=supports(party)), party
    )


def worried(made: Played, which: str, kind: ConcernKind, who: str) -> Pressed:
    party = side(made, which)
    by = worker(made, who, supports(party))
    return Pressed(lambda: concerns.raise_concern(party=party, kind=kind, by=by), party)


def signed_off(made: Played, which: str, decision: SignOffDecision, who: str) -> Pressed | None:
    party = side(made, which)
    concern = newest(Concern, "raised_at", party=party, cleared_at=None)
    by, steps = worker(made, who, "mo"), ["Ring the clinic."]
    return concern and Pressed(
        lambda: concerns.sign_off(concern=concern, decision=decision, reason="Calm.", steps=steps, by=by),
        party,
    )


def cleared(made: Played, which: str, who: str) -> Pressed | None:
    party = side(made, which)
    concern = newest(Concern, "raised_at", party=party, cleared_at=None)
    facts: dict[str, Any] = {"evidence": "They moved away.", "seen_alone_on": clock.today()}
    return concern and Pressed(
        lambda: concerns.clear(concern=concern, by=worker(made, who, "sal"), **facts), party
    )


def step_done(made: Played) -> Pressed | None:
    task = newest(Task, referral=made.referral, blocks__isnull=False, done_at=None)
    return task and Pressed(lambda: concerns.finish_step(task=task, by=supports(task.party)), task.party)


def decided(made: Played, decision: Suitable, who: str) -> Pressed:
    asked: dict[str, Any] = {"decision": decision, "reason": "As they said.", "by": worker(made, who, "asha")}
    if decision == Suitable.NOT_NOW:
        asked["review_on"] = clock.today() + timedelta(days=14)
    return Pressed(lambda: lifecycle.decide(referral=fresh(made), party=None, **asked))


def records_asked(made: Played, who: str) -> Pressed:
    return Pressed(lambda: records.ask_for_records_check(referral=fresh(made), by=worker(made, who, "asha")))


def records_done(made: Played, who: str, *, by_phone: bool) -> Pressed | None:
    """A worker judges all hits to be other people, and may release by phone at once."""
    check = newest(RecordsCheck, "asked_at", referral=made.referral, released_at=None)
    by = worker(made, who, "sal")

    def do() -> None:
        if check.done_at is None:
            rows = RecordsHit.objects.unscoped(WHY).filter(records_check=check)
            said = {row.pk: records.Judged(Verdict.NOT_SAME) for row in rows}
            records.finish_records_check(check=check, said=said, by=by)
        if by_phone:
            records.release_by_phone(check=check, by=by)

    return check and Pressed(do, two=True)


def appointed(made: Played, whom: str, part: Part, who: str) -> Pressed:
    by = worker(made, who, "asha")
    return Pressed(
        lambda: facilitation.appoint(referral=fresh(made), user=made.staff[whom], part=part, by=by)
    )


def stood_down(made: Played, who: str) -> Pressed | None:
    row = newest(Involvement, "since", referral=made.referral, until=None, part__in=MEETING_PARTS)
    return row and Pressed(lambda: facilitation.stand_down(part=row, by=worker(made, who, "asha")))


def away(made: Played) -> Pressed | None:
    """Fay cannot come, or can after all."""
    meeting, fay = pending(made), made.staff["fay"]
    row = meeting and newest(Unavailable, meeting=meeting, user=fay, settled_at=None)
    if row:
        return Pressed(lambda: standing_in.can_come(unavailable=row, by=fay))
    return meeting and Pressed(lambda: standing_in.say_unavailable(meeting=meeting, user=fay, by=fay))


def stand_in(made: Played, whom: str) -> Pressed | None:
    row = newest(Unavailable, meeting__referral=made.referral, settled_at=None)
    return row and Pressed(
        lambda: standing_in.name_stand_in(unavailable=row, user=made.staff[whom], by=made.staff["asha"])
    )


def when(days: int, hour: int) -> dict[str, datetime]:
    starts = clock.moment(clock.today() + timedelta(days=days), hour)
    return {"starts_at": starts, "ends_at": starts + timedelta(minutes=90)}


def booked(made: Played, days: int, hour: int, who: str, *, again: bool = False) -> Pressed | None:
    """Booked, or moved."""
    meeting = pending(made) if again else None
    room = Venue.objects.order_by("name").first()
    plan = Plan(kind=MeetingKind.CONVERSATION, venue=room, **when(days, hour))
    by = worker(made, who, "fay")
    if not again:
        return Pressed(lambda: scheduling.book(referral=fresh(made), plan=plan, by=by))
    return meeting and Pressed(lambda: move(meeting=meeting, plan=plan, by=by))


def started(made: Played, who: str) -> Pressed | None:
    meeting = pending(made)
    return meeting and Pressed(lambda: scheduling.start(meeting=meeting, by=worker(made, who, "fay")))


def recorded(made: Played, who: str, came: Came) -> Pressed | None:
    meeting = newest(Meeting, referral=made.referral, status=MeetingStatus.STARTED)
    if meeting is None:
        return None
    rows = Attendance.objects.unscoped(WHY).filter(meeting=meeting).select_related("party")
    said = {row.party: came for row in rows}
    by = worker(made, who, "fay")
    return Pressed(
        lambda: recording.record_meeting(meeting=meeting, came=said, answers={}, helped=Offered.YES, by=by)
    )


def called_off(made: Played, who: str) -> Pressed | None:
    meeting = pending(made)
    return meeting and Pressed(lambda: calling_off.call_off(meeting=meeting, by=worker(made, who, "fay")))


def let_hear(made: Played, who: str, *, safe: bool) -> Pressed | None:
    """Their worker records whether it is safe, and the facilitator releases the call-off."""
    row = newest(CallOff, meeting__referral=made.referral, party__isnull=False, released_at=None)

    def do() -> None:
        if row.said_safe_at is None:
            calling_off.say_safe(call_off=row, safe=safe, by=supports(row.party))
        calling_off.release(call_off=row, by=worker(made, who, "fay"))

    return row and Pressed(do, shows=True, two=True)


def over(made: Played, how: str, who: str) -> Pressed:
    """Close, reopen, resume, or meet again."""
    by, referral = worker(made, who, "asha"), fresh(made)
    ways: dict[str, Callable[[], Any]] = {
        "close": lambda: lifecycle.close(
            referral=referral, reason=Reason.NOT_THE_TIME, why_open_items="Agreed.", by=by
        ),
        "reopen": lambda: lifecycle.reopen(referral=referral, by=by),
        "resume": lambda: lifecycle.resume(referral=referral, by=by),
        "meet again": lambda: lifecycle.meet_again(referral=referral, by=by),
    }
    return Pressed(ways[how])


def asked_others(made: Played, which: str, who: str) -> Pressed:
    """Carers Leeds is asked to help the other person, or to lead."""
    party = side(made, "other") if which == "help" else None
    asking = Asking(
        to_org=made.staff["carol"].organisation,
        kind=HandoffKind.HELP if party else HandoffKind.LEAD,
        party=party,
        situation="They want to talk again.",
        asked="Somebody of their own to talk to.",
        told="That we would ask you.",
        reply_by=clock.today() + timedelta(days=7),
    )
    by = worker(made, who, supports(party) if party else "asha")
    return Pressed(lambda: send_handoff(referral=fresh(made), asking=asking, by=by), party, shows=True)


def others_answer(made: Played, how: str, who: str) -> Pressed | None:
    """Answer the newest request: accept, begin, decline, return, withdraw."""
    row = newest(Handoff, "sent_at", referral=made.referral)
    if row is None:
        return None
    carol, facts = worker(made, who, "carol"), {"handoff": row, "version": row.version}
    kind = HandoffKind(row.kind)
    ways: dict[str, Callable[[], Any]] = {
        "accept": lambda: accept(
            worker=made.staff["carol"], kind=kind, starts_on=clock.today(), by=carol, **facts
        ),
        "begin": lambda: first_contact(by=carol, **facts),
        "give back": lambda: give_back(why="Moved away.", by=carol, **facts),
        "decline": lambda: decline(code=DeclineCode.NO_CAPACITY, by=carol, **facts),
        "take back": lambda: take_back(by=made.staff[who or "asha"], **facts),
    }
    return Pressed(ways[how], row.party, shows=True)
