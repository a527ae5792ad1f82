"""What was done in a referral, and what each person will be sent, as one person may know it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from referrals.enums import Answer, Purpose
from referrals.models import (
    Consent,
    StageChange,
)
from referrals.presenters.referral_facts import Facts
from restorative.common import clock
from restorative.notify.models import Message, State

if TYPE_CHECKING:
    from restorative.accounts.models import User


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
