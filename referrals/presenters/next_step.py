"""The one next step of a referral, in words, for one person at one moment."""

from typing import TYPE_CHECKING

from django.urls import reverse

from referrals.enums import Stage
from referrals.models import (
    Party,
)
from referrals.presenters.referral_facts import Facts, is_mine
from referrals.presenters.way import untalked, waits_for_words, way_rows
from restorative.common import clock

if TYPE_CHECKING:
    pass


def next_step(facts: Facts) -> dict[str, str]:
    """The one next step, in words, for this user at this moment."""
    if facts.release is not None:
        return _step(
            "tell the others that the meeting is not happening",
            "They have not heard yet. First it is asked whether it is safe if they hear today.",
            "Release",
            reverse("meetings:release", args=[facts.referral.reference, facts.release.meeting_id]),
        )
    by_stage = {
        Stage.CLOSED: _next_closed,
        Stage.PAUSED: _next_paused,
        Stage.BOOKED: _next_booked,
        Stage.FOLLOW_UP: _next_follow_up,
    }
    return by_stage.get(Stage(facts.referral.shown_stage), _next_preparing)(facts)


def _step(heading: str, text: str, action_text: str = "", action_href: str = "") -> dict[str, str]:
    return {
        "heading": f"Next: {heading}",
        "text": text,
        "action_text": action_text,
        "action_href": action_href,
    }


def _next_closed(facts: Facts) -> dict[str, str]:
    return {
        "heading": "This referral is closed",
        "text": "Nothing more is sent and nobody is asked anything.",
        "action_text": "",
        "action_href": "",
    }


def _next_paused(facts: Facts) -> dict[str, str]:
    href = reverse("referrals:decide", args=[facts.referral.reference]) if facts.runs else ""
    return _step(
        f"look at this again on {clock.show_day(facts.referral.review_on)}",
        "It is not the right time now. Nobody is asked anything meanwhile.",
        "Decide" if href else "",
        href,
    )


def _next_booked(facts: Facts) -> dict[str, str]:
    meeting, reference = facts.meeting, facts.referral.reference
    if meeting is None:
        return _step("open the meeting", "")
    when = clock.show_when(meeting.starts_at)
    if meeting.shown_status == "started":
        return _step(
            "write the record",
            f"The meeting of {when} was started. The record is written within 2 working days.",
            "Write record",
            reverse("meetings:record", args=[reference, meeting.pk]),
        )
    if clock.today(meeting.starts_at) <= clock.today(facts.at):
        return _step(
            "ask each person today: well enough, safe, still yes?",
            f"The meeting is today, {clock.show_time(meeting.starts_at)}.",
            "Day-of check",
            reverse("meetings:today", args=[reference, meeting.pk]),
        )
    return _step(
        f"meet on {when}",
        "Each person is asked again on the day. Anybody can still say no.",
        "Open the meeting",
        reverse("meetings:show", args=[reference, meeting.pk]),
    )


def _next_follow_up(facts: Facts) -> dict[str, str]:
    text = "They have met. Speak with each person apart within 3 days, then close when nothing is left open."
    if not facts.runs:
        return _step("speak with the person you support", text)
    return _step(
        "speak with each person, then close",
        text,
        "Close",
        reverse("referrals:close", args=[facts.referral.reference]),
    )


def _next_preparing(facts: Facts) -> dict[str, str]:
    reference = facts.referral.reference
    if talk := _talk_with(facts):
        return _step(
            f"talk with {talk.known_as}, alone",
            "Is it safe, what do they agree to, is it the right time? About 8 minutes.",
            f"Talk with {talk.known_as}",
            reverse("referrals:talk", args=[reference, talk.pk]),
        )
    for row in facts.rows:
        if row.code == "wording_not_approved" and row.party is not None and row.party.asked_first:
            return _step(
                f"agree with {row.party.known_as} the words to reach the other person",
                f"Nobody speaks to them before {row.party.known_as} has said yes to the exact words.",
                f"Ask {row.party.known_as}",
                f"{reverse('referrals:consent', args=[reference, row.party.pk])}?from=referral",
            )
    ours = [shown for shown in way_rows(facts) if shown["action_href"] and shown["whose"] == "Your turn"]
    if ours:
        first = ours[0]
        return _step(
            first["action_text"][:1].lower() + first["action_text"][1:],
            first["sentence"],
            first["action_text"],
            first["action_href"],
        )
    if facts.rows:
        return _step(
            "nothing for you to do now", "What is left is with somebody else. You can look again tomorrow."
        )
    if facts.runs:
        return _step(
            "book the meeting",
            "Nothing stands in the way. What each person is sent is shown before it goes.",
            "Plan the meeting",
            reverse("meetings:book", args=[reference]),
        )
    return _step(
        "the meeting can be booked", f"{facts.referral.lead.first_name} or the facilitator books it."
    )


def _talk_with(facts: Facts) -> Party | None:
    """The first person this user supports with whom most of a talk is still to come, and who may be spoken to."""
    for party in facts.parties:
        mine = party.opened and not party.is_supporter and is_mine(party, facts)
        if mine and untalked(party, facts) and not waits_for_words(party, facts):
            return party
    return None
