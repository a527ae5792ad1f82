"""A meeting that is on hold, or whose facilitator cannot come, for one user."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from meetings.enums import MeetingStatus
from meetings.facts import MeetingsFacts
from meetings.models import Meeting, Unavailable
from meetings.presenters import unavailable
from referrals import access as referral_access
from referrals.blockers.turns import YOURS
from referrals.enums import Gate, Part
from referrals.models import Involvement, Referral
from referrals.presenters import blocker_rows, decisions, facilitators_of, facts_for, shown_referral, within
from referrals.presenters.blocker_rows import BlockerRow
from restorative.accounts.models import User

NEEDED = "Nothing is sent about it meanwhile, and it cannot start."


def named_rows(meeting: Meeting, user: User, at: datetime) -> list[BlockerRow]:
    """Blockers of booking that this user may see by name, each with the page that fixes it."""
    found = shown_referral.gather(meeting.referral, user, at, gate=Gate.BOOK)
    rows = blocker_rows.way_rows(replace(found, rows=[row for row in found.rows if row.code]))
    return blocker_rows.returning(rows, f"meeting-{meeting.pk}")


def hold(meeting: Meeting, user: User, at: datetime) -> dict[str, Any] | None:
    """Why a meeting that this user sees as booked is on hold; None if they know of no cause."""
    if meeting.shown_status != MeetingStatus.BOOKED:
        return None
    rows = named_rows(meeting, user, at) + away_rows(meeting, user, at)
    return {"title": "This meeting is on hold", "text": NEEDED, "rows": rows} if rows else None


def away_rows(meeting: Meeting, user: User, at: datetime) -> list[BlockerRow]:
    """A row for each absence that holds the meeting up, with the page that fixes it."""
    meetings = MeetingsFacts(facts_for(meeting.referral, at))
    found = meetings.away(meetings.by_id[meeting.pk], within(meeting.referral, user).opened)
    held = {row.id for row in found}
    runs = bool(referral_access.may_run(user, meeting.referral)) if held else False
    return [_away_row(row, meeting, runs) for row in unavailable(meeting, user) if row.pk in held]


def _away_row(row: Unavailable, meeting: Meeting, runs: bool) -> BlockerRow:
    sentence = f"{row.user.first_name} cannot be there."
    if row.stand_in:
        sentence += (
            f" {row.stand_in.user.first_name} is to stand in: each person is asked whether they accept."
        )
    if not runs:
        return BlockerRow(sentence, whose=meeting.referral.lead.first_name)
    href = reverse("meetings:stand_in", args=[meeting.referral.reference, meeting.pk, row.pk])
    text = "Name somebody else" if row.stand_in else "Find a stand-in"
    return BlockerRow(sentence, whose=YOURS, action_text=text, action_href=href)


def links(meeting: Meeting, user: User) -> list[dict[str, str]]:
    """Links to record an absence or its end: a facilitator's own, or for the lead those of others."""
    args = [meeting.referral.reference, meeting.pk]
    found = []
    said = unavailable(meeting, user)
    for row in said:
        if user.pk in (row.user_id, meeting.referral.lead_id):
            who = "I" if row.user_id == user.pk else row.user.first_name
            href = reverse("meetings:can_come", args=[*args, row.pk])
            found.append({"text": f"{who} can be there after all", "href": href})
    if who_may_say(meeting, user, said):
        mine = any(row.user_id == user.pk for row in _running(meeting, user))
        text = "I cannot be there" if mine else "A facilitator cannot be there"
        found.append({"text": text, "href": reverse("meetings:cannot_come", args=args)})
    return found


def who_may_say(meeting: Meeting, user: User, said: list[Unavailable]) -> list[User]:
    """Facilitators whose absence this user may record and who have none."""
    gone = {row.user_id for row in said}
    leads = meeting.referral.lead_id == user.pk
    return [
        row.user
        for row in _running(meeting, user)
        if row.user_id not in gone and (leads or row.user_id == user.pk)
    ]


def _running(meeting: Meeting, user: User) -> list[Involvement]:
    return [row for row in facilitators_of(meeting.referral, user) if row.part != Part.STAND_IN]


def to_stand_in(referral: Referral, user: User) -> list:
    """Possible stand-ins, grouped by organisation."""
    return list(decisions.to_appoint(referral, user))
