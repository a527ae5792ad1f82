"""A meeting for one user: when, where, who, state, messages. Nothing here writes.
The state comes from `shown_status`, never from the real status."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst

from meetings.enums import COMING, PENDING, RECORD_PROMPTS, Came, MeetingKind, MeetingStatus, Offered
from meetings.facts import UnavailableRow
from meetings.models import Attendance, CallOff, Meeting, Record, Unavailable
from meetings.previews import (
    MessagePreview,
    message_on_release,
    messages_sent,
    planned_messages,
    who_will_hear_it_is_off,
)
from referrals.enums import Part, ReadinessKind, Ready, Stage
from referrals.facts.party_readiness import start_of_day
from referrals.models import Party, ReadinessCheck, Referral
from referrals.presenters import (
    OTHER,
    blocker_rows,
    facilitators_of,
    facts_for,
    parties_for,
    place_of,
    shown_name,
    shown_referral,
    within,
    you_or_name,
)
from referrals.presenters.blocker_rows import BlockerRow
from referrals.presenters.reach import ways_shown_to
from referrals.stages import RELEASE_FIRST, STILL_BOOKED
from restorative.accounts.models import User
from restorative.common import clock

TONES = {
    MeetingStatus.BOOKED: "ok",
    MeetingStatus.STARTED: "ok",
    MeetingStatus.CALLED_OFF: "quiet",
    MeetingStatus.TOOK_PLACE: "ok",
    MeetingStatus.DID_NOT_HAPPEN: "quiet",
    MeetingStatus.MOVED: "quiet",
}
KIND_WORDS = {
    "meeting_booked": "That it is booked",
    "meeting_moved": "That it is moved",
    "meeting_ahead": "5 working days before",
    "meeting_day_before": "The day before",
    "meeting_not_happening": "That it is not happening",
}
PAST = (MeetingStatus.TOOK_PLACE, MeetingStatus.DID_NOT_HAPPEN, MeetingStatus.MOVED)
SEALED_TELLING = (
    "{name} is told by their own worker’s route. What they are sent is between them and their worker."
)


@dataclass
class Coming:
    """A person who is expected at a meeting, as shown to one user."""

    attendance: Attendance
    party: Party
    name: str

    @property
    def opened(self) -> bool:
        return self.party.opened


def when_words(starts_at: datetime, ends_at: datetime) -> str:
    """'Tue 3 March, 2pm to 3.30pm'."""
    return f"{clock.show_when(starts_at)} to {clock.show_time(ends_at)}"


def where_words(meeting: Meeting) -> str:
    """The room and its address, or the video link."""
    if meeting.venue is not None:
        access = ", step-free" if meeting.venue.step_free else ""
        return f"{meeting.venue.name}, {meeting.venue.address}{access}"
    return f"By video: {meeting.video}" if meeting.video else "Nowhere: it is carried by the facilitator"


def coming(meeting: Meeting, user: User) -> list[Coming]:
    """The people who are expected, by arrival time."""
    here = within(meeting.referral, user)
    rows = list(Attendance.objects.visible_to(here).filter(meeting=meeting))
    by_id = {party.pk: party for party in parties_for(meeting.referral, user)}
    if gone := [row.party_id for row in rows if row.party_id not in by_id]:
        left = Party.objects.visible_to(here).with_opened(here).filter(pk__in=gone)
        by_id |= {party.pk: party for party in left.select_related("person", "keyworker", "organisation")}
    for row in rows:
        row.party = by_id[row.party_id]
        row.party.referral = meeting.referral
    return [Coming(row, row.party, shown_name(row.party, user)) for row in rows]


def unavailable(meeting: Meeting, user: User) -> list[Unavailable]:
    """Unsettled absences of facilitators; read once per request and cached on the meeting."""
    said = facts_for(meeting.referral, clock.now()).rows(UnavailableRow)
    if not any(row.meeting_id == meeting.pk and row.settled_at is None for row in said):
        return []
    if not hasattr(meeting, "_unavailable"):
        rows = Unavailable.objects.visible_to(within(meeting.referral, user)).open().filter(meeting=meeting)
        meeting._unavailable = list(rows.select_related("user", "stand_in", "stand_in__user"))
    return meeting._unavailable


def facts(meeting: Meeting, user: User) -> list[dict[str, str]]:
    """When, where, which kind, who runs it."""
    running = facilitators_of(meeting.referral, user)
    names = [
        capfirst(you_or_name(row.user, user)) + (" (second worker)" if row.part == Part.SECOND_WORKER else "")
        for row in running
        if row.part != Part.STAND_IN
    ]
    names += _stand_ins(meeting, user)
    return [
        {"key": "When", "value": when_words(meeting.starts_at, meeting.ends_at)},
        {"key": "Where", "value": where_words(meeting)},
        {"key": "Kind", "value": str(MeetingKind(meeting.kind).label)},
        {"key": "Run by", "value": ", ".join(names) or "Nobody yet"},
    ]


def _stand_ins(meeting: Meeting, user: User) -> list[str]:
    """Stand-ins named for this meeting. None for one that is only planned."""
    if meeting._state.adding:
        return []
    return [
        f"{capfirst(you_or_name(row.stand_in.user, user))} (stands in for {row.user.first_name})"
        for row in unavailable(meeting, user)
        if row.stand_in
    ]


def state(meeting: Meeting, *, on_hold: bool = False) -> dict[str, str]:
    """The status as shown to this user, with its tone. `on_hold`: whether they may know that it is."""
    if on_hold:
        return {"text": "On hold", "tone": "due"}
    status = MeetingStatus(meeting.shown_status)
    return {"text": str(status.label), "tone": TONES[status]}


def people_rows(meeting: Meeting, people: list[Coming], user: User, *, came: bool) -> list[dict[str, Any]]:
    """A row per person: arrival time and, if the user may read the record, whether they came."""
    rows = []
    for row in people:
        about = place_of(row.party)
        if row.opened and row.party.keyworker_id:
            about += f" · {_supporter(row.party, user)}"
        cells = [{"text": clock.show_time(row.attendance.arrives_at)}]
        if came:
            cells.append({"text": str(Came(row.attendance.status).label)})
        rows.append({"name": row.name, "about": about, "cells": cells})
    return rows


def _supporter(party: Party, user: User) -> str:
    if party.keyworker_id == user.pk:
        return "you support them"
    return f"{party.keyworker.first_name} supports them"


# --- What is sent ---------------------------------------------------------------------------------------------


def sent(
    meeting: Meeting, people: list[Coming], user: User, at: datetime, *, on_hold: bool = False
) -> list[dict[str, Any]]:
    """Sent and planned messages per person: the text for people the user opens, one sentence for the others."""
    still = meeting.shown_status in COMING and meeting.starts_at > at
    # A party they do not open may be the cause that a message is held or was not sent.
    as_planned = still and not on_hold and any(not row.opened for row in people)
    opened = [row.party for row in people if row.opened]
    left = messages_sent(meeting, opened, as_planned=as_planned)
    off = meeting.shown_status == MeetingStatus.CALLED_OFF
    hear = who_will_hear_it_is_off(meeting, opened, at) if off else set()
    ways = _ways(meeting, people, user) if still or hear else {}
    shown = []
    for row in people:
        if not row.opened:
            if meeting.shown_status not in PAST:
                shown.append(sealed_telling(row.name))
            continue
        told = [telling for (_, key), telling in left.items() if key == row.party.pk]
        if still:
            gone = {telling.kind for telling in told}
            coming_up = planned_messages(
                meeting, row.attendance, at, ways[row.party.pk], as_planned=as_planned
            )
            told += [_held(each, on_hold) for each in coming_up if each.kind not in gone]
        elif row.party.pk in hear:
            told.append(message_on_release(meeting, row.attendance, at, ways[row.party.pk]))
        if told or meeting.shown_status not in PAST:
            shown.append(person_telling(row.name, told))
    return shown


def _held(telling: MessagePreview, on_hold: bool) -> MessagePreview:
    """Whether the user knows that the meeting is on hold, so that only a change of time is sent."""
    if not on_hold or telling.held or telling.kind == "meeting_moved":
        return telling
    return replace(telling, when="not while the meeting is on hold")


def preview(meeting: Meeting, people: list[Coming], user: User, at: datetime) -> list[dict[str, Any]]:
    """What each person would be sent if this meeting were booked now."""
    ways = _ways(meeting, people, user)
    return [
        person_telling(row.name, planned_messages(meeting, row.attendance, at, ways[row.party.pk]))
        if row.opened
        else sealed_telling(row.name)
        for row in people
    ]


def _ways(meeting: Meeting, people: list[Coming], user: User) -> dict:
    return ways_shown_to(user, meeting.referral, [row.party for row in people if row.opened])


def sealed_telling(name: str) -> dict[str, Any]:
    """The sentence for a person whose compartment the user does not open."""
    return {"name": name, "sealed": SEALED_TELLING.format(name=name), "boxes": []}


def person_telling(name: str, told: list[MessagePreview]) -> dict[str, Any]:
    """One person's messages; if no message can be sent, the reason, once."""
    held = next((telling.held for telling in told if telling.held), "")
    boxes = [
        {
            "when": f"{KIND_WORDS[telling.kind]}: {telling.when}",
            "channel": telling.channel,
            "body": telling.body,
        }
        for telling in told
        if not telling.held
    ]
    empty = "" if boxes or held else "Nothing is waiting to be sent."
    return {"name": name, "boxes": boxes, "sealed": held or empty}


def hear_it_is_off(
    meeting: Meeting, people: list[Coming], user: User, at: datetime, *, but: frozenset = frozenset()
) -> list[dict[str, Any]]:
    """What each person would be sent on release. `but` are the parties it came from, who are not told."""
    shown = []
    ways = _ways(meeting, people, user)
    for row in people:
        if row.party.pk in but:
            continue
        if row.opened:
            shown.append(
                person_telling(
                    row.name, [message_on_release(meeting, row.attendance, at, ways[row.party.pk])]
                )
            )
        else:
            shown.append(sealed_telling(row.name))
    return shown


# --- The day itself -------------------------------------------------------------------------------------------


def today_rows(meeting: Meeting, people: list[Coming], user: User, at: datetime, sealed: set) -> list[dict]:
    """A row per person: day-of check done or not, and on the day a link for people the user opens; one cell for the
    others."""
    checks = ReadinessCheck.objects.visible_to(within(meeting.referral, user)).filter(
        party__in=[row.party.pk for row in people if row.opened],
        kind=ReadinessKind.DAY,
        completed_at__gte=start_of_day(at),
    )
    newest = {check.party_id: check for check in checks.order_by("completed_at", "pk")}
    is_today = clock.today(meeting.starts_at) == clock.today(at)
    rows = []
    for row in people:
        about = f"{place_of(row.party)} · arrives {clock.show_time(row.attendance.arrives_at)}"
        if not row.opened:
            said = "Not yet. Nothing for you to do." if row.party.pk in sealed else "Done"
            rows.append({"name": row.name, "about": about, "said": said})
        elif not is_today:
            rows.append({"name": row.name, "about": about, "cells": [{"text": "Asked on the day itself"}]})
        else:
            rows.append({"name": row.name, "about": about, "cells": [_day_cell(meeting, row, newest)]})
    return rows


def _day_cell(meeting: Meeting, row: Coming, newest: dict) -> dict[str, str]:
    href = reverse("meetings:day_check", args=[meeting.referral.reference, meeting.pk, row.party.pk])
    check = newest.get(row.party.pk)
    if check is None:
        return {"text": f"Ask {row.name}", "tone": "due", "href": href}
    asked = f"Asked at {clock.show_time(check.completed_at)}"
    if check.judgement == Ready.READY:
        return {"text": f"{asked}: yes to all", "tone": "ok"}
    return {"text": f"{asked}: not yes to all. Ask again", "tone": "stop", "href": href}


def way(
    referral: Referral, user: User, at: datetime, place: str, *, meeting: Meeting | None = None
) -> tuple[list[BlockerRow], set]:
    """What stands in the way at the next gate, as this user may know it; and ids of the others who have a blocker.
    Links return to `place`. `meeting` is the one to start."""
    found = shown_referral.gather(referral, user, at, meeting=meeting)
    return blocker_rows.returning(blocker_rows.way_rows(found), place), found.sealed_parties


# --- Called off, released, recorded ---------------------------------------------------------------------------


def to_release(meeting: Meeting, user: User) -> list[CallOff]:
    """Call-offs of this meeting that wait for release and that this user may know of."""
    if meeting.status != MeetingStatus.CALLED_OFF:
        return []
    rows = CallOff.objects.visible_to(within(meeting.referral, user)).waiting().filter(meeting=meeting)
    return list(rows.select_related("party", "party__keyworker", "said_safe_by", "meeting__referral"))


def first_settle(referral: Referral, user: User) -> dict[str, str] | None:
    """Why a meeting must be settled before this step, as a banner with a link; None if there is none."""
    reference = referral.reference
    if referral.shown_stage == Stage.BOOKED:
        meetings = Meeting.objects.visible_to(within(referral, user)).filter(shown_status__in=PENDING)
        meeting = meetings.order_by("-starts_at", "-pk").first()
        href = reverse("meetings:show", args=[reference, meeting.pk]) if meeting else ""
        return {"title": STILL_BOOKED, "action_text": "Open the meeting", "action_href": href}
    call_offs = CallOff.objects.visible_to(within(referral, user)).waiting()
    if call_off := call_offs.order_by("created_at", "pk").first():
        href = reverse("meetings:release", args=[reference, call_off.meeting_id])
        return {"title": RELEASE_FIRST, "action_text": "Release", "action_href": href}
    return None


def record_of(meeting: Meeting, user: User) -> Record | None:
    """The record, for users who may read it."""
    if meeting.shown_status == MeetingStatus.BOOKED:
        return None
    return (
        Record.objects.visible_to(within(meeting.referral, user))
        .filter(meeting=meeting)
        .select_related("created_by")
        .first()
    )


def record_rows(record: Record) -> list[dict[str, str]]:
    """The notes per prompt, without empty prompts."""
    rows = [
        {"key": str(label), "value": record.answers.get(key, "")} for key, label in RECORD_PROMPTS.items()
    ]
    offered = {
        "An apology was offered": record.apology_offered,
        "It was accepted": record.apology_accepted,
        "It helped": record.helped,
    }
    rows += [{"key": key, "value": str(Offered(value).label)} for key, value in offered.items() if value]
    rows.append({"key": "Why it stopped early", "value": record.stopped_why})
    return [row for row in rows if row["value"]]


def others_words(people: list[Coming]) -> str:
    """'Sam and the other person', for a sentence."""
    names = list(dict.fromkeys(OTHER.lower() if row.name == OTHER else row.name for row in people))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nobody"
