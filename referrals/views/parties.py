"""Adding and removing people; their keyworker; what helps them to come; keeping a provisional record."""

from functools import cached_property
from typing import Any

from referrals import access, presenters
from referrals.actions.facilitation import invite
from referrals.actions.forgetting import keep_longer
from referrals.actions.parties import PersonFacts, add_party, leave, set_keyworker
from referrals.actions.personal import record_needs
from referrals.enums import OTHER_PLACES, OWN_PLACES, Answer, Place
from referrals.forms.parties import (
    InviteForm,
    KeepForm,
    KeyworkerForm,
    NeedsForm,
    PersonForm,
    told_us,
)
from referrals.models import Party
from referrals.presenters import approaching
from referrals.views.base import ReferralFormView, named
from referrals.views.person import PersonFormView
from restorative.common.decisions import ALLOWED, Decision
from restorative.common.views import allows


class AddPerson(ReferralFormView):
    """Adds a participant, or a participant's supporter. This contacts no one."""

    form_class = PersonForm
    template_name = "referrals/person_form.html"
    title = "Add a person"
    intro = "Nobody is contacted yet. The records check has to be asked for again, for their name."
    submit_text = "Add"
    success = "Added."
    action = add_party

    @cached_property
    def opened(self) -> list[Party]:
        """Participants whose compartment this user opens, for choosing whom a supporter is beside."""
        people = presenters.parties_for(self.referral, self.request.user)
        return [party for party in people if party.opened and not party.is_supporter]

    @cached_property
    def runs(self) -> Decision:
        return access.may_run(self.request.user, self.referral)

    def may(self) -> Decision:
        return ALLOWED if self.opened else self.runs

    def get_form_kwargs(self) -> dict[str, Any]:
        user = self.request.user
        beside = [(str(party.pk), party.known_as) for party in self.opened]
        wanted = self.request.GET.get("beside", "")
        places = [*OTHER_PLACES, *OWN_PLACES] if self.runs else []
        if beside:
            places.append((Place.SUPPORTER, "Supporter of somebody here"))
        initial = {"beside": wanted, "place": Place.SUPPORTER.value} if wanted in dict(beside) else {}
        keyworkers = [(str(each.pk), named(each)) for each in access.colleagues(user)]
        return {"places": places, "beside": beside, "keyworkers": keyworkers, "initial": initial}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        supporter, asked_first = said["place"] == Place.SUPPORTER, said["asked_first"] == Answer.YES
        beside = next((party for party in self.opened if str(party.pk) == said["beside"]), None)
        keyworker = access.colleagues(self.request.user).filter(pk=said["keyworker"] or None).first()
        return {
            "facts": PersonFacts(given=said["given"], family=said["family"], place=said["place"]),
            "beside": beside if supporter else None,
            "keyworker": keyworker,
            "asked_first": asked_first,
            "told_us": told_us(said, self.request.user) if asked_first else None,
        }


class Keyworker(PersonFormView):
    form_class = KeyworkerForm
    title = "Who supports {name}"
    warning = (
        "The new worker can see all that {name} told us, from this moment. "
        "The worker before them cannot, unless they manage here."
    )
    drafted = False
    action = set_keyworker
    goes_to = "still_seen"
    may = allows(access.may_set_keyworker, "party")

    @cached_property
    def workers(self) -> dict[str, Any]:
        """Colleagues of the organisation that supports this person."""
        found = access.colleagues(self.request.user).filter(organisation=self.party.organisation_id)
        return {str(each.pk): each for each in found}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "keyworkers": [(key, named(each)) for key, each in self.workers.items()],
            "keyworker": str(self.party.keyworker_id or ""),
        }

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"keyworker": self.workers.get(said["keyworker"])}


class Invite(PersonFormView):
    form_class = InviteForm
    title = "A professional {name} would like there"
    intro = "Nothing is sent. They stay out until everybody taking part has agreed to them."
    submit_text = "Note it"
    success = "Saved. Each person is asked whether they agree."
    action = invite


class Leave(PersonFormView):
    title = "Remove {name} from this referral"
    intro = (
        "For a person added by mistake, or who is not part of it any more. What {name} told us stays "
        "sealed. {name} is told nothing. It cannot be undone from here."
    )
    submit_text = "Remove from this referral"
    submit_tone = "stop"
    drafted = False
    action = leave
    goes_to = "seen_href"

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "instead_text": f"{self.party.known_as} wants to stop taking part: record that instead",
            "instead_href": self.link("withdraw"),
        }


class Needs(PersonFormView):
    form_class = NeedsForm
    title = "What helps {name}"
    intro = "The workers who plan and run the meeting read it, and those who support them. Nobody else does."
    action = record_needs

    def get_form_kwargs(self) -> dict[str, Any]:
        person = self.party.person
        return {**super().get_form_kwargs(), "language": person.language, "needs": person.access_needs}


class KeepLonger(PersonFormView):
    form_class = KeepForm
    title = "Keep the record of {name} longer"
    intro = (
        "{name} has not answered. On that day what we hold about {name} goes by itself: the name, how to reach "
        "them, and what was noted. It can be kept longer once, for the same time again."
    )
    submit_text = "Keep it longer"
    policy = "manager_of_the_party"
    action = keep_longer
    may = allows(access.may_keep_longer, "party")

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        context["facts"] = approaching.longer(self.known)
        if not context["facts"]:
            name = self.party.known_as
            context["nothing"] = f"The record of {name} does not go, so there is nothing to do here."
        return context
