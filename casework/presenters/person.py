"""One person's page, for a user who opens their compartment: next step, what blocks messages, keyworker.
Its parts are in tasks.py, consent_rows.py and reach.py; safety in safety.py."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst

from casework.presenters.aftercare import RATING_HEADS, call_tasks, rating_rows
from casework.presenters.messages import message_rows
from casework.presenters.tasks import step_rows, task_rows
from meetings.facts import CallOffRow, MeetingsFacts
from referrals import access, presenters
from referrals.blockers import RENEWED_CODES, TALK_CODES, wording_of
from referrals.enums import (
    Answer,
    Place,
    Purpose,
)
from referrals.models import (
    Party,
)
from referrals.presenters import Step
from referrals.presenters.approaching import asked_not, kept_box
from referrals.presenters.consent_rows import said_rows
from referrals.presenters.needs import last_asked, said
from referrals.presenters.reach import route_boxes
from referrals.presenters.shown_person import ShownPerson, gather
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.rules import rules

Row = dict[str, Any]


def person_page(party: Party, user: User, at: datetime) -> dict[str, Any]:
    page = gather(party, user, at)
    steps, to_do = step_rows(page)
    return {
        "about": _about(page),
        "next_step": _next_step(page),
        "blocked": _blocked(page),
        "release": _release(page),
        "tasks": [] if party.person.died_on else task_rows(page),
        "steps": steps,
        "to_do": to_do,
        "calls": call_tasks(page.known, page.referral.reference),
        "rating_heads": RATING_HEADS,
        "ratings": rating_rows(party, user) if page.known.last_rating else [],
        "message_heads": ["Message", "When", "State"],
        **said_rows(page),
        "messages_rows": message_rows(page),
        "kept": kept_box(page),
        "asked_not": _asked_not(page),
        "routes": route_boxes(
            page.routes, page.known.shares_home is not False, user, facilitates=_facilitates(page)
        ),
        "support": _support(page),
        "needs": _needs(page),
        "other_things": _other_things(page),
    }


def _about(page: ShownPerson) -> str:
    party = page.party
    if party.beside:
        return f"Supporter of {party.beside.known_as}"
    return capfirst(str(Place(party.place).label))


# --- The next step, and what blocks messages -----------------------------------------------------------------


def _next_step(page: ShownPerson) -> Step | None:
    name = page.party.known_as
    if page.referral.shown_stage == "closed" or page.party.person.died_on:
        return None
    if page.known.said_do_not_approach:
        return Step(
            f"{name} said no: do not approach",
            f"Nobody tries to reach {name} again, unless {name} comes to us.",
        )
    if _before_the_words(page):
        return Step(
            f"Not yet: nobody has agreed to the words used to reach {name}",
            f"Nobody speaks to {name} before that, unless {name} comes to you.",
        )
    if page.known.check_in_would_do and (ends := _runs_out(page)):
        return Step(
            f"Next: check in with {name}",
            f"Five answers, one minute. {ends}",
            f"Check in with {name}",
            page.href("check_in"),
        )
    answer = page.newest(Purpose.TAKE_PART)
    if answer is not None and answer.answer in (Answer.NO, Answer.WITHDRAWN):
        return None  # no worker asks them again from this page
    wanting = [code for code in TALK_CODES if page.flag(code)]
    if len(wanting) == 1 and not page.party.is_supporter:
        return _one_thing(page, wanting[0])
    if not wanting:
        return None
    return Step(
        f"Next: talk with {name}, alone",
        "One page, about 8 minutes. What is not reached can wait for another day.",
        f"Talk with {name}",
        page.href("talk"),
    )


def _before_the_words(page: ShownPerson) -> bool:
    """Whether they may not be spoken to yet, because no other party has approved the words."""
    return page.flag("wording_not_approved") and not page.party.answered_at


def _one_thing(page: ShownPerson, code: str) -> Step:
    """The step if only one answer is missing: a link to its own page."""
    name = page.party.known_as
    wording = wording_of(code, of_party=True)
    return Step(
        f"Next: {wording.heading.format(name=name)}",
        wording.about.format(name=name),
        wording.link.format(name=name),
        page.href(wording.page.removeprefix("referrals:")),
    )


def _runs_out(page: ShownPerson) -> str:
    """'Something is too old to count.', or a date until which answers count, if it is near; or ''."""
    if RENEWED_CODES & page.codes:
        return "Something was asked too long ago to count."
    renewed = [each.until for each in page.known.runs_out() if each.what != "sign_off"]
    first = clock.today(min(renewed) - timedelta(microseconds=1))
    soon = clock.today(page.at) + timedelta(days=rules().runs_out_days)
    return f"What was said counts until {clock.show_day(first)}." if first <= soon else ""


def _blocked(page: ShownPerson) -> Row | None:
    if died_on := page.party.person.died_on:
        return {
            "title": f"{page.party.known_as} died on {clock.show_day(died_on)}. Nothing more is recorded or sent.",
            "action_text": "",
            "action_href": "",
        }
    if page.party.is_supporter or not page.flag("safe_contact_missing"):
        return None
    may_ask = not _before_the_words(page) and not page.known.said_do_not_approach
    return {
        "title": f"No safe way to reach {page.party.known_as}: messages are blocked",
        "action_text": f"Ask {page.party.known_as} for a safe way",
        "action_href": page.href("routes") if may_ask else "",
    }


def _facilitates(page: ShownPerson) -> bool:
    return any(row.user_id == page.user.pk for row in page.facts.running)


def _release(page: ShownPerson) -> CallOffRow | None:
    """A call-off that came from this person and is not released yet."""
    waiting = MeetingsFacts(page.facts).waiting
    return next((row for row in waiting if row.party_id == page.party.pk), None)


def _asked_not(page: ShownPerson) -> list[Row]:
    """Warns until they answer, if a possible match asked before not to be approached."""
    if page.party.answered_at or page.party.is_own_place or page.referral.shown_stage == "closed":
        return []
    keys = [row.value_key for row in page.routes if row.value_key]
    return asked_not(page.party, page.user, page.people, keys)


# --- Beside the page -----------------------------------------------------------------------------------------


def _support(page: ShownPerson) -> Row:
    party, worker = page.party, page.party.keyworker
    if worker is None:
        lead = capfirst(presenters.you_or_name(page.referral.lead, page.user))
        lines = [f"{lead}, leading, until there is a keyworker"]
    else:
        lines = [capfirst(presenters.you_or_name(worker, page.user))]
    return {
        "title": f"Who supports {party.known_as}",
        "lines": [*lines, party.organisation.name],
        "links": [{"text": "Change", "href": page.href("keyworker")}]
        if access.may_set_keyworker(page.user, party)
        else [],
    }


def _needs(page: ShownPerson) -> Row:
    asked = last_asked(row for row in page.consents if row.purpose == Purpose.TAKE_PART)
    lines = said(page.party, asked.get(page.party.pk))
    return {
        "title": f"What helps {page.party.known_as}",
        "lines": lines or ["Nothing was said."],
        "links": [{"text": "Change", "href": page.href("needs")}],
    }


def _other_things(page: ShownPerson) -> list[Row]:
    name = page.party.known_as
    share = {"text": "Share something to keep somebody safe", "href": page.href("protective_share")}
    if page.referral.shown_stage == "closed" or page.party.person.died_on:
        return [share]
    links = [{"text": f"Talk with {name}, alone", "href": page.href("talk")}]
    if page.known.check_in_would_do:
        links.append({"text": f"Check in with {name}", "href": page.href("check_in")})
    links.append({"text": "Record a safety concern", "href": page.href("concern")})
    links.append(share)
    links.append({"text": f"{name} wants to stop", "href": page.href("withdraw")})
    if not page.party.is_supporter:
        add = reverse("referrals:person_add", args=[page.referral.reference])
        links.append({"text": f"Add a supporter for {name}", "href": f"{add}?beside={page.party.pk}"})
        links.append({"text": "Invite a professional", "href": page.href("invite")})
    if not page.flag("capacity_in_doubt") and page.known.assessed is None:
        links.append({"text": f"Can {name} decide about this?", "href": page.href("capacity")})
    links.append({"text": f"How old is {name}?", "href": page.href("age")})
    if page.known.newest_check is not None and page.flag("readiness_expired") and _may_be_accepted(page):
        links.append({"text": "Accept the older check", "href": page.href("readiness_accept")})
    links.append({"text": f"{name} has died", "href": page.href("died")})
    links.append({"text": f"Remove {name} from this referral", "href": page.href("person_leave")})
    return links


def _may_be_accepted(page: ShownPerson) -> bool:
    check = page.known.newest_check
    age = page.at - check.completed_at
    return page.user.is_manager and age <= timedelta(days=rules().readiness_late_days)
