"""The history of a referral, as one user may know it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Case, F, OuterRef, Q, Subquery, UUIDField, When

from meetings.models import CallOff
from referrals.enums import Answer, Purpose
from referrals.models import (
    Consent,
    Referral,
    StageChange,
)
from referrals.presenters.shown_referral import ShownReferral
from referrals.querysets_rules import opened_ids
from restorative.common import clock

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
    """'You', their first name, or words for a change that no worker made."""
    if key is None:
        return "By link"
    return "You" if key == user.pk else name


def known_steps(referral: Referral, user: "User") -> Any:
    """The steps this user may know of, annotated with `known_at`, `known_by` and `known_name`: when and from whom they
    heard.

    A step from a compartment they do not open counts from its release, by the worker who released it.
    """
    own = Q(party__isnull=True) | Q(party__in=opened_ids(user))
    released = (
        CallOff.objects.visible_to(user)
        .filter(meeting__referral=OuterRef("referral"), released_at=OuterRef("released_at"))
        .order_by("pk")
    )
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
