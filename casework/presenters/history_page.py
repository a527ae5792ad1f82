"""A referral's history in words, for one user; and the readers of a note that they write here.
timeline.py selects the rows."""

from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID

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


def _title(row: Row) -> str:
    name, code, more = row.name, row.code, row.more
    if row.what == "step":
        return STEP_WORDS.get(code, capfirst(code.replace("_", " ")))
    if row.what == "decided":
        return f"Decided: {str(Suitable(code).label).lower()}"
    if row.what == "closed":
        why = f", {str(Reason(more).label).lower()}" if more else ""
        return f"Closed as: {str(Outcome(code).label).lower()}{why}"
    if row.what == "answer":
        return f"{name} {ANSWERED[Answer(more)]}: {_lower(str(Purpose(code).label))}"
    if row.what == "approach":
        return f"Reaching {name}: {_lower(str(ApproachResult(code).label))}"
    if row.what == "prepared":
        return f"Preparation with {name}"
    if row.what == "ready":
        return f"{CHECKED[ReadinessKind(code)].format(name=name)}: {str(Ready(more).label).lower()}"
    if row.what == "asked":
        return f"Safety questions asked of {name}"
    if row.what in ("concern", "cleared"):
        verb = "recorded" if row.what == "concern" else "cleared"
        return f"Concern {verb} with {name}: {_lower(str(ConcernKind(code).label))}"
    if row.what == "signed":
        return f"Sign-off for {name}: {_lower(str(SignOffDecision(code).label))}"
    if row.what == "shared":
        return f"Shared with {ShareWith(code).label} about {name}, to keep somebody safe"
    if row.what in WHO_WORDS:
        return _who_works(row)
    if row.what == "rated":
        return f"{name} gave three numbers: {_lower(str(RatingPoint(code).label))}"
    if row.what == "call":
        call = f"Debrief with {name}" if code == "debrief" else f"Rang {name}, {FollowUpKind(code).label}"
        return f"{call}: {_lower(str(FollowUpResult(more).label))}"
    if row.what in PLAIN:
        return PLAIN[row.what]
    if row.what == "meeting":
        words = MEETING.get(code, MEETING["booked"])
        return words.format(then=clock.show_when(row.then))
    kind = str(NoteKind(code).label)
    return f"{kind}, correcting an earlier note" if row.corrects else kind


def _who_works(row: Row) -> str:
    """'Fay is facilitator', 'Asked Carers Leeds to lead'."""
    if row.what in ("part", "part_over"):
        return WHO_WORDS[row.what].format(who=row.more, what=_lower(str(Part(row.code).label)))
    return WHO_WORDS[row.what].format(who=row.more, what=ASKED[row.what][row.code])


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


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
