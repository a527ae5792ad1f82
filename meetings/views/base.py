"""What all pages of one meeting share: it is fetched through its scope, with the status this user may see."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse

from meetings import presenters
from meetings.models import Meeting
from meetings.presenters import Coming
from referrals.views.base import ReferralFormView, ReferralMixin
from restorative.common.views import Page


def step(heading: str, text: str = "", action_text: str = "", action_href: str = "") -> dict[str, str]:
    """What components/next_step.html shows."""
    return {"heading": heading, "text": text, "action_text": action_text, "action_href": action_href}


class MeetingMixin(ReferralMixin):
    """Loads `self.meeting` and `self.people`, the people expected at it."""

    policy = "referral"
    audit_verb = "meeting_viewed"
    meeting: Meeting
    people: list[Coming]

    def load(self) -> None:
        super().load()
        rows = Meeting.objects.visible_to(self.within).select_related("venue")
        self.meeting = get_object_or_404(rows, pk=self.kwargs["meeting"])
        self.meeting.referral = self.referral
        self.people = presenters.coming(self.meeting, self.request.user)

    def audited(self) -> dict[str, Any] | None:
        return {"thing": self.meeting, "referral_id": self.referral.pk}

    def href(self, name: str) -> str:
        """The URL of another page of this meeting."""
        return reverse(f"meetings:{name}", args=[self.referral.reference, self.meeting.pk])

    @property
    def back_href(self) -> str:
        return self.href("show")

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "meeting": self.meeting}


class MeetingPage(MeetingMixin, Page):
    """A page about one meeting."""


class MeetingFormView(MeetingMixin, ReferralFormView):
    about = "meeting"
