"""The page of one person."""

from typing import Any

from casework.presenters.person import person_page
from referrals.presenters.grants import to_read
from referrals.views.person import PersonPage


class ShowPerson(PersonPage):
    """One person: what is recorded, what is missing, and what they can be asked next."""

    template_name = "casework/party.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.party.known_as

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        page = person_page(self.party, self.request.user, self.at)
        context["identity"]["facts"].insert(0, page["about"])
        context |= {"back_href": self.referral_href, "back_text": "Back to the referral", **page}
        return to_read(context) if context["reads_only"] else context
