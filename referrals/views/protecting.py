"""Protective shares and their review by a safeguarding lead; and a person's age."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse

from referrals import access
from referrals.actions.personal import ChildFacts, record_age
from referrals.actions.protecting import look_at_share, share_to_protect
from referrals.forms.protecting import AgeForm, ShareForm
from referrals.models import ProtectiveShare
from referrals.presenters import safety as shown
from referrals.views.person import PersonFormView
from referrals.views.safety import SafetyFormView
from restorative.common.decisions import ALLOWED, Decision
from restorative.common.views_forms import ActionFormView


class ShareToProtect(SafetyFormView):
    form_class = ShareForm
    safety_only = True
    even_died = True
    title = "Share something about {name} to keep somebody safe"
    warning = "If somebody is in danger now, ring 999 first."
    intro = (
        "You need nobody’s agreement for this. Tell them first, then record it here. The safeguarding "
        "leads of {house} are told at once. The other people in this referral, and their workers, are not."
    )
    submit_text = "Record it"
    success = "Recorded. The safeguarding leads are told."
    action = share_to_protect

    def load(self) -> None:
        super().load()
        self.names["house"] = self.party.organisation.name


class ShowShare(ActionFormView):
    """One protective share on its own page: its safeguarding leads may see nothing else of the referral."""

    policy = "party"
    audit_verb = "protective_share_viewed"
    template_name = "referrals/share.html"
    title = "Shared to keep somebody safe"
    submit_text = "I have looked at this"
    drafted = False
    action, about = look_at_share, "share"
    share: ProtectiveShare

    def load(self) -> None:
        rows = ProtectiveShare.objects.visible_to(self.request.user)
        rows = rows.select_related("party", "party__referral", "shared_by", "looked_by")
        self.share = get_object_or_404(rows, pk=self.kwargs["share"])

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
            **super().get_context(),
            "identity": {"name": self.title, "facts": [self.share.party.referral.reference]},
            "facts": shown.share_facts(self.share, user),
            "asked": asked,
        }

    def done(self) -> str:
        return reverse("home")


class Age(PersonFormView):
    form_class = AgeForm
    title = "How old is {name}?"
    intro = (
        "Under {rules.own_consent_age}, this is recorded as a stop unless they understand enough to decide, or a "
        "parent who takes no part gives authority: a booked meeting is called off at once. Under {rules.adult_age}, "
        "a second person has to sign it off."
    )
    action = record_age

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "born_on": self.party.person.born_on}

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "facts": shown.child_rows(self.party, self.request.user)}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        child = None
        if said["result"]:
            child = ChildFacts(
                result=said["result"],
                how_known=said["how_known"],
                parent=said["parent"],
                parent_takes_part=said["takes_part"] == "yes",
            )
        return {"born_on": said["born_on"], "child": child}
