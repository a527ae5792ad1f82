"""One meeting: its page and run sheet, calling it off, and releasing a call-off."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse

from meetings import access, presenters
from meetings.actions.calling_off import call_off, release, say_safe
from meetings.enums import COMING, RECORD_PROMPTS, CallOffReason, MeetingStatus
from meetings.forms.day import SafeForm
from meetings.models import CallOff, Meeting, Record
from meetings.presenters import hold
from meetings.views.base import MeetingFormView, MeetingPage, step
from referrals import access as referral_access
from referrals.enums import Answer
from referrals.presenters.blocker_rows import BlockerRow
from referrals.presenters.consent_rows import carried_rows
from referrals.presenters.needs import needs_rows
from restorative.common import clock
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm

NOT_BOOKED = "This meeting is not booked any more."
STARTED = "This meeting has started. Record it, and write why it stopped."


AFTER = {
    MeetingStatus.CALLED_OFF: ("This meeting was called off", "Nobody is expected."),
    MeetingStatus.MOVED: ("This meeting was moved", "Nobody is expected at this time."),
    MeetingStatus.TOOK_PLACE: ("This meeting took place", "Speak with each person apart within 3 days."),
    MeetingStatus.DID_NOT_HAPPEN: (
        "This meeting did not happen",
        "Fewer than two people came. Another can be planned.",
    ),
}


class ShowMeeting(MeetingPage):
    """When, where, who comes, what each person is sent, and what can be done."""

    template_name = "meetings/show.html"
    title = "Meeting, {when}"
    record: Record | None

    def load(self) -> None:
        super().load()
        self.names["when"] = clock.show_when(self.meeting.starts_at)
        self.record = presenters.record_of(self.meeting, self.request.user)
        self.hold = hold.hold(self.meeting, self.request.user, self.at)

    def audited(self) -> dict[str, Any]:
        return {**super().audited(), "fields": ["record"] if self.record else []}

    def get_context(self) -> dict[str, Any]:
        user, meeting = self.request.user, self.meeting
        rows = presenters.people_rows(meeting, self.people, user, came=self.record is not None)
        return {
            **super().get_context(),
            "state": presenters.state(meeting, on_hold=self.hold is not None),
            "hold": self.hold,
            "moved": self.moved(),
            "next_step": self.next_step(),
            "facts": presenters.facts(meeting, user),
            "people_heads": ["Arrives", "Came"] if self.record else ["Arrives"],
            "past": meeting.shown_status in presenters.PAST,
            "people_title": "Who was expected" if meeting.shown_status in presenters.PAST else "Who comes",
            "people": rows,
            "told": presenters.sent(
                meeting, self.people, self.request.user, self.at, on_hold=self.hold is not None
            ),
            "record": presenters.record_rows(self.record) if self.record else [],
            "links": self.links(),
            "back_href": self.referral_href,
        }

    def moved(self) -> dict[str, str] | None:
        """The meeting that superseded this one."""
        rows = Meeting.objects.visible_to(self.request.user).filter(supersedes=self.meeting)
        newer = rows.first() if self.meeting.shown_status == MeetingStatus.MOVED else None
        if newer is None:
            return None
        href = reverse("meetings:show", args=[self.referral.reference, newer.pk])
        return {"title": f"Moved to {clock.show_when(newer.starts_at)}", "action_href": href}

    def next_step(self) -> dict[str, str]:
        user, meeting = self.request.user, self.meeting
        if presenters.to_release(meeting, user):
            return step(
                "Next: tell the others that it is not happening",
                "They have not heard yet. First it is asked whether it is safe if they hear today.",
                "Release",
                self.href("release"),
            )
        if meeting.shown_status in COMING:
            return self._before()
        if meeting.shown_status != MeetingStatus.STARTED:
            return step(*AFTER[MeetingStatus(meeting.shown_status)])
        heading = "Next: write the record"
        if not access.may_record(user, meeting):
            return step(heading, "A facilitator writes it.")
        text = "Within 2 working days: who came, and what each person agrees may be noted."
        return step(heading, text, "Write the record", self.href("record"))

    def _before(self) -> dict[str, str]:
        day, today = clock.today(self.meeting.starts_at), clock.today(self.at)
        if self.hold and day >= today:
            return self._on_hold(self.hold["rows"])
        if day > today:
            return step(
                f"Next: meet on {clock.show_when(self.meeting.starts_at)}",
                "Each person is asked again on the day. Anybody can still say no.",
                "See what stands in the way",
                self.href("today"),
            )
        if day == today:
            text = "Well enough, safe, still yes? Then a facilitator starts it."
            return step("Next: ask each person today", text, "Today", self.href("today"))
        text = "Its day has passed. Call it off, then another can be planned."
        return step("This meeting was not started", text, "Call it off", self.href("call_off"))

    def _on_hold(self, rows: list[BlockerRow]) -> dict[str, str]:
        mine = next((row for row in rows if row.is_theirs), None)
        if mine is None:
            return step("Nothing for you to do now", "What the meeting needs is with somebody else.")
        heading = f"Next: {mine.action_text[:1].lower()}{mine.action_text[1:]}"
        return step(heading, mine.sentence, mine.action_text, mine.action_href)

    def links(self) -> list[dict[str, str]]:
        links = []
        if self.meeting.shown_status in COMING:
            links.append({"text": "Today: can it start?", "href": self.href("today")})
            links += hold.links(self.meeting, self.request.user)
            if access.may_call_off(self.request.user, self.meeting):
                links.append({"text": "Move it", "href": self.href("move")})
                links.append({"text": "Call it off", "href": self.href("call_off")})
        if self.meeting.shown_status in (*COMING, MeetingStatus.STARTED):
            links.append({"text": "Run sheet, to print", "href": self.href("run_sheet")})
        return links


class RunSheet(MeetingPage):
    """One page to print: when, where, who arrives when, and the prompts with room to write."""

    template_name = "meetings/run_sheet.html"
    audit_verb = "run_sheet_viewed"
    title = "Run sheet"

    def get_context(self) -> dict[str, Any]:
        user = self.request.user
        return {
            **super().get_context(),
            "facts": presenters.facts(self.meeting, user),
            "people_heads": ["Arrives"],
            "people": presenters.people_rows(self.meeting, self.people, user, came=False),
            "needs": needs_rows([row.party for row in self.people], user),
            "carried": carried_rows(self.referral, user, self.at),
            "prompts": [str(label) for label in RECORD_PROMPTS.values()],
            "back_href": self.back_href,
        }


class CallMeetingOff(MeetingFormView):
    """Shows who is told what and when, and calls the meeting off as the worker's own decision."""

    template_name = "meetings/call_off.html"
    title = "Call this meeting off"
    submit_text = "Call it off"
    submit_tone = "stop"
    success = "The meeting has been called off. Its workers are told at once."
    drafted = False
    action = call_off

    def may(self) -> Decision:
        may = access.may_call_off(self.request.user, self.meeting)
        if may and self.meeting.shown_status not in COMING:
            return refuse(STARTED if self.meeting.shown_status == MeetingStatus.STARTED else NOT_BOOKED)
        return may

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "facts": presenters.facts(self.meeting, self.request.user)[:2],
            "told": presenters.hear_it_is_off(self.meeting, self.people, self.request.user, self.at)
            if self.meeting.starts_at > self.at
            else [],
            "others": presenters.others_words(self.people),
        }


class Release(MeetingFormView):
    """First asks whether it is safe for the party it came from if the others hear today; then shows the exact words,
    and the release.

    The question is asked again each day, and with `?again=<call-off>` if the answer has changed. A user who may not
    know of the call-off gets 404.
    """

    policy = "party"
    template_name = "meetings/release.html"
    title = "Let the others hear"
    form_class = SafeForm
    drafted = False
    call_off: CallOff

    def load(self) -> None:
        super().load()
        waiting = presenters.to_release(self.meeting, self.request.user)
        if not waiting:
            raise Http404
        self.waiting = waiting
        again = self.request.GET.get("again")
        ask = [row for row in waiting if not row.said_safe_today(self.at) or str(row.pk) == again]
        self.call_off = (ask or waiting)[0]
        self.asks = bool(ask)
        self.form_class = SafeForm if self.asks else BaseForm
        self.submit_text = "Save answer" if self.asks else "Tell the others now"
        self.submit_tone = "" if self.asks else "stop"

    def may(self) -> Decision:
        if self.asks:
            return access.may_say_safe(self.request.user, self.call_off)
        if self.request.method == "POST":
            return access.may_release(self.request.user, self.call_off)
        return super().may()

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"name": self.call_off.party.known_as} if self.asks else {}

    def get_context(self) -> dict[str, Any]:
        withdrew = frozenset(row.party_id for row in self.waiting if row.reason == CallOffReason.WITHDREW)
        runs = referral_access.may_run(self.request.user, self.referral)
        return {
            **super().get_context(),
            "asks": self.asks,
            "may_release": bool(runs),
            "name": self.call_off.party.known_as,
            "said": [] if self.asks else [self.said_safe(row) for row in self.waiting],
            "facts": presenters.facts(self.meeting, self.request.user)[:2],
            "told": presenters.hear_it_is_off(
                self.meeting, self.people, self.request.user, self.at, but=withdrew
            )
            if self.meeting.starts_at > self.at
            else [],
        }

    def said_safe(self, row: CallOff) -> dict[str, str]:
        """Who said today that it is safe, with a link to take that back."""
        by, name = row.said_safe_by.first_name, row.party.known_as
        when = clock.show_when(row.said_safe_at)
        return {
            "text": f"{by} said on {when} that it is safe today for {name}.",
            "action_text": f"Ask {name} again",
            "action_href": f"{self.href('release')}?again={row.pk}",
        }

    def act(self, form: BaseForm) -> str:
        user, name = self.request.user, self.call_off.party.known_as
        if not self.asks:
            release(call_off=self.call_off, by=user, at=self.at)
            messages.success(self.request, "Released. The others are told that it is not happening.")
            return self.href("show")
        safe = form.cleaned_data["safe_today"] == Answer.YES
        say_safe(call_off=self.call_off, by=user, safe=safe, at=self.at)
        if not safe:
            messages.info(self.request, f"Nobody is told yet. Ask {name} again before the meeting.")
            return self.href("show")
        messages.success(self.request, f"Noted: it is safe for {name} if the others hear today.")
        return self.href("release")
