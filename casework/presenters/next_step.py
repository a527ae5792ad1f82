"""The next step of a referral, in words, for one user at one moment."""

from collections.abc import Callable

from casework.presenters.aftercare import next_after
from casework.presenters.banner import held_rows, to_ring
from referrals.blockers import wording_of
from referrals.enums import Part, Stage
from referrals.models import Party
from referrals.presenters import AND_BACK, Step, facilitators_of, words_agreed
from referrals.presenters.blocker_rows import TALK_ABOUT, stopped, untalked, waits_for_words, way_rows
from referrals.presenters.shown_referral import ShownReferral, is_mine
from restorative.common import clock


def next_step(page: ShownReferral) -> Step | None:
    """The next step in words. None once the referral is closed, because the banner says so."""
    if task := to_ring(page):
        heading, text = task.words.split(": ", 1)
        return Step.next(
            f"{heading[:1].lower()}{heading[1:]}",
            f"{text[:1].upper()}{text[1:]}",
            "I have rung",
            page.href("referrals:rang", task.pk),
        )
    if page.release is not None:
        return Step.next(
            "tell the others that the meeting is not happening",
            "They have not heard yet. First it is asked whether it is safe if they hear today.",
            "Tell the others",
            page.href("meetings:release", page.release),
        )
    if page.referral.shown_stage == Stage.CLOSED:
        return None
    if page.referral.shown_stage != Stage.PAUSED and (second := _second_person(page)):
        return second
    by_stage: dict[Stage, Callable[[ShownReferral], Step]] = {
        Stage.PAUSED: _next_paused,
        Stage.BOOKED: _next_booked,
        Stage.FOLLOW_UP: next_after,
    }
    step = by_stage.get(Stage(page.referral.shown_stage))
    return step(page) if step is not None else _next_preparing(page)


def _second_person(page: ShownReferral) -> Step | None:
    """What waits for this user as a second person: a concern to decide on, or a stop to clear."""
    for row in page.rows:
        if row.party is None or (row.party.pk, row.code) not in page.deciding:
            continue
        stop, wording = row.code == "stop", wording_of(row.code, of_party=True)
        return Step.next(
            wording.heading.format(name=row.party.known_as),
            wording.about,
            "Look at it" if stop else "Decide",
            page.href("referrals:safety", row.party.pk, end=AND_BACK),
        )
    return None


def _next_paused(page: ShownReferral) -> Step:
    if any(party.opened and party.person.died_on for party in page.parties):
        href = page.href("referrals:close") if page.runs else ""
        return Step.next(
            "ring the people who should know, then close",
            "Nothing is sent to anybody here. What is said, and to whom, is for people to decide.",
            "Close" if href else "",
            href,
        )
    href = page.href("referrals:decide") if page.runs else ""
    return Step.next(
        f"look at this again on {clock.show_day(page.referral.review_on)}",
        "Nobody is asked anything meanwhile.",
        "Decide" if href else "",
        href,
    )


def _next_booked(page: ShownReferral) -> Step:
    meeting = page.meeting
    if meeting is None:
        return Step.next("open the meeting", "")
    when = clock.show_when(meeting.starts_at)
    if meeting.shown_status == "started":
        if not _records(page):
            return Step.next(f"the record is with {_who_runs(page)}", "Nothing for you to do.")
        return Step.next(
            "write the record",
            f"The meeting of {when} was started. The record is written within 2 working days.",
            "Write record",
            page.href("meetings:record", meeting.pk),
        )
    if page.on_hold:
        return _next_on_hold(page)
    if clock.today(meeting.starts_at) <= clock.today(page.at):
        return Step.next(
            "ask each person today: well enough, safe, still yes?",
            f"The meeting is today, {clock.show_time(meeting.starts_at)}.",
            "Day-of check",
            page.href("meetings:today", meeting.pk),
        )
    return Step.next(
        f"meet on {when}",
        "Anybody can still say no, at any time.",
        "Open the meeting",
        page.href("meetings:show", meeting.pk),
    )


def _next_on_hold(page: ShownReferral) -> Step:
    """What this user can do for a meeting that is on hold."""
    for row in held_rows(page):
        if row.is_theirs:
            return Step.next(row.heading, row.about, row.action_text, row.action_href)
    meeting = page.href("meetings:show", page.meeting.pk)
    if page.away and page.runs:
        about = "Each person is asked whether they accept a stand-in."
        return Step.next("move the meeting, or find somebody to stand in", about, "Open the meeting", meeting)
    about = "What the meeting needs is with somebody else."
    return Step.next("nothing for you to do now", about, "Open the meeting", meeting)


RUNS_ON_THE_DAY = (Part.FACILITATOR, Part.STAND_IN, Part.SECOND_WORKER)


def _records(page: ShownReferral) -> bool:
    """Whether this user may write the record: the workers who ran the meeting, and the lead."""
    return page.referral.lead_id == page.user.pk or any(
        row.user_id == page.user.pk and row.part in RUNS_ON_THE_DAY
        for row in facilitators_of(page.referral, page.user)
    )


def _who_runs(page: ShownReferral) -> str:
    """'Fay', 'Fay and Lou', or the lead if there is no facilitator now."""
    names = [
        row.user.first_name
        for row in facilitators_of(page.referral, page.user)
        if row.part in (Part.FACILITATOR, Part.STAND_IN)
    ]
    return " and ".join(dict.fromkeys(names)) or page.referral.lead.first_name


def _next_preparing(page: ShownReferral) -> Step:
    if talk := _talk_with(page):
        about, words = TALK_ABOUT, _agreed_words(talk, page)
        return Step.next(
            f"talk with {talk.known_as}, alone",
            f"Say only this first: “{words}” {about}" if words else about,
            f"Talk with {talk.known_as}",
            page.href("referrals:talk", talk.pk, end=AND_BACK),
        )
    for row in page.rows:
        if row.code == "wording_not_approved" and row.party is not None and row.party.asked_first:
            wording = wording_of(row.code, of_party=True)
            return Step.next(
                wording.heading.format(name=row.party.known_as),
                wording.about.format(name=row.party.known_as),
                f"Ask {row.party.known_as}",
                page.href("referrals:consent", row.party.pk, end=AND_BACK),
            )
    first = next((row for row in way_rows(page) if row.is_theirs), None)
    if first is not None:
        return Step.next(first.heading, first.about, first.action_text, first.action_href)
    if page.rows:
        return Step.next(
            "nothing for you to do now", "What is left is with somebody else. You can look again tomorrow."
        )
    if page.runs:
        return Step.next(
            "book the meeting",
            "Nothing stands in the way. What each person is sent is shown before it goes.",
            "Plan the meeting",
            page.href("meetings:book"),
        )
    return Step.next(
        "the meeting can be booked", f"{page.referral.lead.first_name} or the facilitator books it."
    )


def _agreed_words(party: Party, page: ShownReferral) -> str:
    """The words that another party approved for reaching this one, or '' if this one came to us."""
    if party.asked_first:
        return ""
    return next(iter(words_agreed(party, page.user)), "")


def _talk_with(page: ShownReferral) -> Party | None:
    """The first person this user supports who needs most of a talk and may be spoken to."""
    for party in page.parties:
        mine = party.opened and not party.is_supporter and is_mine(party, page)
        if stopped(party, page):
            continue
        if mine and untalked(party, page) and not waits_for_words(party, page):
            return party
    return None
