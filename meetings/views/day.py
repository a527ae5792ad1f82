"""The day of the meeting: what stands in the way of starting, each person's check, the start, and the record."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from meetings import access, presenters
from meetings.actions.recording import record_meeting
from meetings.actions.scheduling import start
from meetings.enums import COMING, RECORD_PROMPTS, MeetingStatus, Offered
from meetings.forms.day import DayCheckForm, RecordForm
from meetings.views.base import MeetingFormView, MeetingMixin
from meetings.views.meeting import NOT_BOOKED
from referrals import access as referral_access
from referrals.actions.readiness import check_on_the_day
from referrals.enums import DAY_QUESTIONS, Answer
from referrals.presenters import facilitators_of
from referrals.views.base import RETURNS, PartyFormView
from restorative.common import clock
from restorative.common.decisions import Decision, refuse
from restorative.common.views import allows


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
    success = "The meeting has started. Write the record within 2 working days."
    action = start
    may = allows(referral_access.may_start, "referral")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(self.href("today"))


class DayCheck(MeetingMixin, PartyFormView):
    policy = "party"
    audit_verb = "party_viewed"
    template_name = "meetings/day_check.html"
    title = "Ask {name} today"
    form_class = DayCheckForm
    success = "Saved what {name} said today."
    action = check_on_the_day

    def may(self) -> Decision:
        if self.meeting.shown_status not in COMING:
            return refuse(NOT_BOOKED)
        if clock.today(self.meeting.starts_at) != clock.today(self.at):
            return refuse(f"This is asked on the day itself: {clock.show_day(self.meeting.starts_at)}.")
        return super().may()

    def audited(self) -> dict[str, Any]:
        return {"thing": self.party, "referral_id": self.referral.pk, "party_id": self.party.pk}

    @property
    def home(self) -> tuple[str, str]:
        return self.href("today"), RETURNS["today"][1]

    @property
    def back_href(self) -> str:
        return self.return_href

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"answers": {key: said[key] for key in DAY_QUESTIONS}, "note": said["note"]}

    @property
    def called_off(self) -> bool:
        return any(self.said[key] != Answer.YES for key in ("safe", "still_yes", "decides"))

    def tell(self) -> None:
        if not self.called_off:
            return super().tell()
        text = "Saved. The meeting has been called off, and the others have not heard yet."
        return messages.info(self.request, text)

    def done(self) -> str:
        return self.href("show") if self.called_off else super().done()


class WriteRecord(MeetingFormView):
    template_name = "meetings/record.html"
    title = "Record"
    form_class = RecordForm
    submit_text = "Save the record"
    success = "Recorded. Speak with each person apart within 3 days."
    action = record_meeting

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
        when = presenters.when_words(self.meeting.starts_at, self.meeting.ends_at)
        return {**super().get_context(), "when": when}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "came": {row.party: said[f"came_{row.party.pk}"] for row in self.people},
            "answers": {key: said[key] for key in RECORD_PROMPTS},
            "helped": Offered(said["helped"] or Offered.NOT_SURE),
            **{key: said[key] for key in ("apology_offered", "apology_accepted", "stopped_why")},
        }

    def tell(self) -> None:
        if self.result is not None:
            return super().tell()
        return messages.info(self.request, "Saved: it did not happen. Another meeting can be planned.")
