"""Situations in which a referral stands still or repeats: on hold, paused, met and meeting again."""

from dataclasses import replace
from datetime import datetime, timedelta

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Pair, Played, day_at
from referrals.actions.concerns import raise_concern
from referrals.actions.lifecycle import decide, meet_again
from referrals.enums import ConcernKind, Purpose, Suitable
from restorative.common import clock


def on_hold(staff: Staff, pair: Pair, now: datetime) -> Played:
    """Booked in four days; the other told Kit of a lapse, which is not signed off yet."""
    made = play.ready(staff, pair, now)
    play.book_meeting(made, day_at(4, 14, now=now), now - timedelta(days=2), room=1)
    raise_concern(
        party=made.other,
        kind=ConcernKind.LAPSE,
        detail="Said so on the phone, and is back with their worker.",
        by=staff["kit"],
        at=now - timedelta(hours=18),
    )
    return made


def paused(staff: Staff, pair: Pair, now: datetime) -> Played:
    """The person asked to wait until they are home again."""
    made = play.ready(staff, pair, now, days=20)
    decide(
        referral=made.referral,
        party=made.own,
        decision=Suitable.NOT_NOW,
        reason=f"{pair.own} would like to wait until they are home again.",
        review_on=clock.today(now) + timedelta(days=10),
        by=staff["asha"],
        at=now - timedelta(days=4),
    )
    return made


def two_meetings(staff: Staff, pair: Pair, now: datetime) -> Played:
    """They met two months ago and meet again next week."""
    made = play.ready(staff, pair, now, days=69)  # within the seven days required for starting, at any hour
    play.book_meeting(made, day_at(-63, 15, now=now), now - timedelta(days=66))
    play.start_meeting(made)
    play.record_it(made, day_at(-62, 10, now=now))
    meet_again(referral=made.referral, by=staff["fay"], at=now - timedelta(days=9))
    for party, by, days in ((made.own, "asha", 6), (made.other, "kit", 5)):
        talk = play.talk_for(made, party)
        again = tuple(said for said in talk.said if said.purpose != Purpose.WORDS)
        play.save_talk(
            party=party, talk=replace(talk, said=again), by=staff[by], at=now - timedelta(days=days)
        )
    play.book_meeting(made, day_at(6, 15, now=now), now - timedelta(days=1))
    return made
