"""The day of the meeting: what stands in the way of starting, each person's check, the start, and the record."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from meetings import access, presenters
from meetings.actions.recording import record_meeting
from meetings.actions.scheduling import start
from meetings.enums import COMING, RECORD_PROMPTS, Came, MeetingStatus, Offered
from meetings.forms.day import DayCheckForm, RecordForm
from meetings.views.base import MeetingFormView, MeetingMixin
from meetings.views.meeting import NOT_BOOKED
from referrals import access as referral_access
from referrals.actions.readiness import check_on_the_day
from referrals.enums import DAY_QUESTIONS
from referrals.presenters import facilitators_of
from referrals.views.base import RETURNS, PartyFormView
from restorative.common import clock
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm


class Today(MeetingFormView):
    """Can it start? A row per person, what stands in the way, and the button for users who run the meeting."""

    template_name = "meetings/today.html"
    title = "Can it start?"
    submit_text = "Start the meeting"
    drafted = False
    http_method_names = ["get", "head", "options"]

    def get_context(self) -> dict[str, Any]:
        user, meeting = self.request.user, self.meeting
        is_today = clock.today(meeting.starts_at) == clock.today(self.at)
        coming = meeting.shown_status in COMING
        place = f"today-{meeting.pk}"
        rows, sealed = (
            presenters.way(self.referral, user, self.at, place, meeting=meeting) if coming else ([], set())
        )
        running = [row.user.first_name for row in facilitators_of(self.referral, user)]
        return {
            **super().get_context(),
            "coming": coming,
            "people_heads": ["Day-of check"],
            "state": presenters.state(meeting),
            "is_today": is_today,
            "facts": presenters.facts(meeting, user)[:2],
            "way": rows,
            "people": presenters.today_rows(meeting, self.people, user, self.at, sealed),
            "may_start": bool(referral_access.may_start(user, self.referral)),
            "starters": ", ".join(running) or "nobody yet",
            "start_href": self.href("start"),
        }


class Start(Today):
    """Starts the meeting, past its gate. A refusal is shown on the day's page."""

    http_method_names = ["get", "post", "head", "options"]

    def may(self) -> Decision:
        return referral_access.may_start(self.request.user, self.referral)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(self.href("today"))

    def act(self, form: BaseForm) -> str:
        start(meeting=self.meeting, by=self.request.user, at=self.at)
        messages.success(self.request, "The meeting has started. Write the record within 2 working days.")
        return self.href("show")


class DayCheck(MeetingMixin, PartyFormView):
    """One person's day-of check: four answers, given alone."""

    policy = "party"
    audit_verb = "party_viewed"
    template_name = "meetings/day_check.html"
    form_class = DayCheckForm

    def load(self) -> None:
        super().load()
        self.title = f"Ask {self.party.known_as} today"

    def may(self) -> Decision:
        if self.meeting.shown_status not in COMING:
            return refuse(NOT_BOOKED)
        if clock.today(self.meeting.starts_at) != clock.today(self.at):
            return refuse(f"This is asked on the day itself: {clock.show_day(self.meeting.starts_at)}.")
        return super().may()

    def audited(self) -> dict[str, Any]:
        return {"thing": self.party, "referral_id": self.referral.pk, "party_id": self.party.pk}

    def done(self) -> str:
        return self.came_from[0] if self.came_from else self.href("today")

    @property
    def back_href(self) -> str:
        return self.done()

    def get_context(self) -> dict[str, Any]:
        words = self.came_from or RETURNS["today"]
        return {**super().get_context(), "back_text": words[1]}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"name": self.party.known_as}

    def act(self, form: BaseForm) -> str:
        answers = {key: form.cleaned_data[key] for key in DAY_QUESTIONS}
        check_on_the_day(
            party=self.party,
            answers=answers,
            note=form.cleaned_data["note"],
            by=self.request.user,
            at=self.at,
        )
        if answers["safe"] != "yes" or answers["still_yes"] != "yes" or answers["decides"] != "yes":
            messages.info(
                self.request, "Saved. The meeting has been called off, and the others have not heard yet."
            )
            return self.href("show")
        messages.success(self.request, f"Saved what {self.party.known_as} said today.")
        return self.done()


class WriteRecord(MeetingFormView):
    """Who came, and a text box per prompt."""

    template_name = "meetings/record.html"
    title = "Record"
    form_class = RecordForm
    submit_text = "Save the record"

    def may(self) -> Decision:
        may = access.may_record(self.request.user, self.meeting)
        if may and self.meeting.shown_status != MeetingStatus.STARTED:
            return refuse("Only a meeting that was started, and not yet recorded, can be recorded.")
        return may

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            "people": [(row.party.pk, row.name) for row in self.people],
            "supporters": [row.party.pk for row in self.people if row.party.is_supporter],
        }

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "when": presenters.when_words(self.meeting.starts_at, self.meeting.ends_at),
        }

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        row = record_meeting(
            meeting=self.meeting,
            came={row.party: Came(said[f"came_{row.party.pk}"]) for row in self.people},
            answers={key: said[key] for key in RECORD_PROMPTS},
            helped=Offered(said["helped"]) if said["helped"] else Offered.NOT_SURE,
            apology_offered=said["apology_offered"],
            apology_accepted=said["apology_accepted"],
            stopped_why=said["stopped_why"],
            by=self.request.user,
            at=self.at,
        )
        if row is None:
            messages.info(self.request, "Saved: it did not happen. Another meeting can be planned.")
        else:
            messages.success(self.request, "Recorded. Speak with each person apart within 3 days.")
        return self.href("show")
