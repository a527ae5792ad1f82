"""Grants, for one user: requested, active, ended; and bars."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.urls import reverse
from django.utils.text import capfirst

from referrals import access
from referrals.enums import GrantKind, Place
from referrals.models import Bar, Grant, Party, Referral
from referrals.presenters import you_or_name
from referrals.querysets_access import named_by_grants
from referrals.querysets_rules import visible_among
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules

FIRST_HEADS = ["Who", "Referral", "What is opened", "Why", "Until"]
# The lists of the page, by their names in its address: title, last columns, and what is said where there are none.
LISTS = {
    "waiting": ("Waiting for an answer", ["What you can do"], ""),
    "open": ("Open now", ["What was seen", "What you can do"], "Nobody is let in."),
    "over": ("Over", ["What was seen", "How it ended"], ""),
}
SHOWN = 10


def known(user: User, at: datetime) -> dict[str, QuerySet[Grant]]:
    """The grants of each list that this user may know of, newest first."""
    rows = Grant.objects.visible_to(user).with_workers().order_by("-created_at", "-pk")
    now = rows.filter(ended_at__isnull=True, until__gt=at)
    return {
        "waiting": now.filter(given_at__isnull=True),
        "open": now.filter(given_at__isnull=False),
        "over": rows.filter(Q(ended_at__isnull=False) | Q(until__lte=at)),
    }


def tables(found: dict[str, list[Grant]], user: User, *, whole: bool) -> list[dict[str, Any]]:
    """These lists as tables, with the first rows of each, or `whole`. Three queries."""
    shown = {key: rows if whole else rows[:SHOWN] for key, rows in found.items()}
    every = [row for rows in shown.values() for row in rows]
    prefetch_related_objects(every, *named_by_grants())
    seen = visible_among(user, {row.referral_id for row in every})
    made = []
    for key, rows in shown.items():
        title, heads, empty = LISTS[key]
        if rows or empty or whole:
            cells = [[*_first(row, user, seen), *_last(key, row, user)] for row in rows]
            table = {"key": key, "title": title, "heads": [*FIRST_HEADS, *heads], "rows": cells}
            made.append(table | {"empty": empty or "Nothing here.", "more": len(found[key]) > len(rows)})
    return made


def _last(key: str, row: Grant, user: User) -> list[Any]:
    if key == "waiting":
        return [_what_next(row, user)]
    return [_seen(row, user), _what_next(row, user) if key == "open" else _ended(row, user)]


def _first(row: Grant, user: User, seen: set[UUID]) -> list[Any]:
    reference = row.referral.reference
    href = reverse("casework:show", args=[reference])
    return [
        capfirst(you_or_name(row.user, user)),
        {"text": reference, "href": href if row.referral_id in seen else "", "whole": True},
        place_of(row.party),
        why(row, user),
        until(row.until),
    ]


def until(moment: datetime) -> str:
    """'The end of Sat 28 November', or the hour it ends."""
    local = clock.local(moment)
    if (local.hour, local.minute) == (0, 0):
        return f"The end of {clock.show_day(moment - timedelta(minutes=1))}"
    return clock.show_when(moment)


def why(row: Grant, user: User) -> str:
    """'Covering for a colleague: Kit is away.'; the reason only for its author and users who oversee access."""
    label = str(GrantKind(row.kind).label)
    told = access.looks_after_access(user) or row.created_by_id == user.pk
    return f"{label}: {row.reason}" if told else label


def place_of(party: Party | None) -> str:
    """The party by their place, because the worker who asks need not know their name."""
    return capfirst(str(Place(party.place).label)) if party else "Only that it exists"


def _seen(row: Grant, user: User) -> Any:
    if not row.given_at:
        return "Nothing"
    if not access.may_see_what_was_opened(user, row):
        return ""
    return {"text": "Look", "href": reverse("reports:grant_seen", args=[row.pk])}


def _what_next(row: Grant, user: User) -> Any:
    if not row.given_at and access.gives(user, row):
        return {"text": "Answer", "href": reverse("referrals:grant_give", args=[row.pk])}
    text = "End it" if row.given_at else "Take it back"
    return {"text": text, "href": reverse("referrals:grant_end", args=[row.pk])}


def _ended(row: Grant, user: User) -> str:
    if row.ended_at and row.ended_by:
        said = "Ended" if row.given_at else "Not given"
        return f"{said} by {you_or_name(row.ended_by, user)}, {clock.show_when(row.ended_at)}"
    return "Its time was over" if row.given_at else "Nobody answered in time"


def facts(row: Grant, user: User) -> list[dict[str, str]]:
    """The facts needed for a decision on a request."""
    by = row.created_by
    asked = f"{you_or_name(by, user)}, {clock.show_when(row.created_at)}" if by else ""
    return [
        {"key": "Who", "value": row.user.full_name},
        {"key": "Referral", "value": row.referral.reference},
        {"key": "What is opened", "value": place_of(row.party)},
        {"key": "Why", "value": why(row, user)},
        {"key": "Until", "value": until(row.until)},
        {"key": "Asked by", "value": capfirst(asked)},
    ]


def people(referral: Referral, user: User) -> list[tuple[str, str]]:
    """People of their organisation, by place alone: the user has given no reason yet, and may be told who supports
    whom only once they are let in. Two of one place are told apart by who joined first."""
    rows = list(Party.objects.could_be_asked_for(user).filter(referral=referral))
    places = [place_of(row) for row in rows]
    return [
        (
            str(row.pk),
            f"{place}, number {places[:index].count(place) + 1}" if places.count(place) > 1 else place,
        )
        for index, (row, place) in enumerate(zip(rows, places, strict=True))
    ]


def kinds(user: User) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """What this user may ask for, each with its meaning."""
    wanted = [GrantKind.READING] if user.is_governance else [GrantKind.EMERGENCY, GrantKind.COVER]
    hours, days = rules().emergency_hours, rules().cover_days
    hints = {
        GrantKind.EMERGENCY.value: f"Somebody could come to harm. Open at once, for you alone, for {hours} hours",
        GrantKind.COVER.value: f"A manager or safeguarding lead gives it, for at most {days} days",
        GrantKind.READING.value: f"A manager or safeguarding lead gives it, for at most {rules().reading_days} days",
    }
    return [(kind.value, str(kind.label)) for kind in wanted], hints


def bar_rows(referral: Referral, user: User) -> list[list[Any]]:
    """Bars of a referral, as far as this user may know."""
    rows = Bar.objects.visible_to(user).filter(referral=referral, lifted_at__isnull=True)
    return [
        [
            row.user.full_name,
            row.reason,
            f"{capfirst(you_or_name(row.created_by, user)) if row.created_by else ''}, "
            f"{clock.show_day(row.created_at)}",
            {
                "text": "Let them in again",
                "href": reverse("referrals:bar_lift", args=[referral.reference, row.pk]),
            },
        ]
        for row in rows.select_related("user", "created_by").order_by("created_at", "pk")
    ]


def to_read(context: dict[str, Any]) -> dict[str, Any]:
    """A page of the referral for a user who may only read: its content, without links to change it."""
    found = {**context, "next_step": None, "other_things": []}
    for name in ("tasks", "to_do", "steps", "calls"):
        if found.get(name):
            found[name] = [{**task, "href": _read_at(task["href"])} for task in found[name]]
    for name in ("banner", "blocked"):
        if found.get(name):
            found[name] = {**found[name], "action_text": "", "action_href": ""}
    if "way" in found:
        found["way"] = [replace(row, action_text="", action_href="") for row in found["way"]]
    if "people" in found:
        found["people"] = [
            {**row, "cells": [{**cell, "href": ""} for cell in row.get("cells", [])]}
            for row in found["people"]
        ]
    for name in ("support", "needs"):
        if name in found:
            found[name] = {**found[name], "links": []}
    return found


def _read_at(href: str) -> str:
    """Whether the page itself can be read: concerns and safety answers can, the others are forms."""
    return href if href.endswith("/safety/") else ""
