"""What puts a booked meeting on hold: something in the way at the gate of booking, or a facilitator who cannot come.
Reckoned each time and stored nowhere. Who may be shown it is decided here; how it is said is the presenters'."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from meetings.enums import MeetingStatus
from meetings.models import Meeting, Unavailable
from referrals import blockers
from referrals.blockers import ShownBlocker
from referrals.enums import Gate

if TYPE_CHECKING:
    from restorative.accounts.models import User


@dataclass(frozen=True)
class Causes:
    """Why a meeting is on hold, as one person may know it. Empty for somebody to whom it is simply booked."""

    rows: list[ShownBlocker] = field(default_factory=list)
    away: list[Unavailable] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.away)


def is_held(meeting: Meeting, at: datetime) -> bool:
    """Whether anything holds it, on all facts. For messages: never show it."""
    away = Unavailable.objects.unscoped("is it held?").away(at).filter(meeting=meeting)
    return bool(blockers.blockers(meeting.referral, Gate.BOOK, at)) or away.exists()


def causes(meeting: Meeting, user: "User", at: datetime) -> Causes:
    """Why a meeting that this user is shown as booked is on hold, as far as they may know: only causes with a name.

    The sealed sentence is none: to whoever may know no more it is booked. So it stays whatever else happened in a
    compartment they do not open.
    """
    if meeting.shown_status != MeetingStatus.BOOKED:
        return Causes()
    away = Unavailable.objects.visible_to(user).away(at, user).filter(meeting=meeting)
    return Causes(
        rows=blockers.named_to(user, meeting.referral, Gate.BOOK, at), away=list(away.select_related("user"))
    )


def causes_of_many(meetings: Iterable[Meeting], user: "User", at: datetime) -> dict[UUID, Causes]:
    """The same for a list, by the id of the meeting, in a fixed number of queries. Those not on hold are left out."""
    shown = [meeting for meeting in meetings if meeting.shown_status == MeetingStatus.BOOKED]
    rows = blockers.named_to_in_many(user, [meeting.referral_id for meeting in shown], Gate.BOOK, at)
    away: dict[UUID, list[Unavailable]] = {}
    for row in (
        Unavailable.objects.visible_to(user).away(at, user).filter(meeting__in=shown).select_related("user")
    ):
        away.setdefault(row.meeting_id, []).append(row)
    found = {
        meeting.pk: Causes(rows.get(meeting.referral_id, []), away.get(meeting.pk, [])) for meeting in shown
    }
    return {key: each for key, each in found.items() if each}


def away_sentences(meeting: Meeting, at: datetime) -> list[str]:
    """Who of those who run it cannot be there, in the words of a refusal."""
    rows = Unavailable.objects.unscoped("who cannot be there").away(at)
    rows = rows.filter(meeting=meeting).select_related("user")
    return [CANNOT_BE_THERE.format(name=row.user.first_name) for row in rows]


CANNOT_BE_THERE = "{name} cannot be there, and nobody stands in."
