"""What was done in a referral, and what each person will be sent, as one person may know it."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from referrals.enums import Answer, Purpose
from referrals.models import (
    Consent,
    Referral,
    StageChange,
)
from referrals.presenters.referral_facts import Facts
from restorative.common import clock
from restorative.common.heartbeat import last_beats
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
CANNOT_BE_WRITTEN_TO = "Nothing can be sent safely: ring instead"


def waiting_messages(
    referral: Referral, recipients: Iterable[UUID], user: "User", at: datetime
) -> list[Message]:
    """What waits to be sent, as this user may know.

    Messages cancelled with a meeting whose call-off they must not know of yet wait for them as they did.
    """
    unknown = referral.meetings.model.objects.visible_to(user).filter(
        referral=referral, status="called_off", shown_status="booked"
    )
    waits = Q(state__in=[State.DUE, State.HELD]) | Q(
        state=State.CANCELLED, thing_id__in=unknown.values("pk"), kind__startswith="meeting_"
    )
    rows = Message.objects.filter(
        waits, group=referral.pk, recipient_id__in=list(recipients), to_worker=False, useless_after__gt=at
    )
    waiting = list(rows.order_by("planned_for", "pk"))
    if any(row.state == State.CANCELLED for row in waiting):
        # One that was cancelled unknown to them would have gone with a sweep since: then it no longer waits.
        swept = last_beats().get("sweep")
        waiting = [
            row for row in waiting if row.state != State.CANCELLED or not swept or swept < _may_go(row)
        ]
    return waiting


def _may_go(message: Message) -> datetime:
    """Not before it is planned, and not in the quiet hours."""
    return clock.next_allowed(message.planned_for, urgent=message.urgent)


def _goes(message: Message, at: datetime) -> str:
    """When it goes, as things stand."""
    return clock.show_when(max(_may_go(message), clock.next_allowed(at, urgent=message.urgent)))


def will_be_sent(facts: Facts) -> list[dict[str, Any]]:
    """For each person the user supports: what waits to be sent.

    Why a message is held is not told: the reason may be another person's. Whether they can be written to at all is on
    their own page.
    """
    opened = {party.pk: party for party in facts.parties if party.opened}
    messages = waiting_messages(facts.referral, opened, facts.user, facts.at)
    boxes = []
    for key, party in opened.items():
        waiting = [
            f"{MESSAGE_WORDS.get(message.kind, 'A message')}: {_goes(message, facts.at)}"
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
