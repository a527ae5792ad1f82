"""A referral's history in words, for one user; and the readers of a note that they write here.
timeline.py selects the rows."""

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import TextChoices
from django.urls import reverse
from django.utils.text import capfirst

from casework.presenters.history import STEP_WORDS, who
from casework.presenters.timeline import Row
from meetings.enums import FollowUpKind, FollowUpResult
from referrals.enums import (
    Answer,
    ApproachResult,
    Audience,
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
from referrals.models import Party, Referral
from referrals.presenters import OTHER, facilitators_of, parties_for
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User

ANSWERED = {
    Answer.YES: "said yes",
    Answer.NO: "said no",
    Answer.NOT_SURE: "is not sure",
    Answer.WITHDRAWN: "takes their yes back",
}
CHECKED = {
    ReadinessKind.FULL: "Asked whether it is the right time for {name}",
    ReadinessKind.CHECK_IN: "Checked in with {name}",
    ReadinessKind.DAY: "Asked {name} on the day",
}
WHO_WORDS = {
    "part": "{who} is {what}",
    "part_over": "{who} is no longer {what}",
    "handoff": "Asked {who} to {what}",
    "handoff_answered": "{who} {what}",
    "handoff_over": "The request to {who} {what}",
}
ASKED = {
    "handoff": {"lead": "lead", "help": "help one person"},
    "handoff_answered": {"lead": "will lead", "help": "will help one person", "declined": "declined"},
    "handoff_over": {
        "withdrawn": "was withdrawn",
        "returned": "was given back",
        "completed": "is completed",
    },
}
# The history does not name the worker.
UNSAID = ("part_over", "handoff_over", "records_done")
PLAIN = {
    "records": "Records check asked for",
    "records_done": "Records check done",
    "written": "What came of the meeting was written down",
}
MEETING = {
    "booked": "Meeting arranged for {then}",
    "on_hold": "Meeting arranged for {then}, on hold",
    "started": "Meeting arranged for {then}",
    "called_off": "Meeting arranged for {then}, called off since",
    "took_place": "Meeting arranged for {then}",
    "did_not_happen": "Meeting arranged for {then}, did not happen",
}


def _closed(row: Row) -> str:
    why = f", {str(Reason(row.more).label).lower()}" if row.more else ""
    return f"Closed as: {str(Outcome(row.code).label).lower()}{why}"


def _ready(row: Row) -> str:
    checked = CHECKED[ReadinessKind(row.code)].format(name=row.name)
    return f"{checked}: {str(Ready(row.more).label).lower()}"


def _call(row: Row) -> str:
    debrief = row.code == "debrief"
    call = f"Debrief with {row.name}" if debrief else f"Rang {row.name}, {FollowUpKind(row.code).label}"
    return f"{call}: {_lower(FollowUpResult(row.more))}"


def _note(row: Row) -> str:
    kind = str(NoteKind(row.code).label)
    return f"{kind}, correcting an earlier note" if row.corrects else kind


# What each kind of row is called.
TITLES: dict[str, Callable[[Row], str]] = {
    "step": lambda row: STEP_WORDS.get(row.code, capfirst(row.code.replace("_", " "))),
    "decided": lambda row: f"Decided: {str(Suitable(row.code).label).lower()}",
    "closed": _closed,
    "answer": lambda row: f"{row.name} {ANSWERED[Answer(row.more)]}: {_lower(Purpose(row.code))}",
    "approach": lambda row: f"Reaching {row.name}: {_lower(ApproachResult(row.code))}",
    "prepared": lambda row: f"Preparation with {row.name}",
    "ready": _ready,
    "asked": lambda row: f"Safety questions asked of {row.name}",
    "concern": lambda row: f"Concern recorded with {row.name}: {_lower(ConcernKind(row.code))}",
    "cleared": lambda row: f"Concern cleared with {row.name}: {_lower(ConcernKind(row.code))}",
    "signed": lambda row: f"Sign-off for {row.name}: {_lower(SignOffDecision(row.code))}",
    "shared": lambda row: f"Shared with {ShareWith(row.code).label} about {row.name}, to keep somebody safe",
    "rated": lambda row: f"{row.name} gave three numbers: {_lower(RatingPoint(row.code))}",
    "call": _call,
    "meeting": lambda row: MEETING.get(row.code, MEETING["booked"]).format(then=clock.show_when(row.then)),
}


def _title(row: Row) -> str:
    if row.what in WHO_WORDS:
        return _who_works(row)
    return PLAIN.get(row.what) or TITLES.get(row.what, _note)(row)


def _who_works(row: Row) -> str:
    """'Fay is facilitator', 'Asked Carers Leeds to lead'."""
    if row.what in ("part", "part_over"):
        return WHO_WORDS[row.what].format(who=row.more, what=_lower(Part(row.code)))
    return WHO_WORDS[row.what].format(who=row.more, what=ASKED[row.what][row.code])


def _lower(code: TextChoices) -> str:
    """The label of a code inside a sentence."""
    return str(code.label)[:1].lower() + str(code.label)[1:]


def _seen_by(row: Row) -> str:
    if row.what == "note" and row.more == Audience.ALL:
        return "everyone who works on this sees this"
    return f"only {row.name}’s side sees this" if row.name else ""


def entries(rows: list[Row], referral: Referral, user: "User") -> list[dict[str, Any]]:
    """Timeline rows for display. A note has its text, and whether it was corrected since."""
    found = []
    for row in rows:
        note = row.what == "note"
        href = reverse("casework:note_correct", args=[referral.reference, UUID(row.key)]) if note else ""
        found.append(
            {
                "when": clock.show_when(row.at),
                "title": _title(row) + (" (corrected since)" if row.corrected else ""),
                "text": row.words,
                "who": "" if row.what in UNSAID else who(row.by, row.by_name or "", user),
                "visible_to": _seen_by(row),
                "action_href": href,
                "action_text": "Correct it" if note else "",
            }
        )
    return found


def by_day(rows: list[Row], referral: Referral, user: "User") -> list[dict[str, Any]]:
    """The rows under a heading for each day: [{title, entries}]."""
    shown = zip(rows, entries(rows, referral, user), strict=True)
    days = groupby(shown, key=lambda pair: clock.today(pair[0].at))
    return [
        {
            "title": clock.show_day(day),
            "entries": [{**entry, "when": clock.show_time(row.at)} for row, entry in pairs],
        }
        for day, pairs in days
    ]


# --- Readers of a note ----------------------------------------------------------------------------------------


def readers(referral: Referral, user: "User") -> list[tuple[str, str, str]]:
    """(value, label, names) of each audience this user can write to, with the names they may know."""
    parties = [party for party in parties_for(referral, user) if party.opened]
    running = [row for row in facilitators_of(referral, user) if row.user_id != user.pk]
    opened = {row.user_id: _opens(row.user, referral) for row in running if parties}
    found = []
    for party in parties:
        names = _supporting(party, referral, user)
        names += [
            f"{row.user.first_name} ({str(Part(row.part).label).lower()})"
            for row in running
            if party.pk in opened[row.user_id]
        ]
        found.append(
            (
                str(party.pk),
                f"{party.known_as}’s side only",
                f"{capfirst(_listed(['you', *dict.fromkeys(names)]))}, and managers of {party.organisation.name}. "
                "Nobody else in this referral.",
            )
        )
    return [*found, ("all", "Everyone who works on this referral", _everyone(referral, parties, user))]


def _opens(worker: "User", referral: Referral) -> set[UUID]:
    return set(Party.objects.opened_by(worker).filter(referral=referral).values_list("pk", flat=True))


def _supporting(party: Party, referral: Referral, user: "User") -> list[str]:
    worker = party.keyworker or referral.lead
    return [] if worker.pk == user.pk else [f"{worker.first_name} (supports {party.known_as})"]


def _everyone(referral: Referral, parties: list[Party], user: "User") -> str:
    names = [f"{referral.lead.first_name} (leads)"] if referral.lead_id != user.pk else []
    names += [
        f"{row.user.first_name} ({str(Part(row.part).label).lower()})"
        for row in facilitators_of(referral, user)
        if row.user_id != user.pk
    ]
    for party in parties:
        names += [
            name for name in _supporting(party, referral, user) if referral.lead_id != party.keyworker_id
        ]
    known = _listed(["you", *dict.fromkeys(names)])
    others = OTHER.lower() if len(parties) < 2 else "the others"
    return (
        f"{capfirst(known)}, the workers of {others}, their teams and their managers. "
        "Write here nothing that one person told you alone."
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names)
