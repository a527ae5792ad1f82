"""The referral page."""

from typing import Any

from casework.presenters.page import referral_page
from referrals.presenters.grants import to_read
from referrals.views.base import ReferralPage


class ShowReferral(ReferralPage):
    """One referral: next step, blockers, people, history."""

    template_name = "casework/show.html"

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        self.title = f"{context['identity']['name']}, {self.referral.reference}"
        context |= referral_page(self.referral, self.request.user, self.at)
        return to_read(context) if context["reads_only"] else context
