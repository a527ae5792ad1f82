"""The referral page, and the page of one person in it."""

from typing import Any

from casework.presenters.page import referral_page
from casework.presenters.person import person_page
from referrals.presenters.grants import to_read
from referrals.views.base import ReferralPage
from referrals.views.person import PersonPage


class ShowReferral(ReferralPage):
    """One referral: next step, blockers, people, history."""

    template_name = "casework/show.html"
    title = "Referral"

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        self.title = f"{context['identity']['name']}, {self.referral.reference}"
        context |= referral_page(self.referral, self.request.user, self.at)
        return to_read(context) if context["reads_only"] else context


class ShowPerson(PersonPage):
    """One person: what is recorded, what is missing, and what they can be asked next."""

    template_name = "casework/party.html"

    title = "{name}"

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        page = person_page(self.party, self.request.user, self.at)
        context["identity"]["facts"].insert(0, page["about"])
        context |= {"back_href": self.referral_href, "back_text": "Back to the referral", **page}
        return to_read(context) if context["reads_only"] else context
