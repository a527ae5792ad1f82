"""A referral's history in words, for one user; and the readers of a note that they write there.
selectors_history.py reads the events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import TextChoices
from django.urls import reverse
from django.utils.text import capfirst

from casework.selectors_history import Event, events, newest_steps
from meetings.enums import FollowUpKind, FollowUpResult
from referrals.enums import (
    Answer,
    ApproachResult,
    ConcernKind,
    NoteKind,
    Outcome,
    Part,
    Purpose,
    RatingPoint,
    ReadinessKind,
    Ready,
    Reason,
    ShareWith,
    SignOffDecision,
    Suitable,
)
from referrals.models import Note, Party, Referral, Suitability
from referrals.presenters import OTHER, facilitators_of, lower_first, parties_for, within
from referrals.presenters.shown_referral import ShownReferral
from referrals.querysets_rules import Within
from restorative.accounts.models import User
from restorative.common import clock

# The kinds to filter by, in the order of the list.
GROUPS = {
    "steps": "Steps and decisions",
    "who": "Who works on it",
    "agreed": "What people agree to",
    "talks": "Talks and preparing",
    "safety": "Safety",
    "meetings": "Meetings",
    "notes": "Notes",
}
Words = Mapping[str, str] | type[TextChoices] | None
STEP_WORDS = {
    "log": "Referral logged",
    "prepare": "Preparing began",
    "book": "Meeting booked",
    "call_off": "Meeting called off",
    "move": "Meeting moved",
    "met": "The meeting took place",
    "already_met": "They had already talked",
    "meet_again": "Another meeting is being prepared",
    "pause": "Not now: paused",
    "resume": "Looked at again",
    "close": "Closed",
    "reopen": "Reopened",
}
TOOK_PART = {
    Answer.YES: "said yes to taking part",
    Answer.NO: "said no to taking part",
    Answer.NOT_SURE: "said not sure to taking part",
    Answer.WITHDRAWN: "no longer takes part",
}


@dataclass(frozen=True)
class Kind:
    """How one kind of event is said. `code` and `more` are the words of its codes; `more` is left out if empty."""

    group: str
    title: str
    code: Words = None
    more: Words = None

    def said(self, event: Event) -> str:
        """The title of an event of this kind."""
        return self.title.format(
            name=event.name,
            code=_word(self.code, event.code),
            more=_word(self.more, event.more),
            then=clock.show_when(event.then) if event.then else "",
        )


def _word(words: Words, code: str | None) -> str:
    if not code or words is None:
        return code or ""
    if isinstance(words, Mapping):
        return words.get(code, code)
    return lower_first(str(words(code).label))


ASKED = {"lead": "lead", "help": "help one person"}
KINDS = {
    "step": Kind("steps", "{code}", STEP_WORDS),
    "decided": Kind("steps", "Decided: {code}", Suitable),
    "closed": Kind("steps", "Closed as: {code}, {more}", Outcome, Reason),
    "records": Kind("steps", "Records check asked for"),
    "records_done": Kind("steps", "Records check done"),
    "part": Kind("who", "{more} is {code}", Part),
    "part_over": Kind("who", "{more} is no longer {code}", Part),
    "handoff": Kind("who", "Asked {more} to {code}", ASKED),
    "handoff_answered": Kind(
        "who",
        "{more} {code}",
        {"lead": "will lead", "help": "will help one person", "declined": "declined"},
    ),
    "handoff_over": Kind(
        "who",
        "The request to {more} {code}",
        {"withdrawn": "was withdrawn", "returned": "was given back", "completed": "is completed"},
    ),
    "answer": Kind(
        "agreed",
        "{name} {more}: {code}",
        Purpose,
        {
            Answer.YES: "said yes",
            Answer.NO: "said no",
            Answer.NOT_SURE: "is not sure",
            Answer.WITHDRAWN: "takes their yes back",
        },
    ),
    "approach": Kind("talks", "Reaching {name}: {code}", ApproachResult),
    "prepared": Kind("talks", "Preparation with {name}"),
    "rated": Kind("talks", "{name} gave three numbers: {code}", RatingPoint),
    "asked": Kind("safety", "Safety questions asked of {name}"),
    "concern": Kind("safety", "Concern recorded with {name}: {code}", ConcernKind),
    "cleared": Kind("safety", "Concern cleared with {name}: {code}", ConcernKind),
    "signed": Kind("safety", "Sign-off for {name}: {code}", SignOffDecision),
    "meeting": Kind(
        "meetings",
        "Meeting arranged for {then}{code}",
        {
            "booked": "",
            "started": "",
            "took_place": "",
            "moved": "",
            "on_hold": ", on hold",
            "called_off": ", called off since",
            "did_not_happen": ", did not happen",
        },
    ),
    "written": Kind("meetings", "What came of the meeting was written down"),
    "ready": Kind(
        "talks",
        "{code}: {more}",
        {
            ReadinessKind.FULL: "Asked whether it is the right time for {name}",
            ReadinessKind.CHECK_IN: "Checked in with {name}",
            ReadinessKind.DAY: "Asked {name} on the day",
        },
        Ready,
    ),
    "shared": Kind("safety", "Shared with {code} about {name}, to keep somebody safe"),
    "call": Kind("meetings", "{code}: {more}", more=FollowUpResult),
    "note": Kind("notes", "{code}"),
}


def _title(event: Event) -> str:
    kind, code = KINDS[event.what], event.code or ""
    match event.what:
        case "closed" if not event.more:
            return f"Closed as: {_word(Outcome, code)}"
        case "step" if code not in STEP_WORDS:
            return capfirst(code.replace("_", " "))
        case "ready":
            return kind.said(event).format(name=event.name)
        case "shared":
            return kind.said(replace(event, code=str(ShareWith(code).label)))
        case "call":
            rang = f"Rang {event.name}, {FollowUpKind(code).label}"
            debrief = f"Debrief with {event.name}"
            return kind.said(replace(event, code=debrief if code == FollowUpKind.DEBRIEF else rang))
        case "note":
            label = str(NoteKind(code).label)
            return f"{label}, correcting an earlier note" if event.more else label
    return kind.said(event)


@dataclass(frozen=True)
class Entry:
    """One line of a history."""

    when: str
    title: str
    who: str = ""
    visible_to: str = ""
    text: str = ""
    action_text: str = ""
    action_href: str = ""


@dataclass(frozen=True)
class Day:
    """The entries of one day, under its heading."""

    title: str
    entries: Sequence[Entry]


def _who(event: Event, user: User) -> str:
    """'You', their first name, words for an answer that no worker took, or '' if the history does not name them."""
    if event.what in ("part_over", "handoff_over", "records_done"):
        return ""
    if event.by is None:
        return "By link"
    return "You" if event.by == user.pk else event.by_name or ""


def _seen_by(event: Event) -> str:
    if event.what == "note" and event.party is None:
        return "everyone who works on this sees this"
    return f"only {event.name}’s side sees this" if event.name else ""


def newest(page: ShownReferral, limit: int = 6) -> list[Entry]:
    """The newest steps, and answers of people this user supports, newest first."""
    return [
        Entry(_when(event.at), _step_or_answer(event), _who(event, page.user), _seen_by(event))
        for event in newest_steps(page.within, page.at, limit)
    ]


def _step_or_answer(event: Event) -> str:
    if event.what == "step":
        return _word(STEP_WORDS, event.code)
    return f"{event.name} {TOOK_PART[Answer(event.more)]}"


def _when(moment: datetime) -> str:
    if clock.today(moment) == clock.today():
        return f"Today, {clock.show_time(moment)}"
    return clock.show_day(moment)


@dataclass
class History:
    """A referral's events of one group, or all, as one user may know them."""

    referral: Referral
    user: User
    events: list[Event]
    corrected: frozenset[UUID]

    def entries(self, start: int, most: int) -> list[Entry]:
        """Some of them for display. A note has its text, and whether it was corrected since."""
        shown = self.events[start : start + most]
        words = self._words(shown, within(self.referral, self.user))
        return [self._entry(event, words.get(str(event.key), "")) for event in shown]

    def by_day(self, start: int, most: int) -> list[Day]:
        """The same under a heading for each day."""
        pairs = zip(self.events[start:], self.entries(start, most), strict=False)
        days = groupby(pairs, key=lambda pair: clock.today(pair[0].at))
        return [
            Day(clock.show_day(day), [_timed(event, entry) for event, entry in found]) for day, found in days
        ]

    def _words(self, shown: list[Event], here: Within) -> dict[str, str]:
        """The narrative of the notes and decisions that are shown, by id."""
        words: dict[str, str] = {}
        for what, model, column in (("note", Note, "text"), ("decided", Suitability, "reason")):
            keys = {UUID(str(event.key)): str(event.key) for event in shown if event.what == what}
            if keys:
                rows = model.objects.visible_to(here).filter(pk__in=keys)
                words |= {keys[key]: text for key, text in rows.values_list("pk", column)}
        return words

    def _entry(self, event: Event, words: str) -> Entry:
        title, who = _title(event), _who(event, self.user)
        found = Entry(clock.show_when(event.at), title, who, _seen_by(event), words)
        if event.what != "note":
            return found
        key = UUID(str(event.key))
        return replace(
            found,
            title=f"{title} (corrected since)" if key in self.corrected else title,
            action_text="Correct it",
            action_href=reverse("casework:note_correct", args=[self.referral.reference, key]),
        )


def _timed(event: Event, entry: Entry) -> Entry:
    return replace(entry, when=clock.show_time(event.at))


def history(referral: Referral, user: User, at: datetime, group: str = "") -> History:
    """The whole history, newest first; with `group` only that one."""
    found = events(within(referral, user), at, handoffs=referral.has_handoffs)
    corrected = frozenset(UUID(event.more) for event in found if event.what == "note" and event.more)
    shown = [event for event in found if not group or KINDS[event.what].group == group]
    return History(referral, user, shown, corrected)


# --- Readers of a note ----------------------------------------------------------------------------------------


def readers(referral: Referral, user: User) -> list[tuple[str, str, str]]:
    """(value, label, names) of each audience this user can write to, with the names they may know."""
    parties = [party for party in parties_for(referral, user) if party.opened]
    running = [row for row in facilitators_of(referral, user) if row.user_id != user.pk]
    opened = {row.user_id: Within.of(row.user, pk=referral.pk).opened for row in running if parties}
    parts = {row.pk: f"{row.user.first_name} ({_word(Part, row.part)})" for row in running}
    found = []
    for party in parties:
        names = [parts[row.pk] for row in running if party.pk in opened[row.user_id]]
        known = _listed(["you", *_supporting(party, referral, user), *names])
        of_all = f"{known}, and managers of {party.organisation.name}. Nobody else in this referral."
        found.append((str(party.pk), f"{party.known_as}’s side only", of_all))
    return [
        *found,
        ("all", "Everyone who works on this referral", _everyone(referral, parties, [*parts.values()], user)),
    ]


def _supporting(party: Party, referral: Referral, user: User) -> list[str]:
    worker = party.keyworker or referral.lead
    return [] if worker.pk == user.pk else [f"{worker.first_name} (supports {party.known_as})"]


def _everyone(referral: Referral, parties: list[Party], parts: list[str], user: User) -> str:
    names = [f"{referral.lead.first_name} (leads)"] if referral.lead_id != user.pk else []
    names += parts
    for party in parties:
        if referral.lead_id != party.keyworker_id:
            names += _supporting(party, referral, user)
    others = OTHER.lower() if len(parties) < 2 else "the others"
    return (
        f"{_listed(['you', *names])}, the workers of {others}, their teams and their managers. "
        "Write here nothing that one person told you alone."
    )


def _listed(names: list[str]) -> str:
    return capfirst(", ".join(dict.fromkeys(names)))
