"""What lists, pages of one referral, and pages of one person in it share.
One referral or person is fetched through a scope; 404 if this user may not see it."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from referrals import access, presenters
from referrals.actions.change import has_died
from referrals.models import Party, Referral
from referrals.querysets_rules import Within
from restorative.common.decisions import Decision, refuse
from restorative.common.references import read_reference
from restorative.common.views import Forbidden, Page
from restorative.common.views_forms import ActionFormView

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
    within: Within  # what this user sees and opens of it

    def load(self) -> None:
        super().load()
        reference = self.kwargs["reference"]
        if read_reference(reference) != reference:
            raise Http404  # no other string is a reference, and databases reject some characters of a URL
        user = self.request.user
        here = Within.of(user, reference=reference)
        rows = Referral.objects.visible_to(here).with_shown_stage(here)
        rows = rows.with_records_waiting().with_what_is_there()
        self.referral = get_object_or_404(rows.select_related("lead", "lead__team", "lead_organisation"))
        self.referral.seen_by = user.pk
        self.referral._within = self.within = here

    @property
    def tab_title(self) -> str:
        return f"{super().tab_title}, {self.referral.reference}"

    @property
    def referral_href(self) -> str:
        return reverse("casework:show", args=[self.referral.reference])

    def link(self, name: str, *args: Any) -> str:
        """The URL of another page about this referral."""
        return reverse(f"referrals:{name}", args=[self.referral.reference, *args])

    @property
    def seen_href(self) -> str:
        """The referral, or the home page if a change has ended the user's access to it."""
        return self.referral_href if access.may_see(self.request.user, self.referral) else reverse("home")

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
    def home(self) -> tuple[str, str]:
        """Where the page returns to unless it was opened from another: the URL and the text of the link back."""
        return self.referral_href, RETURNS["referral"][1]

    @property
    def return_href(self) -> str:
        return (self.came_from or self.home)[0]

    @property
    def back_href(self) -> str:
        return self.return_href

    def audited(self) -> dict[str, Any] | None:
        return {"thing": self.referral, "referral_id": self.referral.pk}

    def identity(self) -> dict[str, Any]:
        """The bar at the top: what the page is about."""
        return presenters.identity(self.referral, self.request.user)

    def get_context(self) -> dict[str, Any]:
        reads_only = not access.can(self.request.user, "work_with")
        identity = self.identity()
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
        opened = self.within.opened_safety if self.safety_only else self.within.opened
        people = {party.pk: party for party in presenters.parties_for(self.referral, self.request.user)}
        found = people.get(self.kwargs["party"])
        if found is None or found.pk not in opened:
            raise Http404
        if found.beside_id in people:
            found.beside = people[found.beside_id]
        found.referral = self.referral
        self.party = found
        self.names["name"] = self.party.known_as

    @property
    def party_href(self) -> str:
        return reverse("casework:party", args=[self.referral.reference, self.party.pk])

    @property
    def home(self) -> tuple[str, str]:
        return self.party_href, f"Back to {self.party.known_as}"

    def audited(self) -> dict[str, Any] | None:
        return {"thing": self.party, "referral_id": self.referral.pk, "party_id": self.party.pk}

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "party": self.party}


def as_choices(workers: Iterable[Any]) -> list[tuple[str, str]]:
    """Workers as choices of a form, by their full names."""
    return [(str(each.pk), each.full_name) for each in workers]


def named(worker: Any) -> str:
    """'Kit Example, City team'."""
    return f"{worker.full_name}, {worker.team.name}" if worker.team else worker.full_name


def require_writes(user: Any) -> None:
    """Raise Forbidden for a user who may only read."""
    if not access.can(user, "work_with"):
        raise Forbidden("You were let in to read. Nothing can be changed from here.")


class ReferralPage(ReferralMixin, Page):
    """A page about one referral."""


class ReturnMixin:
    """The text of a form's link back names the page that the form returns to."""

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        if self.back_href == self.return_href:
            context["back_text"] = (self.came_from or self.home)[1]
        return context


class ReferralFormView(ReturnMixin, ReferralMixin, ActionFormView):
    """A form about one referral. Governance users with a grant see those that are `readable`, and cannot submit
    any."""

    about = "referral"
    readable: ClassVar[bool] = False

    def load(self) -> None:
        super().load()
        if not self.readable or self.request.method not in ("GET", "HEAD"):
            require_writes(self.request.user)


class PartyPage(PartyMixin, Page):
    """A page about one person in a referral."""


class PartyFormView(ReturnMixin, PartyMixin, ActionFormView):
    """A form about one person. It returns to the page the worker came from (see `came_from`), or to the person.

    Forbidden for a person who has died, unless `even_died`.
    """

    about = "party"
    even_died = False

    def load(self) -> None:
        super().load()
        require_writes(self.request.user)
        if self.party.person.died_on and not self.even_died:
            raise Forbidden(has_died(self.party))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"name": self.party.known_as}
