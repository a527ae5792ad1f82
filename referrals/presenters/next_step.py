"""The one next step of a referral, in words, for one person at one moment."""

from typing import TYPE_CHECKING

from django.urls import reverse

from referrals.enums import Part, Stage
from referrals.models import Party
from referrals.presenters import AND_BACK, facilitators_of, words_agreed
from referrals.presenters.aftercare import next_after
from referrals.presenters.banner import held_rows, to_ring
from referrals.presenters.blocker_rows import Heard, stopped, untalked, waits_for_words, way_rows
from referrals.presenters.referral_facts import Facts, is_mine
from restorative.common import clock

if TYPE_CHECKING:
    from collections.abc import Callable


# Code → what is to be done about it, as a heading. {name} is the party's.
HEADINGS = {
    "check_in": "check in with {name}",
    "talk": "talk with {name}, alone",
    "consent_missing": "ask {name} whether they take part",
    "consent_not_heard": "hear it from {name}, alone",
    "wording_not_approved": "agree with {name} the words to reach the other person",
    "capacity_in_doubt": "see whether {name} can decide this",
    "safety_not_asked": "ask {name} the safety questions, alone",
    "readiness_missing": "ask {name} whether it is the right time",
    "readiness_expired": "ask {name} again whether it is the right time",
    "not_prepared": "prepare with {name}",
    "safe_contact_missing": "ask {name} how to reach them safely",
    "professional_not_agreed": "ask {name} about the professional being there",
    "one_facilitator": "appoint a second facilitator",
    "no_facilitator": "appoint a facilitator",
    "facilitator_not_independent": "appoint a second worker from another team",
    "second_worker": "ask {name} about the second worker",
    "not_suitable_yet": "decide whether this is suitable",
    "records_check": "ask for the records check",
    "too_few_parties": "add a person",
    "day_of_check_missing": "ask {name} today: well enough, safe, still yes?",
    "stop": "look at the concern that stops this",
    "sign_off": "decide on a concern with {name}",
}

# Code → what to know before doing it. What is missing is said by its row below, and not a second time here.
ABOUT = {
    "check_in": "Five answers, one minute.",
    "talk": "Is it safe, what do they agree to, is it the right time? About 8 minutes.",
    "consent_missing": "Each thing is asked apart. No is as good an answer as yes.",
    "consent_not_heard": "A yes given by link counts once you have heard it from them.",
    "wording_not_approved": "Nobody else is spoken to before {name} has said yes to the exact words.",
    "capacity_in_doubt": "What helps {name} to decide comes first. Nobody else can say yes for them.",
    "safety_not_asked": "Six questions. What is answered stays on {name}’s side.",
    "readiness_missing": "“Not sure” is a good answer too: it means not yet.",
    "readiness_expired": "What was said before may have changed.",
    "not_prepared": "What {name} hopes for, worries about, and would rather not talk about.",
    "safe_contact_missing": "Until then nothing is sent to {name}.",
    "professional_not_agreed": "If {name} would rather not, the professional stays out.",
    "one_facilitator": "Two facilitators prepare and run it together.",
    "no_facilitator": "They prepare and run the meeting. Choose somebody who supports nobody here.",
    "facilitator_not_independent": "Beside the facilitator there is: a second worker, whom the others accept.",
    "second_worker": "If {name} would rather not, somebody else is found.",
    "not_suitable_yet": "Suitable now, not now, or not; and why.",
    "records_check": "A safeguarding lead does it. You hear only that it is done.",
    "too_few_parties": "Nobody is contacted by this.",
    "day_of_check_missing": "Four answers, from them alone.",
    "stop": "You, or another safeguarding lead, can clear it on new facts. Nobody else can.",
    "sign_off": "Go, go with steps first, or do not go; and why.",
}


def next_step(facts: Facts, heard: Heard | None = None) -> dict[str, str] | None:
    """The one next step, in words, for this user at this moment. None once it is closed: the banner says so."""
    heard = heard or Heard()
    if task := to_ring(facts):
        heading, text = task.words.split(": ", 1)
        return {
            "heading": f"Next: {heading[:1].lower()}{heading[1:]}",
            "text": f"{text[:1].upper()}{text[1:]}",
            "action_text": "I have rung",
            "action_href": reverse("referrals:rang", args=[facts.referral.reference, task.pk]),
        }
    if facts.release is not None:
        return _step(
            "tell the others that the meeting is not happening",
            "They have not heard yet. First it is asked whether it is safe if they hear today.",
            "Tell the others",
            reverse("meetings:release", args=[facts.referral.reference, facts.release.meeting_id]),
        )
    if facts.referral.shown_stage == Stage.CLOSED:
        return None
    if facts.referral.shown_stage != Stage.PAUSED and (second := _second_person(facts, heard)):
        return second
    by_stage: dict[Stage, Callable[[Facts], dict[str, str]]] = {
        Stage.PAUSED: _next_paused,
        Stage.BOOKED: _next_booked,
        Stage.FOLLOW_UP: next_after,
    }
    step = by_stage.get(Stage(facts.referral.shown_stage))
    return step(facts) if step is not None else _next_preparing(facts, heard)


def _second_person(facts: Facts, heard: Heard) -> dict[str, str] | None:
    """What waits for this user because they are not working on it: a concern to decide on, a stop to look at."""
    for row in facts.rows:
        if row.party is None or (row.party.pk, row.code) not in heard.deciding:
            continue
        stop = row.code == "stop"
        return _step(
            HEADINGS[row.code].format(name=row.party.known_as),
            ABOUT[row.code],
            "Look at it" if stop else "Decide",
            f"{reverse('referrals:safety', args=[facts.referral.reference, row.party.pk])}{AND_BACK}",
        )
    return None


def _step(heading: str, text: str, action_text: str = "", action_href: str = "") -> dict[str, str]:
    return {
        "heading": f"Next: {heading}",
        "text": text,
        "action_text": action_text,
        "action_href": action_href,
    }


def _next_paused(facts: Facts) -> dict[str, str]:
    if any(party.opened and party.person.died_on for party in facts.parties):
        href = reverse("referrals:close", args=[facts.referral.reference]) if facts.runs else ""
        return _step(
            "ring whoever should know, then close",
            "Nothing is sent to anybody here. What is said, and to whom, is for people to decide.",
            "Close" if href else "",
            href,
        )
    href = reverse("referrals:decide", args=[facts.referral.reference]) if facts.runs else ""
    return _step(
        f"look at this again on {clock.show_day(facts.referral.review_on)}",
        "Nobody is asked anything meanwhile.",
        "Decide" if href else "",
        href,
    )


def _next_booked(facts: Facts) -> dict[str, str]:
    meeting, reference = facts.meeting, facts.referral.reference
    if meeting is None:
        return _step("open the meeting", "")
    when = clock.show_when(meeting.starts_at)
    if meeting.shown_status == "started":
        if not _records(facts):
            return _step(f"the record is with {_who_runs(facts)}", "Nothing for you to do.")
        return _step(
            "write the record",
            f"The meeting of {when} was started. The record is written within 2 working days.",
            "Write record",
            reverse("meetings:record", args=[reference, meeting.pk]),
        )
    if facts.on_hold:
        return _next_on_hold(facts)
    if clock.today(meeting.starts_at) <= clock.today(facts.at):
        return _step(
            "ask each person today: well enough, safe, still yes?",
            f"The meeting is today, {clock.show_time(meeting.starts_at)}.",
            "Day-of check",
            reverse("meetings:today", args=[reference, meeting.pk]),
        )
    return _step(
        f"meet on {when}",
        "Anybody can still say no, at any time.",
        "Open the meeting",
        reverse("meetings:show", args=[reference, meeting.pk]),
    )


def _next_on_hold(facts: Facts) -> dict[str, str]:
    """What this user can do for a meeting that is on hold."""
    for row in held_rows(facts):
        if row["action_href"] and row["whose"] == "Your turn":
            return _step(
                HEADINGS[row["code"]].format(name=row["name"]),
                ABOUT[row["code"]].format(name=row["name"]),
                row["action_text"],
                row["action_href"],
            )
    meeting = reverse("meetings:show", args=[facts.referral.reference, facts.meeting.pk])
    if facts.away and facts.runs:
        about = "Each person is asked whether they accept a stand-in."
        return _step("move the meeting, or find somebody to stand in", about, "Open the meeting", meeting)
    about = "What the meeting needs is with somebody else."
    return _step("nothing for you to do now", about, "Open the meeting", meeting)


RUNS_ON_THE_DAY = (Part.FACILITATOR, Part.STAND_IN, Part.SECOND_WORKER)


def _records(facts: Facts) -> bool:
    """Whether this user may write the record: those who ran the meeting, and the lead."""
    return facts.referral.lead_id == facts.user.pk or any(
        row.user_id == facts.user.pk and row.part in RUNS_ON_THE_DAY
        for row in facilitators_of(facts.referral, facts.user)
    )


def _who_runs(facts: Facts) -> str:
    """'Fay', 'Fay and Lou', or the lead where nobody facilitates any more."""
    names = [
        row.user.first_name
        for row in facilitators_of(facts.referral, facts.user)
        if row.part in (Part.FACILITATOR, Part.STAND_IN)
    ]
    return " and ".join(dict.fromkeys(names)) or facts.referral.lead.first_name


def _next_preparing(facts: Facts, heard: Heard) -> dict[str, str]:
    reference = facts.referral.reference
    if talk := _talk_with(facts, heard):
        about, words = ABOUT["talk"], _agreed_words(talk, facts)
        return _step(
            f"talk with {talk.known_as}, alone",
            f"Say only this first: “{words}” {about}" if words else about,
            f"Talk with {talk.known_as}",
            f"{reverse('referrals:talk', args=[reference, talk.pk])}{AND_BACK}",
        )
    for row in facts.rows:
        if row.code == "wording_not_approved" and row.party is not None and row.party.asked_first:
            return _step(
                HEADINGS[row.code].format(name=row.party.known_as),
                ABOUT[row.code].format(name=row.party.known_as),
                f"Ask {row.party.known_as}",
                f"{reverse('referrals:consent', args=[reference, row.party.pk])}{AND_BACK}",
            )
    rows = way_rows(facts, heard)
    ours = [shown for shown in rows if shown["action_href"] and shown["whose"] == "Your turn"]
    if ours:
        first = ours[0]
        return _step(
            HEADINGS[first["code"]].format(name=first["name"]),
            ABOUT[first["code"]].format(name=first["name"]),
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


def _agreed_words(party: Party, facts: Facts) -> str:
    """The words another person agreed to for reaching this one, or '' where they came to us themselves."""
    if party.asked_first:
        return ""
    return next(iter(words_agreed(party, facts.user)), "")


def _talk_with(facts: Facts, heard: Heard) -> Party | None:
    """The first person this user supports with whom most of a talk is still to come, and who may be spoken to."""
    for party in facts.parties:
        mine = party.opened and not party.is_supporter and is_mine(party, facts)
        if stopped(party, heard):
            continue
        if mine and untalked(party, facts) and not waits_for_words(party, facts):
            return party
    return None
