"""The task list of one person: a status and a date for each part; and steps to do."""

from typing import Any

from django.utils.text import capfirst

from referrals import presenters
from referrals.enums import (
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
from referrals.presenters.reach import route_kind
from referrals.presenters.shown_person import ShownPerson
from restorative.common import clock

Row = dict[str, Any]


def _task(title: str, href: str, status: str, tone: str = "", hint: str = "") -> Row:
    return {"title": title, "href": href, "status": status, "tone": tone, "hint": hint}


def task_rows(page: ShownPerson) -> list[Row]:
    name = page.party.known_as
    found = [] if page.known.asked_first else [_approach_task(page)]
    found += [_consent_task(page), *_words_tasks(page)]
    if not page.party.is_supporter:
        found += [_contact_task(page), _safety_task(page), _concern_task(page), _ready_task(page)]
    held = max(page.known.held_at, default=None)
    found.append(
        _task(
            "Preparation",
            page.href("preparation"),
            "Held" if held else "Not held yet",
            "due" if page.flag("not_prepared") else "ok",
            clock.show_day(held) if held else "",
        )
    )
    if page.known.assessed or page.flag("capacity_in_doubt"):
        found.append(_capacity_task(page))
    if not page.party.is_supporter:
        rating, hint = page.known.last_rating, f"Private to {name}’s side"
        if rating:
            hint = f"{RatingPoint(rating.point).label}: {clock.show_day(rating.created_at)}. {hint}"
        found.append(_task("Ratings", page.href("ratings"), "Given" if rating else "None yet", "", hint))
    return found


def _approach_task(page: ShownPerson) -> Row:
    title = f"Reaching {page.party.known_as}"
    told = any(row.told_unprompted for row in page.approaches)
    last = page.approaches[0] if page.approaches else None
    status = str(ApproachResult(last.result if last else ApproachResult.NOT_YET).label)
    when = clock.show_day(last.created_at) if last and last.result != ApproachResult.NOT_YET else ""
    if page.flag("wording_not_approved"):
        hint = f"Nobody has agreed to the words used to reach {page.party.known_as} yet"
        return _task(title, page.href("approach"), status, "due", hint)
    return _task(
        title, page.href("approach"), status, "", "Told us, unprompted, what they know" if told else when
    )


def _consent_task(page: ShownPerson) -> Row:
    row = page.newest(Purpose.TAKE_PART)
    status = consent_words(row, page.approaches[0] if page.approaches else None, page.at)
    missing = page.flag("consent_missing") or page.flag("consent_not_heard")
    said_no = row is not None and row.answer in (Answer.NO, Answer.WITHDRAWN)
    hint = ""
    if row is not None:
        hint = f"{clock.show_day(row.taken_at)}, {str(How(row.how).label).lower()}"
        if row.answer == Answer.YES:
            hint += f". Counts until {clock.show_day(row.expires_on)}"
    return _task(
        "Taking part", page.href("consent"), status, "quiet" if said_no else "due" if missing else "ok", hint
    )


def _words_tasks(page: ShownPerson) -> list[Row]:
    """The words to reach each other person that this person is asked to approve."""
    if not page.known.asked_first or page.party.is_supporter:
        return []
    found = []
    for other in page.people:
        if other.pk == page.party.pk or other.is_supporter or other.asked_first:
            continue
        row = page.newest(Purpose.WORDS, other.pk)
        named = presenters.shown_name(other, page.user)
        found.append(
            _task(
                f"The words used to reach {named if named != presenters.OTHER else named.lower()}",
                page.href("consent"),
                consent_words(row, None, page.at),
                "ok" if row and row.answer == Answer.YES else "due",
                clock.show_day(row.taken_at) if row else "",
            )
        )
    return found


def _contact_task(page: ShownPerson) -> Row:
    used = [row for row in page.routes if row.allowed and row.confirmed_at]
    status = ", ".join(route_kind(row) for row in used) or "None confirmed"
    hint = f"Confirmed {clock.show_day(max(row.confirmed_at for row in used))}" if used else ""
    stale = page.flag("safe_contact_missing")
    if used and stale:
        status, hint = "Ask again", f"{status}. {hint}, too long ago"
    return _task("Safe contact", page.href("routes"), status, "due" if stale else "ok", hint)


def _safety_task(page: ShownPerson) -> Row:
    asked = page.known.asked_alone
    status, hint = ("Asked", clock.show_day(asked.asked_at)) if asked else ("Not asked", "")
    if page.flag("safety_not_asked") and asked:
        status = "Ask again"
        hint += ". Too long ago" if page.known.safety_until() else ". A concern was recorded since"
    return _task(
        "Safety questions",
        page.href("safety_ask"),
        status,
        "due" if page.flag("safety_not_asked") else "ok",
        hint,
    )


def _concern_task(page: ShownPerson) -> Row:
    stops = len(page.known.open_stops)
    others = len(page.known.open_concerns) - stops
    parts = [f"{stops} stop{'' if stops == 1 else 's'}"] if stops else []
    if others:
        waiting = page.flag("sign_off")
        parts.append(f"{others} to settle" if waiting else f"{others} signed off")
    tone = "stop" if stops else "due" if page.flag("sign_off") else ""
    return _task("Concerns", page.href("safety"), " · ".join(parts) or "None recorded", tone if parts else "")


def _ready_task(page: ShownPerson) -> Row:
    check, title = page.known.newest_check, "The right time"
    if check is None:
        return _task(title, page.href("readiness"), "Not asked", "due")
    when = clock.show_day(check.completed_at)
    if check.judgement != Ready.READY:
        return _task(title, page.href("readiness"), "Not yet", "due", f"Asked {when}")
    if page.flag("readiness_expired"):
        return _task(title, page.href("readiness"), "Ask again", "due", f"Ready on {when}, too long ago")
    return _task(
        title, page.href("readiness"), "Ready", "ok", f"Until {clock.show_day(page.known.ready_until)}"
    )


def _capacity_task(page: ShownPerson) -> Row:
    title = f"Can {page.party.known_as} decide about this?"
    if page.flag("capacity_in_doubt"):
        return _task(title, page.href("capacity"), "A doubt is noted", "due")
    row = page.known.assessed
    able = row is not None and row.result == CapacityResult.ABLE
    when = clock.show_day(row.assessed_at) if row else ""
    return _task(
        title, page.href("capacity"), "Yes" if able else "Not at present", "ok" if able else "stop", when
    )


def step_rows(page: ShownPerson) -> tuple[list[Row], list[Row]]:
    """Steps for this person: those that must be done before a meeting, and the others."""
    if not page.known.has_tasks:
        return [], []
    tasks = (
        Task.objects.visible_to(page.within)
        .still_asked()
        .filter(party=page.party, done_at__isnull=True)
        .select_related("assignee")
        .order_by("due_on", "created_at", "pk")
    )
    steps: list[Row] = []
    others: list[Row] = []
    for task in tasks:
        row = _task(
            task.words,
            page.href("step_done", task.pk),
            "To do",
            "due",
            f"{capfirst(presenters.you_or_name(task.assignee, page.user))}, by {clock.show_day(task.due_on)}",
        )
        (steps if task.blocks_id else others).append(row)
    return steps, others
