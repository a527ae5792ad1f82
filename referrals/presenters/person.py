"""One person's page, for whoever opens their compartment: the next step, what blocks messages, who supports them.
Its parts are in tasks.py, consent_rows.py and reach.py; safety in safety.py."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.text import capfirst

from referrals import access, presenters
from referrals.enums import (
    READINESS_QUESTIONS,
    Answer,
    Place,
    Purpose,
    Ready,
)
from referrals.models import (
    Party,
    ReadinessCheck,
)
from referrals.presenters.aftercare import RATING_HEADS, call_tasks, rating_rows
from referrals.presenters.approaching import asked_not, kept_box
from referrals.presenters.blocker_rows import FIXES
from referrals.presenters.consent_rows import said_rows
from referrals.presenters.needs import last_asked, said
from referrals.presenters.next_step import ABOUT, HEADINGS
from referrals.presenters.person_facts import Facts, gather
from referrals.presenters.reach import message_rows, route_boxes
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

# What one check-in renews.
RENEWED = ("consent_missing", "safety_not_asked", "safe_contact_missing", "readiness_expired")


def page(party: Party, user: User, at: datetime) -> dict[str, Any]:
    """Everything the page of one person shows this user."""
    facts = gather(party, user, at)
    steps, to_do = step_rows(facts)
    return {
        "about": _about(facts),
        "next_step": _next_step(facts),
        "blocked": _blocked(facts),
        "release": _release(facts),
        "tasks": [] if party.person.died_on else task_rows(facts),
        "steps": steps,
        "to_do": to_do,
        "calls": call_tasks(party, user, at),
        "rating_heads": RATING_HEADS,
        "ratings": rating_rows(party, user) if facts.rating else [],
        "message_heads": ["Message", "When", "State"],
        **said_rows(facts),
        "messages_rows": message_rows(facts),
        "kept": kept_box(facts),
        "asked_not": _asked_not(facts),
        "routes": route_boxes(party, facts.routes, facts.safety is None or facts.safety.shares_home, user),
        "support": _support(facts),
        "needs": _needs(facts),
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
    if facts.referral.shown_stage == "closed" or facts.party.person.died_on:
        return None
    if facts.said_no:
        return {
            "heading": f"{name} said no: do not approach",
            "text": f"Nobody tries to reach {name} again, unless {name} comes to us.",
            "action_text": "",
            "action_href": "",
        }
    if _before_the_words(facts):
        return {
            "heading": f"Not yet: nobody has agreed to the words used to reach {name}",
            "text": f"Nobody speaks to {name} before that, unless {name} comes to you.",
            "action_text": "",
            "action_href": "",
        }
    if renewable(facts) and (ends := runs_out(facts)):
        return {
            "heading": f"Next: check in with {name}",
            "text": f"Five answers, one minute. {ends}",
            "action_text": f"Check in with {name}",
            "action_href": facts.href("check_in"),
        }
    answer = facts.newest(Purpose.TAKE_PART)
    if answer is not None and answer.answer in (Answer.NO, Answer.WITHDRAWN):
        return None  # nobody asks them again from here
    wanting = [code for code in TALK_CODES if facts.flag(code)]
    if len(wanting) == 1 and not facts.party.is_supporter:
        return _one_thing(facts, wanting[0])
    if not wanting:
        return None
    return {
        "heading": f"Next: talk with {name}, alone",
        "text": "One page, about 8 minutes. What is not reached can wait for another day.",
        "action_text": f"Talk with {name}",
        "action_href": facts.href("talk"),
    }


def _before_the_words(facts: Facts) -> bool:
    """Whether nobody speaks to them yet, because nobody has agreed to the words used to reach them."""
    return facts.flag("wording_not_approved") and not facts.party.answered_at


def _one_thing(facts: Facts, code: str) -> Row:
    """The step where one thing alone is missing: its own page does."""
    name = facts.party.known_as
    page, text = FIXES[code]
    return {
        "heading": f"Next: {HEADINGS[code].format(name=name)}",
        "text": ABOUT[code].format(name=name),
        "action_text": text.format(name=name),
        "action_href": facts.href(page.removeprefix("referrals:")),
    }


def renewable(facts: Facts) -> bool:
    """Whether a check-in would do: everything was asked in full once, and nothing new has come up since."""
    yes, safety, check = facts.newest(Purpose.TAKE_PART), facts.safety, facts.check
    return (
        not facts.party.is_supporter
        and yes is not None
        and yes.answer == Answer.YES
        and yes.counts_from <= facts.at
        and not yes.sheet.materially_changed_at
        and safety is not None
        and not any(row.raised_at > safety.asked_at for row in facts.concerns)
        and any(row.allowed and row.confirmed_at for row in facts.routes)
        and check is not None
        and check.judgement == Ready.READY
    )


def runs_out(facts: Facts) -> str:
    """'Something is too old to count.', or until when what was said still counts, where that is soon; or ''."""
    if any(facts.flag(code) for code in RENEWED):
        return "Something was asked too long ago to count."
    ends = [
        clock.today(facts.check.expires_at),
        clock.today(facts.safety.asked_at) + timedelta(days=rules().safety_answers_days),
        facts.newest(Purpose.TAKE_PART).expires_on,
    ]
    first = min(ends)
    soon = clock.today(facts.at) + timedelta(days=rules().runs_out_days)
    return f"What was said counts until {clock.show_day(first)}." if first <= soon else ""


def _blocked(facts: Facts) -> Row | None:
    if died_on := facts.party.person.died_on:
        return {
            "title": f"{facts.party.known_as} died on {clock.show_day(died_on)}. Nothing more is recorded or sent.",
            "action_text": "",
            "action_href": "",
        }
    if facts.party.is_supporter or not facts.flag("safe_contact_missing"):
        return None
    may_ask = not _before_the_words(facts) and not facts.said_no
    return {
        "title": f"No safe way to reach {facts.party.known_as}: messages are blocked",
        "action_text": f"Ask {facts.party.known_as} for a safe way",
        "action_href": facts.href("routes") if may_ask else "",
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


def _asked_not(facts: Facts) -> list[Row]:
    """That somebody who may be them asked before not to be approached: until they answer."""
    if facts.party.answered_at or facts.party.is_own_place or facts.referral.shown_stage == "closed":
        return []
    keys = [row.value_key for row in facts.routes if row.value_key]
    return asked_not(facts.party, facts.user, facts.people, keys)


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


def _needs(facts: Facts) -> Row:
    asked = last_asked(row for row in facts.consents if row.purpose == Purpose.TAKE_PART)
    lines = said(facts.party, asked.get(facts.party.pk))
    return {
        "title": f"What helps {facts.party.known_as}",
        "lines": lines or ["Nothing was said."],
        "links": [{"text": "Change", "href": facts.href("needs")}],
    }


def _other_things(facts: Facts) -> list[Row]:
    name = facts.party.known_as
    share = {"text": "Share something to keep somebody safe", "href": facts.href("protective_share")}
    if facts.referral.shown_stage == "closed" or facts.party.person.died_on:
        return [share]
    links = [{"text": f"Talk with {name}, alone", "href": facts.href("talk")}]
    if renewable(facts):
        links.append({"text": f"Check in with {name}", "href": facts.href("check_in")})
    links.append({"text": "Record a safety concern", "href": facts.href("concern")})
    links.append(share)
    links.append({"text": f"{name} wants to stop", "href": facts.href("withdraw")})
    if not facts.party.is_supporter:
        add = reverse("referrals:person_add", args=[facts.referral.reference])
        links.append({"text": f"Add a supporter for {name}", "href": f"{add}?beside={facts.party.pk}"})
        links.append({"text": "Invite a professional", "href": facts.href("invite")})
    if not facts.flag("capacity_in_doubt") and facts.capacity is None:
        links.append({"text": f"Can {name} decide about this?", "href": facts.href("capacity")})
    links.append({"text": f"How old is {name}?", "href": facts.href("age")})
    if facts.check is not None and facts.flag("readiness_expired") and _may_be_accepted(facts):
        links.append({"text": "Accept the older check", "href": facts.href("readiness_accept")})
    links.append({"text": f"{name} has died", "href": facts.href("died")})
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
