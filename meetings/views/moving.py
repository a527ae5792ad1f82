"""Moving a meeting: the planner, filled in with the current plan, and what each person will be sent."""

from typing import Any

from meetings.actions.planning import Plan
from meetings.actions.scheduling import NOT_BOOKED, check_move, move
from meetings.enums import COMING, MeetingStatus
from meetings.forms.planning import ARRIVALS, VIDEO
from meetings.models import Meeting
from meetings.presenters.hold import named_rows
from meetings.views.base import MeetingMixin
from meetings.views.meeting import STARTED
from meetings.views.planning import Book
from referrals import access
from restorative.common import clock
from restorative.common.decisions import Decision, refuse
from restorative.common.formfields import write_date


class Move(MeetingMixin, Book):
    """Moves a booked meeting to another time or place, in two steps: preview the messages, then move."""

    title = "Move the meeting"
    check_title = "Check and move"
    locked_words = "It cannot be moved while something stands in the way. Call it off, or settle this first."
    press_words = "Move the meeting"
    leaves_words = (
        "That it is moved is sent at once, where the hour allows. It replaces what was planned before."
    )
    done_words = "Moved"

    def may(self) -> Decision:
        may = access.may_run(self.request.user, self.referral)
        if may and self.meeting.shown_status not in COMING:
            return refuse(STARTED if self.meeting.shown_status == MeetingStatus.STARTED else NOT_BOOKED)
        return may

    def get_form_kwargs(self) -> dict[str, Any]:
        meeting, offered = self.meeting, super().get_form_kwargs()
        starts, ends = clock.local(meeting.starts_at), clock.local(meeting.ends_at)
        before = {
            str(row.party.pk): str(int((meeting.starts_at - row.attendance.arrives_at).total_seconds() // 60))
            for row in self.people
        }
        usual = dict(ARRIVALS)
        offered["initial"] = {
            "kind": meeting.kind,
            "on": write_date(starts.date()),
            "starts_at": starts.strftime("%H:%M"),
            "ends_at": ends.strftime("%H:%M"),
            "venue": str(meeting.venue_id) if meeting.venue_id else VIDEO,
            "video": meeting.video,
            **{f"arrives_{key}": minutes for key, minutes in before.items() if minutes in usual},
        }
        return offered

    def first(self) -> dict[str, str] | None:
        return None

    def way(self) -> list[dict[str, str]]:
        """Only blockers that this user may see by name. For the others the action refuses, in sealed words."""
        return named_rows(self.meeting, self.request.user, self.at)

    def check(self, plan: Plan) -> None:
        check_move(meeting=self.meeting, plan=plan, by=self.request.user, at=self.at)

    def do(self, plan: Plan) -> Meeting:
        return move(meeting=self.meeting, plan=plan, by=self.request.user, at=self.at)

    def as_planned(self, plan: Plan) -> Meeting:
        planned = super().as_planned(plan)
        planned.supersedes = self.meeting
        return planned
