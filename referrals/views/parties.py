"""Adding and removing people; their keyworker; what helps them to come."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.utils.text import capfirst

from referrals import access, presenters
from referrals.actions.facilitation import invite
from referrals.actions.parties import PersonFacts, add_party, leave, set_keyworker
from referrals.actions.personal import record_needs
from referrals.enums import OTHER_PLACES, OWN_PLACES, Answer, Place
from referrals.forms.parties import (
    InviteForm,
    KeyworkerForm,
    NeedsForm,
    PersonForm,
    told_us,
)
from referrals.models import Party
from referrals.views.base import ReferralFormView
from referrals.views.person import PersonFormView
from restorative.common.decisions import ALLOWED, Decision
from restorative.common.forms import BaseForm


class AddPerson(ReferralFormView):
    """Adds a participant, or a participant's supporter. This contacts no one."""

    form_class = PersonForm
    template_name = "referrals/person_form.html"
    title = "Add a person"
    submit_text = "Add"

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
        found = [(place.value, capfirst(str(place.label))) for place in places]
        if beside:
            found.append((Place.SUPPORTER.value, "Supporter of somebody here"))
        initial = {"beside": wanted, "place": Place.SUPPORTER.value} if wanted in dict(beside) else {}
        keyworkers = [(str(each.pk), named(each)) for each in access.colleagues(user)]
        return {"places": found, "beside": beside, "keyworkers": keyworkers, "initial": initial}

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "intro": "Nobody is contacted yet. The records check has to be asked for again, for their name.",
        }

    def act(self, form: BaseForm) -> str:
        cleaned, user = form.cleaned_data, self.request.user
        supporter = cleaned["place"] == Place.SUPPORTER
        beside = next((party for party in self.opened if str(party.pk) == cleaned["beside"]), None)
        keyworker = access.colleagues(user).filter(pk=cleaned["keyworker"] or None).first()
        add_party(
            referral=self.referral,
            facts=PersonFacts(
                given=cleaned["given"], family=cleaned["family"], place=Place(cleaned["place"])
            ),
            beside=beside if supporter else None,
            keyworker=keyworker,
            asked_first=cleaned["asked_first"] == Answer.YES,
            told_us=told_us(cleaned, user) if cleaned["asked_first"] == Answer.YES else None,
            by=user,
            at=self.at,
        )
        messages.success(self.request, "Added.")
        return self.return_href


def named(worker: Any) -> str:
    """'Kit Example, City team'."""
    return f"{worker.full_name}, {worker.team.name}" if worker.team else worker.full_name


class Keyworker(PersonFormView):
    """Sets a person's keyworker. Access to what they told us moves at once."""

    form_class = KeyworkerForm
    drafted = False

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Who supports {self.party.known_as}"

    def may(self) -> Decision:
        return access.may_set_keyworker(self.request.user, self.party)

    @cached_property
    def workers(self) -> Any:
        """Colleagues of the organisation that supports this person."""
        found = access.colleagues(self.request.user)
        return found.filter(organisation=self.party.organisation_id)

    def get_form_kwargs(self) -> dict[str, Any]:
        chosen = str(self.party.keyworker_id or "")
        return {
            "whom": self.whom,
            "keyworkers": [(str(each.pk), named(each)) for each in self.workers],
            "initial": {"keyworker": chosen},
        }

    def get_context(self) -> dict[str, Any]:
        name = self.party.known_as
        return {
            **super().get_context(),
            "warning": f"Whoever supports {name} can see all that {name} told us, from this moment. "
            "Whoever did before can not, unless they manage here.",
        }

    def act(self, form: BaseForm) -> str:
        chosen = form.cleaned_data["keyworker"]
        keyworker = next((each for each in self.workers if str(each.pk) == chosen), None)
        set_keyworker(party=self.party, keyworker=keyworker, by=self.request.user, at=self.at)
        messages.success(self.request, "Saved.")
        return self.still_seen()


class Invite(PersonFormView):
    """Records a professional whom a person wants at the meeting."""

    form_class = InviteForm
    submit_text = "Note it"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"A professional {self.party.known_as} would like there"

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "intro": "Nothing is sent. They stay out until everybody taking part has agreed to them.",
        }

    def act(self, form: BaseForm) -> str:
        cleaned = form.cleaned_data
        invite(
            party=self.party,
            name=cleaned["name"],
            role=cleaned["role"],
            organisation=cleaned["organisation"],
            by=self.request.user,
            at=self.at,
        )
        messages.success(self.request, "Saved. Each person is asked whether they agree.")
        return self.done()


class Leave(PersonFormView):
    """Removes a person from the referral. What they told us stays sealed."""

    submit_text = "Take off this referral"
    submit_tone = "stop"
    drafted = False

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{self.party.known_as} is not part of this"

    def get_context(self) -> dict[str, Any]:
        name = self.party.known_as
        return {
            **super().get_context(),
            "intro": f"For somebody added by mistake, or who is not part of it any more. What {name} told us stays "
            f"sealed. {name} is told nothing. It cannot be undone from here.",
            "instead_text": f"{name} wants to stop taking part: record that instead",
            "instead_href": self.link("withdraw"),
        }

    def act(self, form: BaseForm) -> str:
        leave(party=self.party, by=self.request.user, at=self.at)
        messages.success(self.request, "Saved.")
        return self.still_seen_without()

    def still_seen_without(self) -> str:
        """The referral, or the home page if that was the user's only part in it."""
        seen = access.may_see(self.request.user, self.referral)
        return self.referral_href if seen else "/"


class Needs(PersonFormView):
    """What helps a person to come and to take part. The planner and the run sheet show it."""

    form_class = NeedsForm

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"What helps {self.party.known_as}"

    def get_form_kwargs(self) -> dict[str, Any]:
        person = self.party.person
        return {"initial": {"language": person.language, "needs": person.access_needs}}

    def get_context(self) -> dict[str, Any]:
        intro = "Whoever plans and runs the meeting reads it, and workers who support them. Nobody else does."
        return {**super().get_context(), "intro": intro}

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        record_needs(
            party=self.party, language=said["language"], needs=said["needs"], by=self.request.user, at=self.at
        )
        messages.success(self.request, "Saved.")
        return self.done()
