"""A facilitator who cannot be at a meeting: recording it, taking it back, naming a stand-in for that day."""

from typing import Any

from django.contrib import messages
from django.http import Http404

from meetings import access
from meetings.actions.standing_in import can_come, name_stand_in, say_unavailable
from meetings.enums import COMING
from meetings.forms.planning import CannotComeForm, StandInForm
from meetings.models import Unavailable
from meetings.presenters import hold, unavailable
from meetings.views.base import MeetingFormView
from meetings.views.meeting import NOT_BOOKED
from referrals import access as referral_access
from restorative.common import clock
from restorative.common.decisions import Decision, refuse


class CannotCome(MeetingFormView):
    title = "Somebody cannot be there"
    intro = (
        "The meeting is on hold from then on: nothing is sent about it and it cannot start, until it is "
        "moved, each person accepts a stand-in, or they can come after all. The people who are "
        "expected are told nothing yet."
    )
    form_class = CannotComeForm
    drafted = False
    action = say_unavailable

    def load(self) -> None:
        super().load()
        said = unavailable(self.meeting, self.request.user)
        self.who = hold.who_may_say(self.meeting, self.request.user, said)

    def may(self) -> Decision:
        if not self.who:
            return refuse("Only a facilitator who has not said so yet, or the lead for them, may say this.")
        return refuse(NOT_BOOKED) if self.meeting.shown_status not in COMING else super().may()

    def get_form_kwargs(self) -> dict[str, Any]:
        mine = self.request.user.pk
        return {
            "people": [(str(one.pk), "I cannot" if one.pk == mine else one.first_name) for one in self.who]
        }

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"user": next(one for one in self.who if str(one.pk) == said["user"])}

    def tell(self) -> None:
        messages.info(self.request, "Saved. The meeting is on hold: move it, or find somebody to stand in.")


class AbsenceFormView(MeetingFormView):
    drafted = False
    about = "unavailable"
    unavailable: Unavailable

    def load(self) -> None:
        super().load()
        rows = unavailable(self.meeting, self.request.user)
        found = next((row for row in rows if row.pk == self.kwargs["unavailable"]), None)
        if found is None:
            raise Http404
        found.meeting = self.meeting
        self.unavailable = found
        self.names["who"] = found.user.first_name


class CanCome(AbsenceFormView):
    title = "{who} can be there after all"
    submit_text = "They can be there"
    success = "Saved: {who} can be there."
    action = can_come

    def load(self) -> None:
        super().load()
        self.intro = (
            "The worker who was to stand in does not." if self.unavailable.stand_in else "Nobody is told."
        )

    def may(self) -> Decision:
        return access.may_say_unavailable(self.request.user, self.meeting, self.unavailable.user)


class NameStandIn(AbsenceFormView):
    title = "Find a stand-in"
    intro = (
        "In place of {who}, on {day} only. Each person is asked by their own worker whether they "
        "accept them. Until all have, the meeting stays on hold. The stand-in sees the pages of those who accepted "
        "them, on that day."
    )
    form_class = StandInForm
    submit_text = "Name them"
    action = name_stand_in

    def load(self) -> None:
        super().load()
        self.names["day"] = clock.show_day(self.meeting.starts_at)

    def may(self) -> Decision:
        may = referral_access.may_run(self.request.user, self.referral)
        return refuse(NOT_BOOKED) if may and self.meeting.shown_status not in COMING else may

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"workers": hold.to_stand_in(self.referral, self.request.user)}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        user = referral_access.could_facilitate(self.request.user).get(pk=said["user"])
        self.success = f"{user.first_name} is named. Each person is asked whether they accept them."
        return {"user": user}
