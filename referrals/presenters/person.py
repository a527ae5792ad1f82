"""One person's page, for whoever opens their compartment: the next step, what blocks messages, who supports them.
Its parts are in tasks.py, said.py and reach.py; safety in safety.py."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.text import capfirst

from referrals import access, presenters
from referrals.enums import (
    READINESS_QUESTIONS,
    Answer,
    Place,
    Ready,
)
from referrals.models import (
    Party,
    ReadinessCheck,
)
from referrals.presenters.after import RATING_HEADS, call_tasks, rating_rows
from referrals.presenters.person_facts import Facts, gather
from referrals.presenters.reach import message_rows, route_boxes
from referrals.presenters.said import said_rows
from referrals.presenters.tasks import step_rows, task_rows
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    pass

Row = dict[str, Any]
# What one talk asks for: while one of these is missing, talking is the next step.
TALK_CODES = (
    "consent_missing",
    "safety_not_asked",
    "safe_contact_missing",
    "readiness_missing",
    "not_prepared",
)


def page(party: Party, user: User, at: datetime) -> dict[str, Any]:
    """Everything the page of one person shows this user."""
    facts = gather(party, user, at)
    steps, to_do = step_rows(facts)
    return {
        "about": _about(facts),
        "next_step": _next_step(facts),
        "blocked": _blocked(facts),
        "release": _release(facts),
        "tasks": task_rows(facts),
        "steps": steps,
        "to_do": to_do,
        "calls": call_tasks(party, user, at),
        "rating_heads": RATING_HEADS,
        "ratings": rating_rows(party, user) if facts.rating else [],
        "message_heads": ["Message", "When", "State"],
        **said_rows(facts),
        "messages_rows": message_rows(facts),
        "routes": route_boxes(facts.routes, facts.safety is None or facts.safety.shares_home, user),
        "support": _support(facts),
        "other_things": _other_things(facts),
    }


def _about(facts: Facts) -> str:
    party = facts.party
    if party.beside:
        return f"Supporter of {party.beside.known_as}"
    return capfirst(str(Place(party.place).label))


# --- The next step, and what blocks messages -----------------------------------------------------------------


def _next_step(facts: Facts) -> Row | None:
    name = facts.party.known_as
    if facts.referral.shown_stage == "closed":
        return None
    if facts.flag("wording_not_approved") and not facts.party.answered_at:
        return {
            "heading": f"Not yet: nobody has agreed to the words used to reach {name}",
            "text": f"Nobody speaks to {name} before that, unless {name} comes to you.",
            "action_text": "",
            "action_href": "",
        }
    if facts.party.is_supporter:
        wanting = facts.flag("consent_missing") or facts.flag("not_prepared")
    else:
        wanting = sum(facts.flag(code) for code in TALK_CODES) > 1
    if not wanting:
        return None
    return {
        "heading": f"Next: talk with {name}, alone",
        "text": "One page, about 8 minutes. What is not reached can wait for another day.",
        "action_text": f"Talk with {name}",
        "action_href": facts.href("talk"),
    }


def _blocked(facts: Facts) -> Row | None:
    if facts.party.is_supporter or not facts.flag("safe_contact_missing"):
        return None
    return {
        "title": f"No safe way to reach {facts.party.known_as}: messages are blocked",
        "action_text": f"Ask {facts.party.known_as} for a safe way",
        "action_href": facts.href("routes"),
    }


def _release(facts: Facts) -> Any:
    """A call-off that came from this person and that the others have not heard of yet."""
    call_offs = facts.referral.meetings.model.call_offs.rel.related_model.objects.visible_to(facts.user)
    return (
        call_offs.waiting()
        .filter(meeting__referral=facts.referral, party=facts.party)
        .select_related("meeting")
        .first()
    )


# --- Beside the page -----------------------------------------------------------------------------------------


def _support(facts: Facts) -> Row:
    party, worker = facts.party, facts.party.keyworker
    if worker is None:
        lead = capfirst(presenters.you_or_name(facts.referral.lead, facts.user))
        lines = [f"{lead}, leading, until there is a keyworker"]
    else:
        lines = [capfirst(presenters.you_or_name(worker, facts.user))]
    return {
        "title": f"Who supports {party.known_as}",
        "lines": [*lines, party.organisation.name],
        "links": [{"text": "Change", "href": facts.href("keyworker")}]
        if access.may_set_keyworker(facts.user, party)
        else [],
    }


def _other_things(facts: Facts) -> list[Row]:
    name = facts.party.known_as
    if facts.referral.shown_stage == "closed":
        return []
    links = [{"text": f"Talk with {name}, alone", "href": facts.href("talk")}]
    links.append({"text": "Record a safety concern", "href": facts.href("concern")})
    links.append({"text": f"{name} wants to stop", "href": facts.href("withdraw")})
    if not facts.party.is_supporter:
        add = reverse("referrals:person_add", args=[facts.referral.reference])
        links.append({"text": f"Add a supporter for {name}", "href": f"{add}?beside={facts.party.pk}"})
        links.append({"text": "Invite a professional", "href": facts.href("invite")})
    if not facts.flag("capacity_in_doubt") and facts.capacity is None:
        links.append({"text": f"Can {name} decide about this?", "href": facts.href("capacity")})
    if facts.check is not None and facts.flag("readiness_expired") and _may_be_accepted(facts):
        links.append({"text": "Accept the older check", "href": facts.href("readiness_accept")})
    links.append({"text": f"{name} is not part of this", "href": facts.href("person_leave")})
    return links


def _may_be_accepted(facts: Facts) -> bool:
    age = facts.at - facts.check.completed_at
    return facts.user.is_manager and age <= timedelta(days=rules().readiness_late_days)


def check_rows(check: ReadinessCheck, user: User, *, until: datetime) -> list[Row]:
    """A readiness check in short, for whoever is asked to accept it."""
    answers = [value for key, value in check.answers.items() if key in READINESS_QUESTIONS]
    yes = sum(value == Answer.YES for value in answers)
    rows = [
        {
            "key": "Asked",
            "value": f"{clock.show_day(check.completed_at)}, by "
            f"{presenters.you_or_name(check.completed_by, user)}",
        },
        {"key": "Answers", "value": f"{yes} of {len(answers)} yes"},
        {"key": "Judgement", "value": str(Ready(check.judgement).label)},
    ]
    if check.reason:
        rows.append({"key": "Why", "value": check.reason})
    return [*rows, {"key": "Could count until", "value": clock.show_day(until)}]
