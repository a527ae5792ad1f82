"""Meetings in 'My work': those of today and tomorrow, each with what stands in the way of starting; and for managers,
what puts a booked meeting on hold."""

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from meetings.enums import COMING
from meetings.models import Meeting, Unavailable
from referrals.blockers import find_blockers, sealed_open, shown_to
from referrals.disclosure import before_step
from referrals.duties import Section as List
from referrals.enums import MEETING_PARTS, Gate, Part, Stage
from referrals.facts import Facts
from referrals.models import Involvement
from referrals.presenters import names_of, parties_for
from referrals.presenters.blocker_rows import way_rows
from referrals.presenters.duty_rows import WorkRow
from referrals.presenters.shown_referral import ShownReferral, runs
from restorative.common import clock

if TYPE_CHECKING:
    from casework.presenters.work import Read
    from restorative.accounts.models import User

SHOWN = 10


def near_rows(found: "Read") -> list[dict[str, Any]]:
    """Today's and tomorrow's meetings: can each start, as far as this user may know?"""
    return [_near_row(meeting, found) for meeting in found.near[:SHOWN]]


def _near_row(meeting: Meeting, found: "Read") -> dict[str, Any]:
    page = page_of(meeting, found)
    today = clock.today(meeting.starts_at) == clock.today(found.at)
    rows = way_rows(page)
    if not today:
        # Tomorrow is asked tomorrow, on every side: the sentence for what is sealed would say no more than that.
        rows = [row for row in rows if row.code not in ("", "day_of_check_missing")]
    first = next((row for row in rows if row.is_theirs), None)
    links = [
        {"text": "Day-of check" if today else "Open", "href": _href("today" if today else "show", meeting)}
    ]
    if first and first.code != "day_of_check_missing":
        links.insert(0, {"text": first.action_text, "href": first.action_href})
    if _part(page.facts, found.user) is not None:
        links.append({"text": "Run sheet", "href": _href("run_sheet", meeting)})
    shown = first or (rows[0] if rows else None)
    said = [f"{meeting.away} cannot be there."] if meeting.away else []
    said += [shown.sentence] if shown else []
    return {
        "when": f"{'Today' if today else 'Tomorrow'}, {clock.show_time(meeting.starts_at)}",
        "who": names_of(parties_for(meeting.referral, found.user), found.user),
        "where": meeting.venue.name if meeting.venue else "By video",
        "tone": "due" if said else "ok",
        "said": " ".join(said) or _nothing(page, today=today),
        "links": links,
    }


def _href(name: str, meeting: Meeting) -> str:
    return reverse(f"meetings:{name}", args=[meeting.referral.reference, meeting.pk])


def _nothing(page: ShownReferral, *, today: bool) -> str:
    """What is said where nothing is known to stand in the way."""
    if today:
        return "Yes, nothing stands in the way."
    return "Yes, so far." if all(party.opened for party in page.parties) else "Nothing on your side so far."


def _part(facts: Facts, user: "User") -> Part | None:
    """The part of this user in running the meetings, at the moment of the facts."""
    rows = (row for row in facts.involvements if row.user_id == user.pk and row.part in MEETING_PARTS)
    return next((Part(row.part) for row in rows if row.runs_at(facts.at)), None)


def page_of(meeting: Meeting, found: "Read") -> ShownReferral:
    """What stands in the way of starting, as this user may know it."""
    user, referral, facts = found.user, meeting.referral, found.facts[meeting.referral_id]
    parties = parties_for(referral, user)
    referral.shown_stage, part = Stage.BOOKED, _part(facts, user)
    # Of all who run it, the rows here ask only after the user's own part.
    referral._facilitations = [Involvement(referral=referral, user=user, part=part)] if part else []
    blockers = find_blockers(facts, Gate.START)
    before = before_step(facts, [party.pk for party in parties if party.opened])
    return ShownReferral(
        referral=referral,
        user=user,
        at=found.at,
        facts=facts,
        parties=parties,
        rows=shown_to(blockers, parties, before=before),
        sealed_parties=sealed_open(blockers, parties, before),
        runs=runs(referral, user),
        before=before,
        meeting=meeting,
        release=None,
    )


def hold_rows(found: "Read") -> list[WorkRow]:
    """A manager's meetings that something holds, and why, as far as they may be told by name."""
    near, rows = {meeting.pk for meeting in found.near}, []
    for duty in found.lists[List.ON_HOLD]:
        meeting = found.meetings.get(duty.thing)
        if meeting is not None and meeting.pk not in near and meeting.shown_status in COMING:
            what = found.words.sentence(duty)
            rows.append(_meeting_row(meeting, what, found))
    return rows


def away_rows(found: "Read") -> list[WorkRow]:
    """Meetings whose facilitator said they cannot come."""
    keys = found.lists.things(List.AWAY)
    if not keys:
        return []
    gone = Unavailable.objects.visible_to(found.user).away(found.at, found.user).filter(pk__in=keys)
    rows = []
    for row in gone.select_related("user", "meeting").order_by("meeting__starts_at", "pk"):
        duty = next(duty for duty in found.lists[List.AWAY] if duty.thing == row.pk)
        row.meeting.referral = duty.referral
        rows.append(_meeting_row(row.meeting, f"{row.user.first_name} cannot be there.", found))
    return rows


def _meeting_row(meeting: Meeting, what: str, found: "Read") -> WorkRow:
    about = found.words.about(meeting.referral, clock.show_when(meeting.starts_at))
    return WorkRow(what, about, "Open", _href("show", meeting))
