"""Grants, for one user: requested, active, ended; and bars."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.text import capfirst

from referrals import access
from referrals.enums import GrantKind, Place
from referrals.models import Bar, Grant, Party, Referral
from referrals.presenters import you_or_name
from referrals.querysets_rules import visible_among
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules

FIRST_HEADS = ["Who", "Referral", "What is opened", "Why", "Until"]
WAITING_HEADS = [*FIRST_HEADS, "What you can do"]
OPEN_HEADS = [*FIRST_HEADS, "What was seen", "What you can do"]
OVER_HEADS = [*FIRST_HEADS, "What was seen", "How it ended"]


def current(user: User, at: datetime) -> list[Grant]:
    """Requested and active grants this user may know of, newest first. Three queries."""
    return list(_known(user).filter(ended_at__isnull=True, until__gt=at))


def ended(user: User, at: datetime) -> QuerySet[Grant]:
    """Grants this user may know of that are over, newest first."""
    return _known(user).filter(Q(ended_at__isnull=False) | Q(until__lte=at))


def _known(user: User) -> QuerySet[Grant]:
    return Grant.objects.visible_to(user).with_what_is_named().order_by("-created_at", "-pk")


def lists(now: list[Grant], over: list[Grant], user: User) -> list[dict[str, Any]]:
    """The lists of the page: {title, heads, rows, empty}. One query, for which of their referrals this user sees."""
    seen = visible_among(user, {row.referral_id for row in [*now, *over]})
    running = [row for row in now if row.given_at]
    waiting = [row for row in now if not row.given_at]
    found = []
    if waiting:
        shown = [[*_first(row, user, seen), _what_next(row, user)] for row in waiting]
        found.append({"title": "Waiting for an answer", "heads": WAITING_HEADS, "rows": shown, "empty": ""})
    shown = [[*_first(row, user, seen), _seen(row, user), _what_next(row, user)] for row in running]
    found.append({"title": "Open now", "heads": OPEN_HEADS, "rows": shown, "empty": "Nobody is let in."})
    if over:
        shown = [[*_first(row, user, seen), _seen(row, user), _ended(row, user)] for row in over]
        found.append({"title": "Over", "heads": OVER_HEADS, "rows": shown, "empty": ""})
    return found


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
    """People of their organisation, by place and keyworker."""
    rows = Party.objects.could_be_asked_for(user).filter(referral=referral).select_related("keyworker")
    return [
        (str(row.pk), place_of(row) + (f", supported by {row.keyworker.first_name}" if row.keyworker else ""))
        for row in rows
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
