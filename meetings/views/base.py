"""What all pages of one meeting share: it is fetched through its scope, with the status this user may see."""

from typing import Any

from django.http import Http404
from django.urls import reverse

from meetings import presenters
from meetings.models import Meeting
from meetings.presenters import Coming
from referrals.views.base import ReferralFormView, ReferralMixin
from restorative.common.views import Page


class MeetingMixin(ReferralMixin):
    """Loads `self.meeting` and `self.people`, the people expected at it."""

    policy = "referral"
    audit_verb = "meeting_viewed"
    meeting: Meeting
    people: list[Coming]

    def load(self) -> None:
        super().load()
        found = (
            Meeting.objects.visible_to(self.request.user)
            .select_related("venue")
            .filter(referral=self.referral, pk=self.kwargs["meeting"])
            .first()
        )
        if found is None:
            raise Http404
        found.referral = self.referral
        self.meeting = found
        self.people = presenters.coming(found, self.request.user)

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
    """A form about one meeting."""
