"""What was done in a referral, and what each person will be sent, as one person may know it."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Case, F, OuterRef, Q, Subquery, UUIDField, When

from referrals.enums import Answer, Purpose
from referrals.models import (
    Consent,
    Referral,
    StageChange,
)
from referrals.presenters.shown_referral import ShownReferral
from referrals.querysets_rules import opened_ids
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
    "move": "Meeting moved",
    "met": "The meeting took place",
    "already_met": "They had already talked",
    "meet_again": "Another meeting is being prepared",
    "pause": "Not now: paused",
    "resume": "Looked at again",
    "close": "Closed",
    "reopen": "Reopened",
}


def history(page: ShownReferral, limit: int = 6) -> list[dict[str, str]]:
    """The newest steps, and answers of people this user supports, newest first."""
    user = page.user
    steps = known_steps(page.referral, user).order_by("-known_at", "-id")[:limit]
    answers = (
        Consent.objects.visible_to(user)
        .filter(party__referral=page.referral, purpose=Purpose.TAKE_PART)
        .select_related("party", "taken_by")
        .order_by("-taken_at", "-seq", "pk")[:limit]
    )
    entries = [
        (row.known_at, STEP_WORDS.get(row.step, row.step), who(row.known_by, row.known_name, user), "")
        for row in steps
    ]
    entries += [
        (
            row.taken_at,
            _said(row),
            who(row.taken_by_id, row.taken_by.first_name if row.taken_by else "", user),
            f"only {row.party.known_as}’s side sees this",
        )
        for row in answers
    ]
    entries.sort(key=lambda entry: entry[0], reverse=True)
    return [
        {"when": _when(moment), "title": title, "who": by, "visible_to": seen_by}
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


def who(key: UUID | None, name: str, user: "User") -> str:
    """'You', their first name, or that nobody of ours did it."""
    if key is None:
        return "By link"
    return "You" if key == user.pk else name


def known_steps(referral: Referral, user: "User") -> Any:
    """The steps this user may know of, with `known_at`, `known_by` and `known_name`: when, and of whom, they heard.

    A step from a compartment they do not open happened, for them, when it was released, by whoever released it.
    """
    own = Q(party__isnull=True) | Q(party__in=opened_ids(user))
    call_offs = referral.meetings.model.call_offs.rel.related_model.objects.visible_to(user)
    released = call_offs.filter(
        meeting__referral=OuterRef("referral"), released_at=OuterRef("released_at")
    ).order_by("pk")
    return (
        StageChange.objects.visible_to(user)
        .filter(referral=referral)
        .annotate(
            known_at=Case(When(own, then=F("created_at")), default=F("released_at")),
            known_by=Case(
                When(own, then=F("created_by")),
                default=Subquery(released.values("released_by")[:1]),
                output_field=UUIDField(),
            ),
            known_name=Case(
                When(own, then=F("created_by__first_name")),
                default=Subquery(released.values("released_by__first_name")[:1]),
            ),
        )
    )


MESSAGE_WORDS = {
    "meeting_booked": "That the meeting is booked",
    "meeting_moved": "That the meeting is moved",
    "meeting_ahead": "A reminder, 5 working days before",
    "meeting_day_before": "A reminder, the day before",
    "meeting_not_happening": "That the meeting is not happening",
    "afterwards": "Thanks for coming",
    "follow_up_coming": "That a call is coming",
}
CANNOT_BE_WRITTEN_TO = "Nothing can be sent safely: ring instead"


def waiting_messages(
    referral: Referral, recipients: Iterable[UUID], user: "User", at: datetime
) -> list[Message]:
    """What waits to be sent, as this user may know.

    Messages cancelled with a meeting whose call-off they must not know of yet wait for them as they did. What is said
    of a meeting waits no longer once a sweep would have sent it: whether it was held, and why, can be another person's.
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
    if not any(row.kind.startswith("meeting_") for row in waiting):
        return waiting
    sweep = last_beats().get("sweep")
    return [
        row for row in waiting if not row.kind.startswith("meeting_") or sweep is None or sweep < _may_go(row)
    ]


def _may_go(message: Message) -> datetime:
    """Not before it is planned, and not in the quiet hours."""
    return clock.next_allowed(message.planned_for, urgent=message.urgent)


def _goes(message: Message, at: datetime) -> str:
    """When it goes, as things stand."""
    return clock.show_when(max(_may_go(message), clock.next_allowed(at, urgent=message.urgent)))


def _waits(message: Message, page: ShownReferral) -> str:
    """Of a meeting that this user knows is on hold nothing is sent, but that it is moved."""
    held = page.on_hold and message.thing_id == page.meeting.pk and message.kind != "meeting_moved"
    return "not while the meeting is on hold" if held else ""


def will_be_sent(page: ShownReferral) -> list[dict[str, Any]]:
    """What waits to be sent to each person the user supports: a box, one for all where they support several.

    Why a message is held is not told: the reason may be another person's. Whether they can be written to at all is on
    their own page.
    """
    opened = {party.pk: party for party in page.parties if party.opened}
    messages = waiting_messages(page.referral, opened, page.user, page.at)
    waits = {
        key: [
            f"{MESSAGE_WORDS.get(message.kind, 'A message')}: {_waits(message, page) or _goes(message, page.at)}"
            for message in messages
            if message.recipient_id == key
        ]
        for key in opened
    }
    if not opened:
        return []
    title = "What will be sent"
    lines = [f"To {opened[key].known_as}. {line}" for key, each in waits.items() for line in each]
    if len(opened) == 1:
        [(key, party)] = opened.items()
        title, lines = f"What {party.known_as} will be sent", waits[key]
    return [{"title": title, "lines": lines or ["Nothing is waiting to be sent."]}]
