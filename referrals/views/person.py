"""What the pages about one person share: the person, the link back, the people they would meet.
Each page is in the module of its subject: parties, talk, consent, readiness, safety."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from referrals import access, presenters
from referrals.enums import STOPS
from referrals.facts import PartyFacts, facts_of
from referrals.models import Concern, ContactRoute, Party
from referrals.presenters import approaching
from referrals.views.base import PartyFormView, PartyPage
from restorative.common.forms import Whom

SEALED = "Others in this referral cannot see any of this"


class PersonMixin:
    """The bar at the top says whom the page is about, and that other parties cannot see it."""

    party: Party

    def identity(self) -> dict[str, Any]:
        return {"name": self.title, "facts": [self.referral.reference, SEALED]}

    @cached_property
    def known(self) -> PartyFacts:
        return facts_of(self.party.referral_id, self.at).parties[self.party.pk]

    @cached_property
    def whom(self) -> Whom:
        """The first names in the page's text, as far as this user may know them."""
        return Whom(self.party.known_as, SimpleLazyObject(self._others))

    def _others(self) -> str:
        user = self.request.user
        others = [
            presenters.shown_name(party, user)
            for party in presenters.parties_for(self.referral, user)
            if party.pk != self.party.pk and not party.is_supporter
        ]
        names = [name for name in dict.fromkeys(others) if name != presenters.OTHER]
        if not names or len(names) < len(set(others)):
            names.append("the other person")
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"

    def asked_not(self) -> list[dict[str, Any]]:
        """Warns if a possible match asked before not to be approached, as far as this user may know."""
        party, user = self.party, self.request.user
        if party.answered_at or party.is_own_place:
            return []
        keys = ContactRoute.objects.visible_to(user).filter(party=party).exclude(value_key="").order_by("pk")
        people = presenters.parties_for(self.referral, user)
        return approaching.asked_not(party, user, people, list(keys.values_list("value_key", flat=True)))

    def link(self, name: str, *args: Any) -> str:
        """The URL of another page about this person."""
        return reverse(f"referrals:{name}", args=[self.referral.reference, self.party.pk, *args])

    @property
    def still_seen(self) -> str:
        """Where to go after a change that may have ended the user's access: the person, the referral, or the home
        page."""
        return self.party_href if access.may_open(self.request.user, self.party) else self.seen_href


class PersonPage(PersonMixin, PartyPage):
    """A page about one person."""


class PersonFormView(PersonMixin, PartyFormView):
    template_name = "referrals/person_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"whom": self.whom}

    def tell(self) -> None:
        """Say also what follows from concerns that the answers on this page have raised."""
        super().tell()
        user = self.request.user
        raised = Concern.objects.visible_to(user).filter(party=self.party, raised_by=user)
        kinds = list(raised.filter(raised_at__gte=self.at).values_list("kind", flat=True))
        if any(kind in STOPS for kind in kinds):
            messages.error(self.request, "A stop was recorded. Only a safeguarding lead can clear it.")
        if any(kind not in STOPS for kind in kinds):
            messages.info(self.request, "A concern was recorded. Somebody else has to sign it off.")
