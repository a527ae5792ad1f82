"""A row for each person: cells for those the viewer supports, one cell for the others."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.text import capfirst

from referrals.enums import Answer, Days, Hours, Purpose, ReadinessKind, Ready, RouteKind, Stage
from referrals.models import (
    Concern,
    Consent,
    ContactRoute,
    Party,
    Preparation,
    ReadinessCheck,
    Referral,
    SafetyAnswers,
)
from referrals.presenters import AND_BACK, place_of, shown_name
from referrals.presenters.blocker_rows import RENEWED, check_in_would_do, untalked, waits_for_words
from referrals.presenters.referral_facts import Facts, is_mine
from referrals.querysets_provisional import said_no
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User


BEFORE_THE_WORDS = "Not spoken to before the words used to reach them are agreed."
PEOPLE_HEADS = ["Consent", "Ready", "Safety asked", "Safe contact", "Prepared"]


def _newest(model: type, field: str, order: str, **filters: Any) -> Subquery:
    rows = model._base_manager.filter(party=OuterRef("pk"), **filters).order_by(f"-{order}", "-pk")
    return Subquery(rows.values(field)[:1])


def read_parties(referral: Referral, user: "User") -> dict:
    """The dates and answers of the compartments this user opens, in one query."""
    checks = {"kind__in": [ReadinessKind.FULL, ReadinessKind.CHECK_IN]}
    take_part = {"purpose": Purpose.TAKE_PART}
    route = {"replaced_at__isnull": True, "allowed": True, "confirmed_at__isnull": False}
    rows = (
        Party.objects.opened_by(user)
        .filter(referral=referral)
        .annotate(
            consent_answer=_newest(Consent, "answer", "seq", **take_part),
            consent_expires=_newest(Consent, "expires_on", "seq", **take_part),
            consent_counts=_newest(Consent, "counts_from", "seq", **take_part),
            sheet_changed=_newest(Consent, "sheet__materially_changed_at", "seq", **take_part),
            ready_judgement=_newest(ReadinessCheck, "judgement", "completed_at", **checks),
            ready_expires=_newest(ReadinessCheck, "expires_at", "completed_at", **checks),
            safety_at=_newest(SafetyAnswers, "asked_at", "asked_at", asked_alone=True),
            concern_at=_newest(Concern, "raised_at", "raised_at"),
            route_kind=_newest(ContactRoute, "kind", "confirmed_at", **route),
            route_days=_newest(ContactRoute, "days", "confirmed_at", **route),
            route_hours=_newest(ContactRoute, "hours", "confirmed_at", **route),
            prepared_at=_newest(Preparation, "held_at", "held_at"),
            said_no=said_no(),
        )
    )
    return {row.pk: row for row in rows}


def answers(read: dict) -> dict:
    """The newest answer of each to taking part. Who said "do not approach" is asked nothing: that is a no."""
    return {key: row.consent_answer or (Answer.NO if row.said_no else None) for key, row in read.items()}


def renewable(read: dict) -> frozenset:
    """Whom a check-in would do for."""
    return frozenset(
        key
        for key, row in read.items()
        if not row.is_supporter
        and check_in_would_do(
            answer=row.consent_answer,
            counts_from=row.consent_counts,
            sheet_changed=row.sheet_changed,
            judgement=row.ready_judgement,
            safety_at=row.safety_at,
            concern_at=row.concern_at,
            reached=bool(row.route_kind),
            at=clock.now(),
        )
    )


def people_rows(facts: Facts, read: dict, renewable: frozenset = frozenset()) -> list[dict[str, Any]]:
    """A row per person: cells for those the user opens, one cell for the others. `read` is of read_parties;
    `renewable`: whom a check-in would do for."""
    missing = {(row.party.pk, row.code) for row in facts.rows if row.party is not None}
    return [_person_row(party, read.get(party.pk), missing, facts, renewable) for party in facts.parties]


def _person_row(party: Party, read: Any, missing: set, facts: Facts, renewable: frozenset) -> dict[str, Any]:
    name = shown_name(party, facts.user)
    closed = facts.referral.shown_stage == Stage.CLOSED
    if closed and (not party.opened or read is None):
        return {"name": name, "about": place_of(party), "cells": []}
    if not party.opened or read is None:
        done = party.pk not in facts.sealed_parties
        said = "Done" if done else "Not yet. Nothing for you to do."
        return {"name": name, "about": place_of(party), "said": said}
    support = "you support them" if is_mine(party, facts) else ""
    if party.keyworker and party.keyworker_id != facts.user.pk:
        support = f"{party.keyworker.first_name} supports them"
    about = " · ".join(part for part in (place_of(party), support) if part)
    reference = facts.referral.reference
    href = reverse("referrals:party", args=[reference, party.pk])
    if closed:
        return {"name": name, "href": href, "about": about, "cells": []}
    if not party.is_supporter and untalked(party, facts) and waits_for_words(party, facts):
        return {"name": name, "href": href, "about": about, "said": BEFORE_THE_WORDS}
    answered_no = read.consent_answer in (Answer.NO, Answer.WITHDRAWN)

    def cell(text: str, codes: set[str], page: str) -> dict[str, str]:
        if answered_no:
            return {"text": text, "tone": "", "href": ""}
        if any((party.pk, code) in missing for code in codes):
            page = "referrals:check_in" if party.pk in renewable and codes & RENEWED.keys() else page
            return {
                "text": text,
                "tone": "due",
                "href": f"{reverse(page, args=[reference, party.pk])}{AND_BACK}",
            }
        return {"text": text, "tone": "ok", "href": ""}

    return {
        "name": name,
        "href": href,
        "about": about,
        "cells": [
            cell(
                _consent_words(read, facts.at), {"consent_missing", "consent_not_heard"}, "referrals:consent"
            ),
            cell(
                _ready_words(read, facts.at),
                {"readiness_missing", "readiness_expired"},
                "referrals:readiness",
            ),
            cell(
                capfirst(clock.ago(read.safety_at)) if read.safety_at else "Not yet",
                {"safety_not_asked"},
                "referrals:safety_ask",
            ),
            cell(_route_words(read), {"safe_contact_missing"}, "referrals:routes"),
            cell(
                f"On {clock.show_day(read.prepared_at)}" if read.prepared_at else "Not yet",
                {"not_prepared"},
                "referrals:preparation",
            ),
        ],
    }


def _consent_words(read: Any, at: datetime) -> str:
    if not read.consent_answer:
        return "Not asked"
    if read.consent_answer == Answer.YES and read.consent_expires < clock.today(at):
        return "Yes, too long ago"
    return str(Answer(read.consent_answer).label)


def _ready_words(read: Any, at: datetime) -> str:
    if not read.ready_judgement:
        return "Not asked"
    if read.ready_judgement != Ready.READY:
        return "Not yet"
    if read.ready_expires < at:
        return "Too long ago"
    return f"Until {clock.show_day(read.ready_expires)}"


def _route_words(read: Any) -> str:
    if not read.route_kind:
        return "None yet"
    kind = str(RouteKind(read.route_kind).label)
    hours = {Hours.MORNING: ", before 12", Hours.AFTERNOON: ", 12 to 5pm", Hours.EVENING: ", after 5pm"}
    days = "" if read.route_days == Days.ANY else f", {Days(read.route_days).label}"
    return kind.split(",")[0] + days + hours.get(read.route_hours, "")
