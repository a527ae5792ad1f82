"""The planner: locked if something stands in the way; otherwise a plan, what each person would be sent, and Book
or Move."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.urls import reverse

from meetings import presenters
from meetings.actions.planning import Clash, Plan, free_slots, kind_for
from meetings.actions.scheduling import NOT_BOOKED, book, check_booking, check_move, move
from meetings.enums import COMING, MeetingKind, MeetingStatus
from meetings.forms.planning import ARRIVALS, VIDEO, BookForm
from meetings.models import Attendance, Meeting, Venue
from meetings.presenters import Coming, first_settle
from meetings.presenters.hold import named_rows
from meetings.views.base import MeetingMixin
from meetings.views.meeting import STARTED
from referrals import access
from referrals.enums import Stage
from referrals.presenters import parties_for, shown_name
from referrals.presenters.needs import needs_rows
from referrals.views.base import ReferralFormView
from restorative.common import clock
from restorative.common.decisions import Decision, NotPossible, refuse
from restorative.common.formfields import write_date
from restorative.common.forms import BaseForm
from restorative.common.views import allows
from restorative.common.views_forms import PreviewMixin

NOT_NOW = {
    Stage.PAUSED: "It is not the right time now. Decide first that it is suitable.",
    Stage.FOLLOW_UP: "They have met. Another meeting is prepared first, from the referral page.",
    Stage.CLOSED: "This referral is closed.",
}


class Book(PreviewMixin, ReferralFormView):
    """Plans a meeting of all people in the referral, in two steps: preview the messages, then book."""

    title = "Plan the meeting"
    template_name = "meetings/book.html"
    form_class = BookForm
    submit_text = "See what is sent"
    presses = frozenset({"book", "change", "slot"})
    confirms = "book"
    may = allows(access.may_run, "referral")
    slots: tuple[datetime, ...] = ()
    planned: Plan

    # The form's choices

    def rooms(self) -> list[Venue]:
        """Rooms of the leading organisation and of the user's own."""
        return list(
            Venue.objects.filter(
                Q(organisation=self.referral.lead_organisation_id)
                | Q(organisation=self.request.user.organisation_id),
                retired_at__isnull=True,
            )
        )

    def get_form_kwargs(self) -> dict[str, Any]:
        user = self.request.user
        parties = parties_for(self.referral, user)
        rooms = [(str(room.pk), f"{room.name} (up to {room.capacity} people)") for room in self.rooms()]
        initial: dict[str, Any] = {"kind": kind_for(self.referral, parties)}
        if len(rooms) == 1:
            initial["venue"] = rooms[0][0]
        people = [(party.pk, shown_name(party, user)) for party in parties]
        return {"rooms": rooms, "people": people, "initial": initial}

    def plan(self, form: BookForm) -> Plan:
        """The plan in a valid form. Kept, because a refusal removes values from the form."""
        said = form.cleaned_data
        venue = (
            None if said["venue"] == VIDEO else next(r for r in self.rooms() if str(r.pk) == said["venue"])
        )
        self.planned = Plan(
            kind=MeetingKind(said["kind"]),
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            venue=venue,
            video=said["video"] if venue is None else "",
            arrivals=form.arrivals(),
        )
        return self.planned

    # What to settle first, and booking

    locked_words = "Nothing can be booked while something stands in the way."
    press_words = "Book the meeting"
    leaves_words = (
        "Nothing leaves within 10 minutes of booking. Each message is checked again before it goes."
    )
    check_title = "Check and book"
    done_words = "Booked"

    def first(self) -> dict[str, str] | None:
        """What must be settled before anything can be planned."""
        stage = Stage(self.referral.shown_stage)
        settle = first_settle(self.referral, self.request.user)
        return {"title": NOT_NOW[stage]} if settle is None and stage in NOT_NOW else settle

    def way(self) -> list[dict[str, str]]:
        return presenters.way(self.referral, self.request.user, self.at, "plan")[0]

    def check(self, plan: Plan) -> None:
        """Raise what the action would raise."""
        check_booking(referral=self.referral, plan=plan, by=self.request.user, at=self.at)

    def do(self, plan: Plan) -> Meeting:
        return book(referral=self.referral, plan=plan, by=self.request.user, at=self.at)

    def as_planned(self, plan: Plan) -> Meeting:
        """The meeting as it would be, only for the preview."""
        return Meeting(referral=self.referral, created_at=self.at, **plan.columns)

    # Requests

    def get_context(self) -> dict[str, Any]:
        first = self.first()
        rows = [] if first else self.way()
        return {
            **super().get_context(),
            "locked_words": self.locked_words,
            "press_words": self.press_words,
            "leaves_words": self.leaves_words,
            "first": first,
            "way": rows,
            "locked": bool(first or rows),
            "needs": needs_rows(parties_for(self.referral, self.request.user), self.request.user),
            "slots": [{"value": slot.isoformat(), "text": clock.show_when(slot)} for slot in self.slots],
        }

    def data(self) -> QueryDict:
        return self._with_slot(self.request.POST) if self.request.POST.get("slot") else self.request.POST

    def _with_slot(self, data: QueryDict) -> QueryDict:
        """The submitted form, moved to an alternative time, with its length kept."""
        moved = data.copy()
        try:
            start = clock.local(datetime.fromisoformat(data["slot"]))
        except ValueError:
            return moved
        form = self.form_class(data, **self.get_form_kwargs())
        if form.is_valid():
            ends = clock.local(start + (form.cleaned_data["ends_at"] - form.cleaned_data["starts_at"]))
            moved["ends_at"] = ends.strftime("%H:%M")
        moved["on"] = write_date(start.date())
        moved["starts_at"] = start.strftime("%H:%M")
        return moved

    def _say(self, form: BaseForm, refusal: NotPossible) -> None:  # type: ignore[override]
        super()._say(form, refusal)
        if isinstance(refusal, Clash):
            self.slots = tuple(free_slots(self.referral, self.planned, self.at))

    def preview(self, form: BookForm) -> HttpResponse:  # type: ignore[override]
        plan = self.plan(form)
        self.check(plan)
        self.keep(form)
        meeting = self.as_planned(plan)
        people = []
        for index, party in enumerate(parties_for(self.referral, self.request.user)):
            party.referral = self.referral
            attendance = Attendance(meeting=meeting, party=party, arrives_at=plan.arrives_at(party, index))
            people.append(Coming(attendance, party, shown_name(party, self.request.user)))
        self.title = self.check_title
        return self.show(
            form=form,
            preview=True,
            facts=presenters.facts(meeting, self.request.user),
            people_heads=["Arrives"],
            people=presenters.people_rows(meeting, people, self.request.user, came=False),
            told=presenters.preview(meeting, people, self.request.user, self.at),
        )

    def act(self, form: BaseForm) -> str:
        meeting = self.do(self.plan(form))
        messages.success(self.request, f"{self.done_words}: {clock.show_when(meeting.starts_at)}.")
        return reverse("meetings:show", args=[self.referral.reference, meeting.pk])


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
