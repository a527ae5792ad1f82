"""A row for each person: separate cells for parties the user opens, one cell for the others."""

from typing import Any

from django.utils.text import capfirst

from referrals.blockers import RENEWED_CODES
from referrals.enums import Answer, Days, Hours, RouteKind, Stage
from referrals.facts import PartyFacts
from referrals.models import Party
from referrals.presenters import AND_BACK, place_of, shown_name
from referrals.presenters.blocker_rows import stopped, untalked, waits_for_words
from referrals.presenters.shown_referral import ShownReferral, is_mine
from restorative.common import clock

BEFORE_THE_WORDS = "Not spoken to before the words used to reach them are agreed."
PEOPLE_HEADS = ["Consent", "Ready", "Safety asked", "Safe contact", "Prepared"]


def people_rows(page: ShownReferral) -> list[dict[str, Any]]:
    """A row per person: separate cells for parties the user opens, one cell for the others."""
    return [_person_row(party, page) for party in page.parties]


def _person_row(party: Party, page: ShownReferral) -> dict[str, Any]:
    row = {"name": shown_name(party, page.user), "about": place_of(party)}
    closed = page.referral.shown_stage == Stage.CLOSED
    if not party.opened:
        if closed:
            return {**row, "cells": []}
        done = party.pk not in page.sealed_parties
        return {**row, "said": "Done" if done else "Not yet. Nothing for you to do."}
    row["about"] = " · ".join(part for part in (place_of(party), _support(party, page)) if part)
    row["href"] = page.href("casework:party", party.pk)
    if closed:
        return {**row, "cells": []}
    if not party.is_supporter and untalked(party, page) and waits_for_words(party, page):
        return {**row, "said": BEFORE_THE_WORDS}
    return {**row, "cells": _cells(party, page)}


def _support(party: Party, page: ShownReferral) -> str:
    if party.keyworker and party.keyworker_id != page.user.pk:
        return f"{party.keyworker.first_name} supports them"
    return "you support them" if is_mine(party, page) else ""


def _cells(party: Party, page: ShownReferral) -> list[dict[str, str]]:
    known = page.opened[party.pk]
    missing = {row.code for row in page.rows if row.party is not None and row.party.pk == party.pk}
    held = max(known.held_at, default=None)

    def cell(text: str, codes: set[str], route: str) -> dict[str, str]:
        if stopped(party, page) and known.answer:
            return {"text": text, "tone": "", "href": ""}
        if not codes & missing:
            return {"text": text, "tone": "ok", "href": ""}
        if codes & RENEWED_CODES and known.check_in_would_do:
            route = "referrals:check_in"
        return {"text": text, "tone": "due", "href": page.href(route, party.pk, end=AND_BACK)}

    asked = known.asked_alone
    return [
        cell(_consent_words(known), {"consent_missing", "consent_not_heard"}, "referrals:consent"),
        cell(_ready_words(known), {"readiness_missing", "readiness_expired"}, "referrals:readiness"),
        cell(
            capfirst(clock.ago(asked.asked_at)) if asked else "Not yet",
            {"safety_not_asked"},
            "referrals:safety_ask",
        ),
        cell(_route_words(known), {"safe_contact_missing"}, "referrals:routes"),
        cell(f"On {clock.show_day(held)}" if held else "Not yet", {"not_prepared"}, "referrals:preparation"),
    ]


def _consent_words(known: PartyFacts) -> str:
    if known.answer is None:
        return "Not asked"
    if known.answer.answer == Answer.YES and known.answer.expires_on < clock.today(known.facts.at):
        return "Yes, too long ago"
    return str(Answer(known.answer.answer).label)


def _ready_words(known: PartyFacts) -> str:
    if known.newest_check is None:
        return "Not asked"
    until = known.ready_until
    if until is None:
        return "Not yet"
    return "Too long ago" if until < known.facts.at else f"Until {clock.show_day(until)}"


def _route_words(known: PartyFacts) -> str:
    route = known.safe_route
    if route is None:
        return "None yet"
    kind = str(RouteKind(route.kind).label)
    hours = {Hours.MORNING: ", before 12", Hours.AFTERNOON: ", 12 to 5pm", Hours.EVENING: ", after 5pm"}
    days = "" if route.days == Days.ANY else f", {Days(route.days).label}"
    return kind.split(",")[0] + days + hours.get(route.hours, "")
