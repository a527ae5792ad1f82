"""After a meeting: the agreement as far as a user may read it, and one call with one person.
Nothing here writes. querysets.py decides who reads an agreement."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from meetings.enums import (
    FOLLOW_UP_QUESTIONS,
    ActionStatus,
    Agreed,
    AttemptResult,
    Came,
    FollowUpKind,
    FollowUpResult,
    MeetingStatus,
)
from meetings.models import (
    Action,
    ActionUpdate,
    Agreement,
    AgreementAnswer,
    Attempt,
    Attendance,
    FollowUp,
    Meeting,
)
from referrals.enums import Answer, Purpose
from referrals.models import Consent, Party, Referral
from referrals.presenters import lower_first, parties_for, shown_name, within, you_or_name
from restorative.accounts.models import User
from restorative.common import clock

Row = dict[str, Any]
NOTHING_AGREED = "Nothing was agreed. It can have helped all the same."
ACTION_HEADS = ["Who", "What", "By when", "How we will know", "Who helps", "How it stands"]
PRINT_HEADS = ["Who", "What", "By when", "How we will know", "Who helps"]
SETTLED = (ActionStatus.RENEGOTIATED, ActionStatus.RELEASED)
TONES = {
    ActionStatus.OPEN: "",
    ActionStatus.DONE: "ok",
    ActionStatus.PARTLY: "due",
    ActionStatus.NOT_DONE: "due",
    ActionStatus.RENEGOTIATED: "",
    ActionStatus.RELEASED: "",
}


@dataclass
class Outcome:
    """One meeting that took place, and what this user may know of its agreement."""

    meeting: Meeting
    user: User
    agreement: Agreement | None = None
    written: bool = False
    nothing_agreed: bool = False
    there: list[Party] = field(default_factory=list)

    @property
    def opened(self) -> list[Party]:
        """Participants who were there and whose compartment the user opens."""
        return [party for party in self.there if party.opened]

    def name(self, party: Party) -> str:
        return shown_name(party, self.user)


def took_place(referral: Referral, user: User) -> list[Meeting]:
    rows = Meeting.objects.visible_to(within(referral, user)).filter(shown_status=MeetingStatus.TOOK_PLACE)
    return list(rows.select_related("venue").order_by("-starts_at", "-pk"))


def outcome_of(meeting: Meeting, referral: Referral, user: User) -> Outcome:
    """What this user may know of the agreement of a meeting."""
    meeting.referral = referral
    here = within(referral, user)
    came = Attendance.objects.visible_to(here).filter(
        meeting=meeting, status__in=[Came.CAME, Came.LEFT_EARLY]
    )
    keys = set(came.values_list("party", flat=True))
    there = [party for party in parties_for(referral, user) if party.pk in keys and not party.is_supporter]
    for party in there:
        party.referral = referral
    agreement = Agreement.objects.visible_to(here).filter(meeting=meeting).first()
    known = agreement or Agreement.objects.known_of(here).filter(meeting=meeting).first()
    return Outcome(
        meeting=meeting,
        user=user,
        agreement=agreement,
        written=known is not None,
        nothing_agreed=known is not None and known.nothing_agreed,
        there=sorted(there, key=lambda party: not party.is_own_place),
    )


def written_of(meeting: Meeting, user: User) -> Agreement:
    """A meeting's agreement without its text, for recording a person's answer to it."""
    return Agreement.objects.known_of(user).get(meeting=meeting)


def has_actions(meeting: Meeting, user: User) -> bool:
    return Action.objects.visible_to(user).filter(agreement__meeting=meeting).exists()


def words_rows(found: Agreement) -> list[Row]:
    """The agreement's text, in the participants' words."""
    rows = [
        {"key": "What was agreed", "value": found.words or NOTHING_AGREED},
        {"key": "If it gets difficult", "value": found.if_difficult},
    ]
    return [row for row in rows if row["value"]]


def _actions(found: Agreement, user: User) -> list[Action]:
    rows = Action.objects.visible_to(user).filter(agreement=found)
    return list(rows.order_by("created_at", "due_on", "id"))


def action_rows(outcome: Outcome) -> list[list[Any]]:
    """A row per action. Only its owner's side sees its status; others see that it is followed up."""
    if outcome.agreement is None:
        return []
    user, referral = outcome.user, outcome.meeting.referral
    parties = {party.pk: party for party in outcome.there}
    rows = []
    for action in _actions(outcome.agreement, user):
        owner = parties.get(action.owner_id)
        rows.append(
            [
                outcome.name(owner) if owner else "Somebody who has left",
                action.what,
                clock.show_day(action.due_on),
                action.sign or "–",
                action.helper or "–",
                _stands(action, owner, referral),
            ]
        )
    return rows


def _stands(action: Action, owner: Party | None, referral: Referral) -> Row | str:
    if owner is None or not owner.opened:
        return "Their own worker asks"
    status = ActionStatus(action.status)
    text = "Say how it went" if status == ActionStatus.OPEN else str(status.label)
    if status in SETTLED:
        return text
    href = reverse("meetings:action_status", args=[referral.reference, action.pk])
    return {"text": text, "tone": TONES[status], "href": href}


def print_rows(outcome: Outcome) -> list[list[str]]:
    """The actions as agreed in the room; their results are never printed."""
    if outcome.agreement is None:
        return []
    parties = {party.pk: party for party in outcome.there}
    actions = Action.objects.visible_to(outcome.user).filter(
        agreement=outcome.agreement, came_from__isnull=True
    )
    return [
        [
            outcome.name(parties[action.owner_id]) if action.owner_id in parties else "Somebody who has left",
            action.what,
            clock.show_day(action.due_on),
            action.sign or "–",
            action.helper or "–",
        ]
        for action in actions.order_by("created_at", "due_on", "id")
    ]


def update_rows(action: Action, user: User) -> list[Row]:
    """All reports on an action, newest first."""
    rows = ActionUpdate.objects.visible_to(user).filter(action=action).select_related("created_by")
    return [
        {
            "when": clock.show_day(row.created_at),
            "title": str(ActionStatus(row.status).label),
            "text": row.note,
            "who": _you(row.created_by, user),
        }
        for row in rows.order_by("-created_at", "-pk")
    ]


def _you(person: Any, user: User) -> str:
    name = you_or_name(person, user) if person else "The service"
    return f"{name[:1].upper()}{name[1:]}"


ANSWER_WORDS = {Agreed.YES: "Yes", Agreed.NO: "No", Agreed.NOT_SURE: "Not sure"}


def answer_tasks(outcome: Outcome, at: datetime) -> list[Row]:
    """A row for each person this user supports: their answer, and whether they may be sent the agreement."""
    keys = [party.pk for party in outcome.opened]
    answers: dict[UUID, AgreementAnswer] = {}
    rows = AgreementAnswer.objects.visible_to(outcome.user).filter(
        agreement__meeting=outcome.meeting, party__in=keys
    )
    for row in rows.order_by("seq"):
        answers[row.party_id] = row
    sight = set(
        Consent.objects.visible_to(outcome.user)
        .filter(party__in=keys, purpose=Purpose.SIGHT, answer=Answer.YES)
        .current(at)
        .values_list("party", flat=True)
    )
    return [
        _answer_task(party, answers.get(party.pk), party.pk in sight, outcome) for party in outcome.opened
    ]


def _answer_task(party: Party, row: AgreementAnswer | None, sight: bool, outcome: Outcome) -> Row:
    hint = f"Asked {clock.show_day(row.answered_at)}" if row else ""
    if not sight:
        hint = f"{hint}. " if hint else ""
        hint += f"{party.known_as} has not said yes to being sent what was agreed"
    args = [outcome.meeting.referral.reference, party.pk]
    return {
        "title": f"{party.known_as} says to it",
        "href": f"{reverse('meetings:agreement_answer', args=args)}?of={outcome.meeting.pk}",
        "status": ANSWER_WORDS[Agreed(row.answer)] if row else "Not asked yet",
        "tone": ("ok" if row.answer == Agreed.YES else "quiet") if row else "due",
        "hint": hint,
    }


# --- Calls ----------------------------------------------------------------------------------------------------


def call_title(kind: str, name: str) -> str:
    """'Debrief with Sam', 'Ring Sam, 6 weeks after'."""
    if kind == FollowUpKind.DEBRIEF:
        return f"Debrief with {name}"
    return f"Ring {name}, {FollowUpKind(kind).label}"


def call_heading(kind: str, name: str) -> str:
    """The name of a call that is still to be made, for the next step."""
    title = call_title(kind, name)
    return f"speak with {name} apart: the debrief" if kind == FollowUpKind.DEBRIEF else lower_first(title)


def call_facts(follow_up: FollowUp, meeting: Meeting, user: User) -> list[Row]:
    """When they met, when the call is due, and the attempts so far."""
    rows = [
        {"key": "They met", "value": clock.show_when(meeting.starts_at)},
        {"key": "Due", "value": clock.show_day(follow_up.due_on)},
    ]
    attempts = Attempt.objects.visible_to(user).filter(follow_up=follow_up).select_related("attempted_by")
    tried = [
        f"{clock.show_when(row.attempted_at)}: {str(AttemptResult(row.result).label).lower()}"
        f" ({you_or_name(row.attempted_by, user)})"
        for row in attempts.order_by("attempted_at", "pk")
    ]
    if tried:
        rows.append({"key": "Tried", "value": "\n".join(tried)})
    return rows


def call_result(follow_up: FollowUp, user: User) -> list[Row]:
    result = str(FollowUpResult(follow_up.result).label)
    by = you_or_name(follow_up.done_by, user)
    rows = [{"key": "Done", "value": f"{clock.show_when(follow_up.done_at)}, by {by}: {result.lower()}"}]
    answers, said = follow_up.answers.get("answers", {}), follow_up.answers.get("said", {})
    for key, label in FOLLOW_UP_QUESTIONS.items():
        if answers.get(key):
            words = f"\n{said[key]}" if said.get(key) else ""
            rows.append({"key": str(label), "value": f"{ANSWER_WORDS[Agreed(answers[key])]}{words}"})
    if follow_up.notes:
        rows.append({"key": "Notes", "value": follow_up.notes})
    return rows
