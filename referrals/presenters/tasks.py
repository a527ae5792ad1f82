"""What is there with one person and what is not: a status and a date for each part; and steps to do."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.text import capfirst

from referrals import presenters
from referrals.enums import (
    STOPS,
    Answer,
    ApproachResult,
    CapacityResult,
    How,
    Purpose,
    RatingPoint,
    Ready,
)
from referrals.models import (
    Task,
)
from referrals.presenters.consent_rows import consent_words
from referrals.presenters.person_facts import Facts
from referrals.presenters.reach import route_kind
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    pass

Row = dict[str, Any]


def _task(title: str, href: str, status: str, tone: str = "", hint: str = "") -> Row:
    return {"title": title, "href": href, "status": status, "tone": tone, "hint": hint}


def task_rows(facts: Facts) -> list[Row]:
    name = facts.party.known_as
    found = [] if facts.asked_first else [_approach_task(facts)]
    found += [_consent_task(facts), *_words_tasks(facts)]
    if not facts.party.is_supporter:
        found += [_contact_task(facts), _safety_task(facts), _concern_task(facts), _ready_task(facts)]
    prepared = facts.preparation
    found.append(
        _task(
            "Preparation",
            facts.href("preparation"),
            "Held" if prepared else "Not held yet",
            "due" if facts.flag("not_prepared") else "ok",
            clock.show_day(prepared.held_at) if prepared else "",
        )
    )
    if facts.capacity or facts.flag("capacity_in_doubt"):
        found.append(_capacity_task(facts))
    if not facts.party.is_supporter:
        rating, hint = facts.rating, f"Private to {name}’s side"
        if rating:
            hint = f"{RatingPoint(rating.point).label}: {clock.show_day(rating.created_at)}. {hint}"
        found.append(_task("Ratings", facts.href("ratings"), "Given" if rating else "None yet", "", hint))
    return found


def _approach_task(facts: Facts) -> Row:
    title = f"Reaching {facts.party.known_as}"
    told = any(row.told_unprompted for row in facts.approaches)
    last = facts.approaches[0] if facts.approaches else None
    status = str(ApproachResult(last.result if last else ApproachResult.NOT_YET).label)
    when = clock.show_day(last.created_at) if last and last.result != ApproachResult.NOT_YET else ""
    if facts.flag("wording_not_approved"):
        hint = f"Nobody has agreed to the words used to reach {facts.party.known_as} yet"
        return _task(title, facts.href("approach"), status, "due", hint)
    return _task(
        title, facts.href("approach"), status, "", "Told us, unprompted, what they know" if told else when
    )


def _consent_task(facts: Facts) -> Row:
    row = facts.newest(Purpose.TAKE_PART)
    status = consent_words(row, facts.approaches[0] if facts.approaches else None, facts.at)
    missing = facts.flag("consent_missing") or facts.flag("consent_not_heard")
    said_no = row is not None and row.answer in (Answer.NO, Answer.WITHDRAWN)
    hint = ""
    if row is not None:
        hint = f"{clock.show_day(row.taken_at)}, {str(How(row.how).label).lower()}"
        if row.answer == Answer.YES:
            hint += f". Counts until {clock.show_day(row.expires_on)}"
    return _task(
        "Taking part", facts.href("consent"), status, "quiet" if said_no else "due" if missing else "ok", hint
    )


def _words_tasks(facts: Facts) -> list[Row]:
    """The words used to reach each other person, where this person is the one who agrees to them."""
    if not facts.asked_first or facts.party.is_supporter:
        return []
    found = []
    for other in facts.people:
        if other.pk == facts.party.pk or other.is_supporter or other.asked_first:
            continue
        row = facts.newest(Purpose.WORDS, other.pk)
        named = presenters.shown_name(other, facts.user)
        found.append(
            _task(
                f"The words used to reach {named if named != presenters.OTHER else named.lower()}",
                facts.href("consent"),
                consent_words(row, None, facts.at),
                "ok" if row and row.answer == Answer.YES else "due",
                clock.show_day(row.taken_at) if row else "",
            )
        )
    return found


def _contact_task(facts: Facts) -> Row:
    used = [row for row in facts.routes if row.allowed and row.confirmed_at]
    status = ", ".join(route_kind(row) for row in used) or "None confirmed"
    hint = f"Confirmed {clock.show_day(max(row.confirmed_at for row in used))}" if used else ""
    stale = facts.flag("safe_contact_missing")
    if used and stale:
        status, hint = "Ask again", f"{status}. {hint}, too long ago"
    return _task("Safe contact", facts.href("routes"), status, "due" if stale else "ok", hint)


def _safety_task(facts: Facts) -> Row:
    asked = facts.safety
    status, hint = ("Asked", clock.show_day(asked.asked_at)) if asked else ("Not asked", "")
    if facts.flag("safety_not_asked") and asked:
        newer = any(row.raised_at > asked.asked_at for row in facts.concerns)
        status = "Ask again"
        hint += ". A concern was recorded since" if newer else ". Too long ago"
    return _task(
        "Safety questions",
        facts.href("safety_ask"),
        status,
        "due" if facts.flag("safety_not_asked") else "ok",
        hint,
    )


def _concern_task(facts: Facts) -> Row:
    still_open = [row for row in facts.concerns if row.cleared_at is None]
    stops = sum(row.kind in STOPS for row in still_open)
    others = len(still_open) - stops
    parts = [f"{stops} stop{'' if stops == 1 else 's'}"] if stops else []
    if others:
        waiting = facts.flag("sign_off")
        parts.append(f"{others} to settle" if waiting else f"{others} signed off")
    tone = "stop" if stops else "due" if facts.flag("sign_off") else ""
    return _task(
        "Concerns", facts.href("safety"), " · ".join(parts) or "None recorded", tone if parts else ""
    )


def _ready_task(facts: Facts) -> Row:
    check, title = facts.check, "The right time"
    if check is None:
        return _task(title, facts.href("readiness"), "Not asked", "due")
    when = clock.show_day(check.completed_at)
    if check.judgement != Ready.READY:
        return _task(title, facts.href("readiness"), "Not yet", "due", f"Asked {when}")
    if facts.flag("readiness_expired"):
        return _task(title, facts.href("readiness"), "Ask again", "due", f"Ready on {when}, too long ago")
    until = check.expires_at
    if check.accepted_late_at:
        until = max(until, check.completed_at + timedelta(days=rules().readiness_late_days))
    return _task(title, facts.href("readiness"), "Ready", "ok", f"Until {clock.show_day(until)}")


def _capacity_task(facts: Facts) -> Row:
    title = f"Can {facts.party.known_as} decide about this?"
    if facts.flag("capacity_in_doubt"):
        return _task(title, facts.href("capacity"), "A doubt is noted", "due")
    row = facts.capacity
    able = row is not None and row.result == CapacityResult.ABLE
    when = clock.show_day(row.assessed_at) if row else ""
    return _task(
        title, facts.href("capacity"), "Yes" if able else "Not at present", "ok" if able else "stop", when
    )


def step_rows(facts: Facts) -> tuple[list[Row], list[Row]]:
    """What is to be done about this person: steps that must come before anybody meets, and everything else."""
    if facts.task is None:
        return [], []
    tasks = (
        Task.objects.visible_to(facts.user)
        .still_asked()
        .filter(party=facts.party, done_at__isnull=True)
        .select_related("assignee")
        .order_by("due_on", "created_at", "pk")
    )
    steps: list[Row] = []
    others: list[Row] = []
    for task in tasks:
        row = _task(
            task.words,
            facts.href("step_done", task.pk),
            "To do",
            "due",
            f"{capfirst(presenters.you_or_name(task.assignee, facts.user))}, by {clock.show_day(task.due_on)}",
        )
        (steps if task.blocks_id else others).append(row)
    return steps, others
