"""After a meeting, for one user: the agreement, the next call, and the calls and ratings of one party.
Nothing here writes."""

from datetime import date
from typing import Any

from django.urls import reverse

from meetings.enums import FollowUpKind, FollowUpResult, MeetingStatus
from meetings.facts import AgreementAnswerRow, AgreementRow, FollowUpRow, MeetingRow, MeetingsFacts
from meetings.presenters.aftercare import call_heading
from referrals.enums import RatingPoint, Stage
from referrals.facts import PartyFacts
from referrals.models import Party, Rating
from referrals.presenters import Step, facilitators_of, within
from referrals.presenters.shown_referral import ShownReferral, is_mine
from restorative.accounts.models import User
from restorative.common import clock

Row = dict[str, Any]
RATING_HEADS = ["When", "Between them", "Feeling safe", "Hope"]


def next_after(page: ShownReferral) -> Step:
    """The next step after a meeting: a call that is due, writing the agreement, an answer to it, then future steps."""
    meetings = MeetingsFacts(page.facts)
    mine = {party.pk: party for party in page.parties if party.opened and _calls(party, page)}
    calls = sorted(
        (row for row in page.facts.rows(FollowUpRow) if row.done_at is None and row.party_id in mine),
        key=lambda row: (row.due_on, row.created_at, row.id),
    )
    if calls and calls[0].due_on <= clock.today(page.at):
        return _call_step(calls[0], mine[calls[0].party_id], page, "It is due. ")
    newest = max(
        meetings.those(MeetingStatus.TOOK_PLACE), key=lambda row: (row.starts_at, row.id), default=None
    )
    agreement = _known_agreement(newest, meetings, page)
    if newest is not None and agreement is None and _may_write(newest, page):
        return Step.next(
            "write down what came of it",
            "In their own words. “Nothing was agreed, but it helped” is a good result too.",
            "Write it down",
            _agreement(page, "agreement_write"),
        )
    if agreement is not None and not agreement.nothing_agreed:
        asked = {row.party_id for row in page.facts.rows(AgreementAnswerRow)}
        unasked = next((row.party_id for row in calls if row.party_id not in asked), None)
        if unasked is not None:
            return Step.next(
                f"ask {mine[unasked].known_as} what they say to what was agreed",
                "Only their own side sees the answer.",
                f"Ask {mine[unasked].known_as}",
                page.href("meetings:agreement_answer", unasked),
            )
    if calls:
        return _call_step(calls[0], mine[calls[0].party_id], page, "")
    if page.runs:
        return Step.next(
            "close, when nothing is left open",
            "They have met, and every call of yours is made.",
            "Close",
            page.href("referrals:close"),
        )
    return Step.next("nothing for you to do now", "They have met. What is left is with somebody else.")


def _known_agreement(
    meeting: MeetingRow | None, meetings: MeetingsFacts, page: ShownReferral
) -> AgreementRow | None:
    """What was agreed at a meeting, for a user who opens a person who was there."""
    if meeting is None or meetings.were_there(meeting.id).isdisjoint(page.within.opened):
        return None
    return next((row for row in page.facts.rows(AgreementRow) if row.meeting_id == meeting.id), None)


def _may_write(meeting: MeetingRow, page: ShownReferral) -> bool:
    """Whether this user writes down what came of it: who runs the meetings, the lead, or who recorded a meeting that
    had already happened."""
    parts = facilitators_of(page.referral, page.user)
    told = meeting.already_happened and meeting.created_by_id == page.user.pk
    return told or page.referral.lead_id == page.user.pk or any(row.user_id == page.user.pk for row in parts)


def _calls(party: Party, page: ShownReferral) -> bool:
    """Whether this user rings them: their worker, or a user who opens them and supports no other party here."""
    if party.is_supporter:
        return False
    return is_mine(party, page) or not any(is_mine(each, page) for each in page.parties)


def _call_step(row: Any, party: Party, page: ShownReferral, due: str) -> Step:
    heading = call_heading(row.kind, party.known_as)
    return Step.next(
        heading if due else f"{heading}, on {clock.show_day(row.due_on)}",
        f"{due}Alone, the way they said is safe: how are things, do they feel safe?",
        "Open the call" if row.kind != "debrief" else "Open the debrief",
        page.href("meetings:follow_up", row.id),
    )


def _agreement(page: ShownReferral, name: str = "agreement") -> str:
    return page.href(f"meetings:{name}")


def after_links(page: ShownReferral) -> list[Row]:
    """Further links after a meeting: the agreement."""
    if page.referral.shown_stage not in (Stage.FOLLOW_UP, Stage.CLOSED):
        return []
    if not any(party.opened for party in page.parties):
        return []
    return [{"text": "What was agreed", "href": _agreement(page)}]


# --- On a person's page -----------------------------------------------------------------------------------------


def call_tasks(known: PartyFacts, reference: str) -> list[Row]:
    """One row per call: when it is due, or its result."""
    today = clock.today(known.facts.at)
    calls = [row for row in known.facts.rows(FollowUpRow) if row.party_id == known.id]
    return [
        {
            "title": str(FollowUpKind(row.kind).label),
            "href": reverse("meetings:follow_up", args=[reference, row.id]),
            "status": str(FollowUpResult(row.result).label) if row.done_at else _due(row.due_on, today),
            "tone": "ok" if row.done_at else "due" if row.due_on <= today else "",
            "hint": clock.show_day(row.done_at or row.due_on),
        }
        for row in sorted(calls, key=lambda row: (row.due_on, row.created_at, row.id))
    ]


def _due(day: date, today: date) -> str:
    if day == today:
        return "Due today"
    return "Due" if day < today else "To come"


def rating_rows(party: Party, user: User) -> list[list[str]]:
    """Each set of ratings, oldest first."""
    rows = (
        Rating.objects.visible_to(within(party.referral, user))
        .filter(party=party)
        .order_by("created_at", "pk")
    )
    return [
        [f"{RatingPoint(row.point).label}, {clock.show_day(row.created_at)}", *map(_number, _values(row))]
        for row in rows
    ]


def _values(row: Rating) -> tuple[int | None, int | None, int | None]:
    return row.relationship, row.safe, row.hope


def _number(value: int | None) -> str:
    return "Not said" if value is None else f"{value} of 10"
