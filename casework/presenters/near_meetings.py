"""Meetings in 'My work': those of today and tomorrow, each with what stands in the way of starting; and for managers,
what puts a booked meeting on hold."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from casework.presenters.reading import away_names
from meetings.facts import MeetingsFacts
from meetings.models import Meeting, Unavailable
from referrals.enums import MEETING_PARTS, Gate
from referrals.models import Duty
from referrals.presenters import facts_for, names_of
from referrals.presenters.blocker_rows import BlockerRow, way_rows
from referrals.presenters.duty_rows import WorkRow
from referrals.presenters.shown_referral import ShownReferral, gather
from restorative.common import clock

if TYPE_CHECKING:
    from casework.presenters.work import Read

SHOWN = 10


@dataclass(frozen=True)
class NearRow:
    """A meeting of today or tomorrow: whether it can start, and what can be opened."""

    when: str
    who: str
    where: str
    tone: str
    said: str
    links: list[dict[str, str]]


def near_rows(found: "Read") -> list[NearRow]:
    """Today's and tomorrow's meetings: can each start, as far as this user may know?"""
    return [_near_row(meeting, found) for meeting in found.near[:SHOWN]]


def _near_row(meeting: Meeting, found: "Read") -> NearRow:
    page = found.pages[meeting.pk]
    today = clock.today(meeting.starts_at) == clock.today(found.at)
    rows = way_rows(page)
    if not today:
        # Tomorrow is asked tomorrow, on every side: the sentence for what is sealed would say no more than that.
        rows = [row for row in rows if row.code not in ("", "day_of_check_missing")]
    first = next((row for row in rows if row.is_theirs), None)
    shown = first or (rows[0] if rows else None)
    said = [f"{name} cannot be there." for name in page.away[:1]]
    said += [shown.sentence] if shown else []
    return NearRow(
        when=f"{'Today' if today else 'Tomorrow'}, {clock.show_time(meeting.starts_at)}",
        who=names_of(found.people[meeting.referral_id], found.user),
        where=meeting.venue.name if meeting.venue else "By video",
        tone="due" if said else "ok",
        said=" ".join(said) or _nothing(page, today=today),
        links=_links(meeting, page, first, today=today),
    )


def _links(
    meeting: Meeting, page: ShownReferral, first: BlockerRow | None, *, today: bool
) -> list[dict[str, str]]:
    reference = meeting.referral.reference
    text, name = ("Day-of check", "today") if today else ("Open", "show")
    links = [{"text": text, "href": _href(name, meeting, reference)}]
    if first and first.code != "day_of_check_missing":
        links.insert(0, {"text": first.action_text, "href": first.action_href})
    if _has_a_part(page):
        links.append({"text": "Run sheet", "href": _href("run_sheet", meeting, reference)})
    return links


def _href(name: str, meeting: Meeting, reference: str) -> str:
    return reverse(f"meetings:{name}", args=[reference, meeting.pk])


def _nothing(page: ShownReferral, *, today: bool) -> str:
    """What is said where nothing is known to stand in the way."""
    if today:
        return "Yes, nothing stands in the way."
    return "Yes, so far." if all(party.opened for party in page.parties) else "Nothing on your side so far."


def _has_a_part(page: ShownReferral) -> bool:
    """Whether this user helps to run the meetings."""
    rows = (row for row in page.facts.involvements if row.user_id == page.user.pk)
    return any(row.part in MEETING_PARTS and row.runs_at(page.at) for row in rows)


def page_of(meeting: Meeting, found: "Read") -> ShownReferral:
    """What stands in the way of starting, as this user may know it."""
    referral, user, at = meeting.referral, found.user, found.at
    meetings = MeetingsFacts(facts_for(referral, at))
    away = away_names(meetings, meeting.pk, found.lists.within)
    return gather(referral, user, at, gate=Gate.START, meeting=meeting, away=away)


def hold_rows(found: "Read") -> list[WorkRow]:
    """A manager's meetings that something holds, and why, as far as they may be told by name."""
    return [
        _meeting_row(found.meetings[duty.thing], duty, found.words.sentence(duty), found)
        for duty in found.held
    ]


def away_rows(found: "Read") -> list[WorkRow]:
    """Meetings whose facilitator said they cannot come."""
    duties, here = {duty.thing: duty for duty in found.away}, found.lists.within
    if not duties:
        return []
    gone = Unavailable.objects.visible_to(here).away(found.at, here).filter(pk__in=duties)
    rows = gone.select_related("user", "meeting").order_by("meeting__starts_at", "pk")
    return [
        _meeting_row(row.meeting, duties[row.pk], f"{row.user.first_name} cannot be there.", found)
        for row in rows
    ]


def _meeting_row(meeting: Meeting, duty: Duty, what: str, found: "Read") -> WorkRow:
    about = found.words.about(duty, clock.show_when(meeting.starts_at))
    return WorkRow(what, about, "Open", _href("show", meeting, duty.reference))
