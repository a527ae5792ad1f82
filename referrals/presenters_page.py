"""The referral page for one person: the next step, what stands in the way, a row per person, what was done.
Each part is made from rows this user may see; what is sealed is one cell and one sentence."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from referrals import blockers
from referrals.blockers import ShownBlocker
from referrals.enums import (
    Answer,
    Gate,
    Hours,
    Part,
    Purpose,
    ReadinessKind,
    Ready,
    RouteKind,
    Stage,
)
from referrals.models import (
    Consent,
    ContactRoute,
    Party,
    Preparation,
    ReadinessCheck,
    Referral,
    SafetyAnswers,
    StageChange,
)
from referrals.presenters import (
    facilitators_of,
    parties_for,
    place_of,
    shown_name,
    stage_strip,
    stands,
)
from restorative.common import clock
from restorative.notify.models import Message, State

if TYPE_CHECKING:
    from restorative.accounts.models import User

# Code → the page that mends it, and the words of the link. {name} is the party's.
FIXES: dict[str, tuple[str, str]] = {
    "consent_missing": ("referrals:consent", "Ask {name}"),
    "consent_not_heard": ("referrals:consent", "Hear it from {name}"),
    "wording_not_approved": ("referrals:consent", "Ask {name}"),
    "capacity_in_doubt": ("referrals:capacity", "Assess"),
    "safety_not_asked": ("referrals:safety_ask", "Ask {name}"),
    "stop": ("referrals:safety", "Look at it"),
    "sign_off": ("referrals:safety", "Look at it"),
    "readiness_missing": ("referrals:readiness", "Ask {name}"),
    "readiness_expired": ("referrals:readiness", "Ask again"),
    "not_prepared": ("referrals:preparation", "Prepare"),
    "safe_contact_missing": ("referrals:routes", "Ask {name}"),
    "professional_not_agreed": ("referrals:consent", "Ask {name}"),
    "one_facilitator": ("referrals:facilitators", "Appoint"),
    "no_facilitator": ("referrals:facilitators", "Appoint"),
    "facilitator_not_independent": ("referrals:facilitators", "Appoint"),
    "not_suitable_yet": ("referrals:decide", "Decide"),
    "records_check": ("referrals:records_ask", "Ask for it"),
    "too_few_parties": ("referrals:person_add", "Add a person"),
}
# Codes that one talk settles together.
TALK_CODES = frozenset(
    {"consent_missing", "safety_not_asked", "readiness_missing", "not_prepared", "safe_contact_missing"}
)
WHOSE_BY_CODE = {
    "stop": "A safeguarding lead",
    "sign_off": "A manager or safeguarding lead",
}


@dataclass
class Facts:
    """What is read once for the page."""

    referral: Referral
    user: "User"
    at: datetime
    parties: list[Party]
    rows: list[ShownBlocker]
    sealed_parties: set
    runs: bool
    as_stood: frozenset
    meeting: Any
    release: Any


def _runs(referral: Referral, user: "User") -> bool:
    """may_run, from rows already read."""
    facilitates = any(
        row.user_id == user.pk and row.part in (Part.FACILITATOR, Part.STAND_IN)
        for row in facilitators_of(referral, user)
    )
    of_lead = user.is_manager and referral.lead_organisation_id == user.organisation_id
    return referral.lead_id == user.pk or facilitates or of_lead


def gather(referral: Referral, user: "User", at: datetime) -> Facts:
    """Read what the page needs: a fixed number of queries."""
    parties = parties_for(referral, user)
    booked = referral.shown_stage == Stage.BOOKED
    meeting = _meeting(referral, user) if booked else None
    gate = Gate.START if booked else Gate.BOOK
    as_stood = stands(referral, user)
    found = [] if referral.shown_stage == Stage.CLOSED else blockers.blockers(referral, gate, at)
    opened = {party.pk for party in parties if party.opened}
    sealed = {
        row.party_id
        for row in found
        if row.party_id is not None
        and row.party_id not in opened
        and row.code not in blockers.SHELL_CODES
        and (row.party_id not in as_stood or blockers.BY_KEY[row.code].gates == blockers.START)
    }
    return Facts(
        referral=referral,
        user=user,
        at=at,
        parties=parties,
        rows=blockers.shown_to(found, parties, stands=as_stood),
        sealed_parties=sealed,
        runs=_runs(referral, user),
        meeting=meeting,
        as_stood=as_stood,
        release=None if booked else _waiting_release(referral, user),
    )


def _meeting(referral: Referral, user: "User") -> Any:
    """The meeting this user is shown as pending, if any (through the documented name `referral.meetings`)."""
    return (
        referral.meetings.model.objects.visible_to(user)
        .filter(referral=referral, shown_status__in=["booked", "on_hold", "started"])
        .select_related("venue")
        .order_by("-starts_at")
        .first()
    )


def _waiting_release(referral: Referral, user: "User") -> Any:
    """A call-off that this user may know of and the others have not heard of yet."""
    call_offs = referral.meetings.model.call_offs.rel.related_model.objects.visible_to(user)
    return (
        call_offs.waiting()
        .filter(meeting__referral=referral, party__isnull=False)
        .select_related("meeting")
        .first()
    )


# --- What stands in the way ----------------------------------------------------------------------------------


def way_rows(facts: Facts) -> list[dict[str, str]]:
    """The rows of 'What stands in the way', each with whose turn it is and the page that mends it.

    Where most of a talk with somebody is still to come, that is one row and not five.
    """
    shown, talked = [], set()
    for row in facts.rows:
        if row.party is None or row.code not in TALK_CODES or not _untalked(row.party, facts):
            shown.append(_way_row(row, facts))
        elif row.party.pk not in talked:
            talked.add(row.party.pk)
            shown.append(_talk_row(row.party, facts))
    return shown


def _untalked(party: Party, facts: Facts) -> bool:
    """Whether most of a talk with them is still to come."""
    codes = {row.code for row in facts.rows if row.party is not None and row.party.pk == party.pk}
    return len(codes & TALK_CODES) >= 3


def _waits_for_words(party: Party, facts: Facts) -> bool:
    """Whether they cannot be spoken to yet, because the words used to reach them are not approved."""
    return not party.asked_first and any(row.code == "wording_not_approved" for row in facts.rows)


def _talk_row(party: Party, facts: Facts) -> dict[str, str]:
    name = party.known_as
    if _waits_for_words(party, facts):
        sentence = f"{name} is talked with once the words used to reach them are approved."
        return {"sentence": sentence, "whose": "Later", "action_text": "", "action_href": ""}
    return {
        "sentence": f"{name} has not been talked with, alone: safety, what they agree to, is it the right time.",
        "whose": _whose(party, facts.user),
        "action_text": f"Talk with {name}",
        "action_href": reverse("referrals:talk", args=[facts.referral.reference, party.pk]),
    }


def _way_row(row: ShownBlocker, facts: Facts) -> dict[str, str]:
    shown = {"sentence": row.sentence, "whose": "", "action_text": "", "action_href": ""}
    if not row.code:
        return {**shown, "whose": "Nothing for you to do"}
    if row.code == "records_check" and facts.referral.records_waiting:
        return {**shown, "whose": "Safeguarding lead", "action_text": "Asked for"}
    if row.code == "day_of_check_missing":
        return {**shown, **_day_link(row, facts)}
    if row.party is None and not facts.runs:
        return {**shown, "whose": facts.referral.lead.first_name}
    name, text = FIXES[row.code]
    if row.party is not None:
        href = _fix_href(name, row, facts)
        whose = WHOSE_BY_CODE.get(row.code) or _whose(row.party, facts.user)
        return {
            **shown,
            "whose": whose,
            "action_text": text.format(name=row.party.known_as),
            "action_href": href,
        }
    href = reverse(name, args=[facts.referral.reference])
    return {**shown, "whose": "Your turn", "action_text": text, "action_href": f"{href}?from=referral"}


def _fix_href(name: str, row: ShownBlocker, facts: Facts) -> str:
    reference = facts.referral.reference
    if name == "referrals:facilitators":
        return reverse(name, args=[reference])
    return f"{reverse(name, args=[reference, row.party.pk])}?from=referral"


def _day_link(row: ShownBlocker, facts: Facts) -> dict[str, str]:
    meeting = facts.meeting
    if meeting is None or clock.today(meeting.starts_at) != clock.today(facts.at):
        return {"whose": "On the day"}
    href = reverse("meetings:day_check", args=[facts.referral.reference, meeting.pk, row.party.pk])
    return {
        "whose": _whose(row.party, facts.user),
        "action_text": f"Ask {row.party.known_as}",
        "action_href": href,
    }


def _whose(party: Party, user: "User") -> str:
    worker = party.keyworker
    if worker is None or worker.pk == user.pk:
        return "Your turn"
    return worker.first_name


# --- The next step -------------------------------------------------------------------------------------------


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
        mine = party.opened and not party.is_supporter and _is_mine(party, facts)
        if mine and _untalked(party, facts) and not _waits_for_words(party, facts):
            return party
    return None


def _is_mine(party: Party, facts: Facts) -> bool:
    if party.keyworker_id is not None:
        return party.keyworker_id == facts.user.pk
    return facts.referral.lead_id == facts.user.pk


# --- People --------------------------------------------------------------------------------------------------

PEOPLE_HEADS = ["Consent", "Ready", "Safety asked", "Safe contact", "Prepared"]


def _newest(model: type, field: str, order: str, **filters: Any) -> Subquery:
    rows = model._base_manager.filter(party=OuterRef("pk"), **filters).order_by(f"-{order}")
    return Subquery(rows.values(field)[:1])


def _party_facts(referral: Referral, user: "User") -> dict:
    """The dates and answers of the compartments this user opens, in one query."""
    checks = {"kind__in": [ReadinessKind.FULL, ReadinessKind.CHECK_IN]}
    take_part = {"purpose": Purpose.TAKE_PART}
    route = {"replaced_at__isnull": True, "allowed": True, "confirmed_at__isnull": False}
    rows = (
        Party.objects.opened_by(user)
        .filter(referral=referral)
        .annotate(
            consent_answer=_newest(Consent, "answer", "seq", **take_part),
            consent_expires=_newest(Consent, "expires_on", "seq", **take_part),
            ready_judgement=_newest(ReadinessCheck, "judgement", "completed_at", **checks),
            ready_expires=_newest(ReadinessCheck, "expires_at", "completed_at", **checks),
            safety_at=_newest(SafetyAnswers, "asked_at", "asked_at", asked_alone=True),
            route_kind=_newest(ContactRoute, "kind", "confirmed_at", **route),
            route_hours=_newest(ContactRoute, "hours", "confirmed_at", **route),
            prepared_at=_newest(Preparation, "held_at", "held_at"),
        )
    )
    return {row.pk: row for row in rows}


def people_rows(facts: Facts) -> list[dict[str, Any]]:
    """A row per person: cells for those the user opens, one cell for the others."""
    read = _party_facts(facts.referral, facts.user)
    missing = {(row.party.pk, row.code) for row in facts.rows if row.party is not None}
    return [_person_row(party, read.get(party.pk), missing, facts) for party in facts.parties]


def _person_row(party: Party, read: Any, missing: set, facts: Facts) -> dict[str, Any]:
    name = shown_name(party, facts.user)
    if not party.opened or read is None:
        done = party.pk not in facts.sealed_parties
        said = "Done" if done else "Not yet. Nothing for you to do."
        return {"name": name, "about": place_of(party), "said": said}
    support = "you support them" if _is_mine(party, facts) else ""
    if party.keyworker and party.keyworker_id != facts.user.pk:
        support = f"{party.keyworker.first_name} supports them"
    about = " · ".join(part for part in (place_of(party), support) if part)
    reference = facts.referral.reference

    def cell(text: str, codes: set[str], page: str) -> dict[str, str]:
        if any((party.pk, code) in missing for code in codes):
            return {
                "text": text,
                "tone": "due",
                "href": f"{reverse(page, args=[reference, party.pk])}?from=referral",
            }
        return {"text": text, "tone": "ok", "href": ""}

    return {
        "name": name,
        "href": reverse("referrals:party", args=[reference, party.pk]),
        "about": about,
        "cells": [
            cell(
                _consent_words(read, facts.at), {"consent_missing", "consent_not_heard"}, "referrals:consent"
            ),
            cell(
                _ready_words(read, facts.at),
                {"readiness_missing", "readiness_expired"},
                "referrals:readiness",
            ),
            cell(
                clock.ago(read.safety_at).capitalize() if read.safety_at else "Not yet",
                {"safety_not_asked"},
                "referrals:safety_ask",
            ),
            cell(_route_words(read), {"safe_contact_missing"}, "referrals:routes"),
            cell(
                f"On {clock.show_day(read.prepared_at)}" if read.prepared_at else "Not yet",
                {"not_prepared"},
                "referrals:preparation",
            ),
        ],
    }


def _consent_words(read: Any, at: datetime) -> str:
    if not read.consent_answer:
        return "Not asked"
    if read.consent_answer == Answer.YES and read.consent_expires < clock.today(at):
        return "Yes, too long ago"
    return str(Answer(read.consent_answer).label)


def _ready_words(read: Any, at: datetime) -> str:
    if not read.ready_judgement:
        return "Not asked"
    if read.ready_judgement != Ready.READY:
        return "Not yet"
    if read.ready_expires < at:
        return "Too long ago"
    return f"Until {clock.show_day(read.ready_expires)}"


def _route_words(read: Any) -> str:
    if not read.route_kind:
        return "None yet"
    kind = str(RouteKind(read.route_kind).label)
    hours = {Hours.MORNING: ", before 12", Hours.AFTERNOON: ", 12 to 5pm", Hours.EVENING: ", after 5pm"}
    return kind.split(",")[0] + hours.get(read.route_hours, "")


# --- What was done, and what will be sent --------------------------------------------------------------------

STEP_WORDS = {
    "log": "Referral logged",
    "prepare": "Preparing began",
    "book": "Meeting booked",
    "call_off": "Meeting called off",
    "met": "The meeting took place",
    "meet_again": "Another meeting is being prepared",
    "pause": "Not now: paused",
    "resume": "Looked at again",
    "close": "Closed",
    "reopen": "Reopened",
}


def history(facts: Facts, limit: int = 6) -> list[dict[str, str]]:
    """The newest steps, and answers of people this user supports, newest first."""
    user = facts.user
    steps = (
        StageChange.objects.visible_to(user)
        .filter(referral=facts.referral)
        .select_related("created_by")
        .order_by("-created_at", "-id")[:limit]
    )
    answers = (
        Consent.objects.visible_to(user)
        .filter(party__referral=facts.referral, purpose=Purpose.TAKE_PART)
        .select_related("party", "taken_by")
        .order_by("-taken_at")[:limit]
    )
    entries = [(row.created_at, STEP_WORDS.get(row.step, row.step), row.created_by, "") for row in steps]
    entries += [
        (
            row.taken_at,
            _said(row),
            row.taken_by,
            f"only {row.party.known_as}’s side sees this",
        )
        for row in answers
    ]
    entries.sort(key=lambda entry: entry[0], reverse=True)
    return [
        {"when": _when(moment), "title": title, "who": _who(by, user), "visible_to": seen_by}
        for moment, title, by, seen_by in entries[:limit]
    ]


def _said(row: Consent) -> str:
    name = row.party.known_as
    if row.answer == Answer.WITHDRAWN:
        return f"{name} no longer takes part"
    said = {Answer.YES: "yes", Answer.NO: "no", Answer.NOT_SURE: "not sure"}[Answer(row.answer)]
    return f"{name} said {said} to taking part"


def _when(moment: datetime) -> str:
    if clock.today(moment) == clock.today():
        return f"Today, {clock.show_time(moment)}"
    return clock.show_day(moment)


def _who(by: Any, user: "User") -> str:
    if by is None:
        return "By link"
    return "You" if by.pk == user.pk else by.first_name


MESSAGE_WORDS = {
    "meeting_booked": "That the meeting is booked",
    "meeting_ahead": "A reminder, 5 working days before",
    "meeting_day_before": "A reminder, the day before",
    "meeting_not_happening": "That the meeting is not happening",
}


def will_be_sent(facts: Facts) -> list[dict[str, Any]]:
    """For each person the user supports: what waits to be sent, and why it is held if it is.

    While something of another party's waits for release, messages cancelled with it are shown as they stood.
    """
    opened = {party.pk: party for party in facts.parties if party.opened}
    states = [State.DUE, State.HELD]
    as_stood = bool(facts.as_stood)
    if as_stood:
        states.append(State.CANCELLED)
    messages = Message.objects.filter(
        group=facts.referral.pk, recipient_id__in=list(opened), state__in=states, useless_after__gt=facts.at
    ).order_by("due_at", "pk")
    boxes = []
    for key, party in opened.items():
        waiting = [
            f"{MESSAGE_WORDS.get(message.kind, 'A message')}: {clock.show_when(message.planned_for)}"
            + (
                f" ({message.why_held})"
                if message.state == State.HELD and message.why_held and not as_stood
                else ""
            )
            for message in messages
            if message.recipient_id == key
        ]
        boxes.append(
            {
                "title": f"What {party.known_as} will be sent",
                "lines": waiting or ["Nothing is waiting to be sent."],
            }
        )
    return boxes


# --- Other things --------------------------------------------------------------------------------------------


def other_things(facts: Facts) -> list[dict[str, str]]:
    """What else this user can do from here."""
    referral, reference = facts.referral, facts.referral.reference
    if referral.shown_stage == Stage.CLOSED:
        return []
    links = []
    for party in (party for party in facts.parties if party.opened):
        args = [reference, party.pk]
        links.append(
            {
                "text": f"Record a safety concern about {party.known_as}",
                "href": reverse("referrals:concern", args=args),
            }
        )
        links.append(
            {
                "text": f"{party.known_as} wants to stop taking part",
                "href": reverse("referrals:withdraw", args=args),
            }
        )
    if facts.runs:
        links += [
            {"text": "Decide, or not now", "href": reverse("referrals:decide", args=[reference])},
            {"text": "Facilitators", "href": reverse("referrals:facilitators", args=[reference])},
            {"text": "Add a person", "href": reverse("referrals:person_add", args=[reference])},
            {"text": "Close", "href": reverse("referrals:close", args=[reference])},
        ]
    return links


def page(referral: Referral, user: "User", at: datetime) -> dict[str, Any]:
    """Everything the referral page shows this user."""
    facts = gather(referral, user, at)
    booked = referral.shown_stage == Stage.BOOKED
    return {
        "stages": stage_strip(referral.shown_stage, referral.paused_from),
        "paused": referral.shown_stage == Stage.PAUSED,
        "closed": referral.shown_stage == Stage.CLOSED,
        "next_step": next_step(facts),
        "way_title": "What stands in the way of starting" if booked else "What stands in the way of booking",
        "way": way_rows(facts),
        "people_heads": PEOPLE_HEADS,
        "people": people_rows(facts),
        "history": history(facts),
        "boxes": will_be_sent(facts),
        "other_things": other_things(facts),
        "meeting": facts.meeting,
    }
