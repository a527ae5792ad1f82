"""Protective shares and their review by a safeguarding lead; and a person's age."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse

from referrals import access
from referrals.actions.personal import ChildFacts, record_age
from referrals.actions.protecting import look_at_share, share_to_protect
from referrals.enums import STOPS, ChildResult, ShareWith
from referrals.forms.protecting import AgeForm, ShareForm
from referrals.models import ProtectiveShare
from referrals.presenters import safety as shown
from referrals.views.person import PersonFormView
from referrals.views.safety import SafetyFormView
from restorative.common.decisions import ALLOWED, Decision
from restorative.common.forms import BaseForm
from restorative.common.rules import rules
from restorative.common.views import ActionFormView


class ShareToProtect(SafetyFormView):
    """Records a protective share about one person: at any time, without consent."""

    form_class = ShareForm
    safety_only = True
    even_died = True
    submit_text = "Record it"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Share something about {self.party.known_as} to keep somebody safe"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {}

    def get_context(self) -> dict[str, Any]:
        house = self.party.organisation.name
        return {
            **super().get_context(),
            "warning": "If somebody is in danger now, ring 999 first.",
            "intro": "You need nobody’s agreement for this. Tell them first, then record it here. The safeguarding "
            f"leads of {house} are told at once. The other people in this referral, and their workers, are not.",
        }

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        share_to_protect(
            party=self.party,
            to=ShareWith(cleaned["to"]),
            reason=cleaned["reason"],
            content=cleaned["content"],
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, "Recorded. The safeguarding leads are told.")
        return self.done()


class ShowShare(ActionFormView):
    """One protective share on its own page: its safeguarding leads may see nothing else of the referral."""

    policy = "party"
    audit_verb = "protective_share_viewed"
    template_name = "referrals/share.html"
    title = "Shared to keep somebody safe"
    submit_text = "I have looked at this"
    drafted = False
    share: ProtectiveShare

    def load(self) -> None:
        rows = ProtectiveShare.objects.visible_to(self.request.user)
        found = (
            rows.select_related("party", "party__referral", "shared_by", "looked_by")
            .filter(pk=self.kwargs["share"])
            .first()
        )
        if found is None:
            raise Http404
        self.share = found

    def may(self) -> Decision:
        """Users who open the party may read it; only a safeguarding lead may review it."""
        if self.request.method != "POST":
            return ALLOWED
        return access.may_look_at_share(self.request.user, self.share)

    def audited(self) -> dict[str, Any]:
        referral = self.share.party.referral_id
        return {"thing": self.share, "referral_id": referral, "party_id": self.share.party_id}

    @property
    def back_href(self) -> str:
        party = self.share.party
        if access.may_open(self.request.user, party) and not party.left_at:
            return reverse("referrals:safety", args=[party.referral.reference, party.pk])
        return reverse("home")

    def get_context(self) -> dict[str, Any]:
        user = self.request.user
        asked = self.share.looked_at is None and bool(access.may_look_at_share(user, self.share))
        return {
            "identity": {"name": self.title, "facts": [self.share.party.referral.reference]},
            "facts": shown.share_facts(self.share, user),
            "asked": asked,
        }

    def act(self, form: BaseForm) -> str:
        look_at_share(share=self.share, by=self.request.user, at=self.at)
        messages.success(self.request, "Saved.")
        return reverse("home")


class Age(PersonFormView):
    """A person's date of birth; under 16, whether they can decide or which parent gives authority."""

    form_class = AgeForm

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"How old is {self.party.known_as}?"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"whom": self.whom, "born_on": self.party.person.born_on}

    def get_context(self) -> dict[str, Any]:
        own, adult = rules().own_consent_age, rules().adult_age
        return {
            **super().get_context(),
            "facts": shown.child_rows(self.party, self.request.user),
            "intro": f"Under {own}, this is recorded as a stop unless they understand enough to decide, or a parent "
            "who takes no part gives authority: a booked meeting is called off at once. Under "
            f"{adult}, a second person has to sign it off.",
        }

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        child = None
        if cleaned["result"]:
            child = ChildFacts(
                result=ChildResult(cleaned["result"]),
                how_known=cleaned["how_known"],
                parent=cleaned["parent"],
                parent_takes_part=cleaned["takes_part"] == "yes",
            )
        raised = record_age(
            party=self.party, born_on=cleaned["born_on"], child=child, by=self.request.user, at=self.at
        )
        messages.success(self.request, "Saved.")
        if any(kind in STOPS for kind in raised):
            messages.error(self.request, "A stop was recorded. Only a safeguarding lead can clear it.")
        if any(kind not in STOPS for kind in raised):
            messages.info(self.request, "A concern was recorded. Somebody else has to sign it off.")
        return self.done()
