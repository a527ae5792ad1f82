"""What lists, pages of one referral, and pages of one person in it share.
One referral or person is fetched through a scope; 404 if this user may not see it."""

from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from referrals import access, presenters
from referrals.actions.change import has_died
from referrals.models import Party, Referral
from restorative.common.decisions import Decision, refuse
from restorative.common.references import read_reference
from restorative.common.views import ActionFormView, Forbidden, Page

READS_ONLY = "You were let in to read"
# `?from=`: the pages a form returns to, and the text of the link back. Pages of one meeting carry its id.
RETURNS = {
    "referral": ("casework:show", "Back to the referral"),
    "plan": ("meetings:book", "Back to the plan"),
    "meeting": ("meetings:show", "Back to the meeting"),
    "today": ("meetings:today", "Back to the day of the meeting"),
}


class CaseworkPage(Page):
    """A list for those who do casework. Others are told which page is theirs."""

    policy = "casework"
    audit_verb = "list_viewed"
    rows: list[Any]

    def may(self) -> Decision:
        if access.can(self.request.user, "search"):
            return access.ALLOWED
        return refuse("Your role does not open referrals.")

    def audited(self) -> dict[str, Any] | None:
        return {"things": [row.pk for row in self.rows], "thing_type": "referral"} if self.rows else None


class ReferralMixin:
    """Loads `self.referral` by its reference, for a user who may see the shell."""

    policy = "referral"
    audit_verb = "referral_viewed"
    referral: Referral

    def load(self) -> None:
        super().load()
        reference = self.kwargs["reference"]
        if read_reference(reference) != reference:
            raise Http404  # no other string is a reference, and databases reject some characters of a URL
        found = (
            Referral.objects.visible_to(self.request.user, reference=reference)
            .with_shown_stage(self.request.user)
            .with_records_waiting()
            .with_what_is_there()
            .select_related("lead", "lead__team", "lead_organisation")
            .first()
        )
        if found is None:
            raise Http404
        found.seen_by = self.request.user.pk
        self.referral = found

    @property
    def referral_href(self) -> str:
        return reverse("casework:show", args=[self.referral.reference])

    @property
    def back_href(self) -> str:
        return self.return_href

    @cached_property
    def came_from(self) -> tuple[str, str] | None:
        """The page of this referral that a form was opened from: its URL and the text of the link back."""
        place, _, key = self.request.GET.get("from", "").partition("-")
        if place not in RETURNS or bool(key) != (place in ("meeting", "today")):
            return None
        name, words = RETURNS[place]
        try:
            return reverse(name, args=[self.referral.reference, *([UUID(key)] if key else [])]), words
        except ValueError:
            return None

    @property
    def return_href(self) -> str:
        """The URL that a form about the whole referral returns to."""
        return self.came_from[0] if self.came_from else self.referral_href

    def audited(self) -> dict[str, Any] | None:
        return {"thing": self.referral, "referral_id": self.referral.pk}

    def get_context(self) -> dict[str, Any]:
        reads_only = not access.can(self.request.user, "work_with")
        identity = presenters.identity(self.referral, self.request.user)
        if reads_only:
            identity["facts"].append(READS_ONLY)
        return {
            **super().get_context(),
            "referral": self.referral,
            "identity": identity,
            "reads_only": reads_only,
        }


class PartyMixin(ReferralMixin):
    """Loads `self.party` too, for a user who opens that compartment."""

    policy = "party"
    audit_verb = "party_viewed"
    party: Party
    safety_only = False

    def load(self) -> None:
        super().load()
        parties = (
            Party.objects.safety_opened_by(self.request.user)
            if self.safety_only
            else Party.objects.opened_by(self.request.user)
        )
        found = (
            parties.select_related("person", "keyworker", "keyworker__team", "organisation", "beside")
            .filter(referral=self.referral, pk=self.kwargs["party"], left_at__isnull=True)
            .first()
        )
        if found is None:
            raise Http404
        found.referral = self.referral
        self.party = found

    @property
    def party_href(self) -> str:
        return reverse("casework:party", args=[self.referral.reference, self.party.pk])

    @property
    def back_href(self) -> str:
        return self.party_href

    def audited(self) -> dict[str, Any] | None:
        return {"thing": self.party, "referral_id": self.referral.pk, "party_id": self.party.pk}

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "party": self.party}


def require_writes(user: Any) -> None:
    """Raise Forbidden for a user who may only read."""
    if not access.can(user, "work_with"):
        raise Forbidden("You were let in to read. Nothing can be changed from here.")


class ReferralPage(ReferralMixin, Page):
    """A page about one referral."""


class ReferralFormView(ReferralMixin, ActionFormView):
    """A form about one referral. Governance users with a grant see those that are `readable`, and cannot submit
    any."""

    readable: ClassVar[bool] = False

    def load(self) -> None:
        super().load()
        if not self.readable or self.request.method not in ("GET", "HEAD"):
            require_writes(self.request.user)

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        if self.back_href == self.return_href:
            context["back_text"] = self.came_from[1] if self.came_from else RETURNS["referral"][1]
        return context


class PartyPage(PartyMixin, Page):
    """A page about one person in a referral."""


class PartyFormView(PartyMixin, ActionFormView):
    """A form about one person. It returns to the page the worker came from (see `came_from`), or to the person.

    Forbidden for a person who has died, unless `even_died`.
    """

    even_died = False

    def load(self) -> None:
        super().load()
        require_writes(self.request.user)
        if self.party.person.died_on and not self.even_died:
            raise Forbidden(has_died(self.party))

    def done(self) -> str:
        """The URL to go to after saving."""
        return self.came_from[0] if self.came_from else self.party_href

    @property
    def back_href(self) -> str:
        return self.done()
