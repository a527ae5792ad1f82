"""The talk: one page for everything heard from one person alone, saved as separate rows by one action; and the check-in
that repeats five of its questions."""

from datetime import date
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst

from referrals.actions.consent import Asked
from referrals.actions.reaching import DO_NOT_APPROACH, RouteFacts, words_missing
from referrals.actions.readiness import rules_result
from referrals.actions.talk import ANOTHER_WAY, QUESTIONS, Said, Standing, Talk, check_in, save_talk, standing
from referrals.enums import READINESS_QUESTIONS, Answer, Capacity, Format, How, Purpose, Ready, RouteKind
from referrals.forms import agreeing, parts, reaching, words
from referrals.forms.agreeing import Ask
from referrals.forms.talk import CheckInForm, TalkForm
from referrals.presenters import words_agreed
from referrals.presenters.reach import route_kind, route_value
from referrals.views import asking
from referrals.views.person import PersonFormView
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.forms import BaseForm
from restorative.common.rules import rules
from restorative.common.views_forms import ActionFormView


class TalkPerson(PersonFormView):
    """A talk with one person, alone. Parts that were not reached stay as they were."""

    form_class = TalkForm
    title = "Talk with {name}, alone"
    action = save_talk

    @cached_property
    def asks(self) -> list[Ask]:
        """The questions, read once per request."""
        user = self.request.user
        so_far = asking.answered(self.party, user)
        asks = asking.asks_for(self.party, self.whom, user, so_far, self.at)
        # Questions about using their answers can wait: the consent page asks them, which keeps the talk short.
        return [ask for ask in asks if ask.purpose != Purpose.EVALUATION]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "asks": self.asks,
            "route": asking.route_so_far(self.party, self.request.user),
            "language": self.party.person.language,
            "helped": asking.helped_before(self.party, self.request.user),
            "supporter": self.party.is_supporter,
        }

    def get_context(self) -> dict[str, Any]:
        context = {**super().get_context(), "sheet": asking.what_is_told()}
        context["asked_not"] = self.asked_not()
        if self.known.said_do_not_approach:
            context["warning"] = (
                f"{DO_NOT_APPROACH.format(name=self.party.known_as)} Talk now only if they did."
            )
        elif self.nobody_agreed():
            name = self.party.known_as
            context["warning"] = (
                f"Nobody has agreed to the words used to reach {name} yet. Do not ring {name} before that. "
                f"Talk now only if {name} came to you."
            )
        elif self.party.answered_at is None:
            for wording in words_agreed(self.party, self.request.user)[:1]:
                context["intro"] = f"Say only this first: “{wording}”"
        if young := said_of_age(self.party.person.born_on, self.party.known_as, clock.today(self.at)):
            context["intro"] = " ".join(text for text in (context["intro"], young) if text)
        return context

    def nobody_agreed(self) -> bool:
        """Whether a person who has not answered may not be rung, as far as this user may know."""
        known = self.party.answered_at is not None or self.party.is_supporter
        return not known and words_missing(self.known, self.request.user)

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        self.talk = talk_from(self.form)
        return {"talk": self.talk}

    @property
    def success(self) -> str:
        """The results of the answers. Without names, because the message waits in the session for the next page."""
        talk = self.talk
        if talk.readiness is None or talk.judgement is None:
            return "Saved."
        return f"Saved. {right_time(rules_result(talk.readiness, READINESS_QUESTIONS), talk.judgement)}"


def said_of_age(born_on: date | None, name: str, day: date) -> str:
    """What to know before a talk with a person under 18, or ''."""
    age = clock.age_on(born_on, day) if born_on else rules().adult_age
    if age < rules().own_consent_age:
        return (
            f"{name} is {age}. Nobody meets before it is recorded that {name} understands enough to decide, or that a "
            f"parent who takes no part gives authority; {name}’s own yes is needed too."
        )
    if age < rules().adult_age:
        return (
            f"{name} is {age}: {name}’s own yes counts, and their parents are not contacted. Offer an advocate, "
            f"somebody who speaks for {name} alone."
        )
    return ""


def right_time(result: Ready, judgement: Ready) -> str:
    """The rules' result next to the worker's judgement."""
    by_rules, by_worker = str(Ready(result).label).lower(), str(Ready(judgement).label).lower()
    if result == judgement:
        return f"The right time? {capfirst(by_rules)}, by the answers and by your judgement."
    return f"The right time? By the answers: {by_rules}. By your judgement: {by_worker}."


def asked_from(cleaned: dict[str, Any]) -> Asked:
    """How a form's answers were taken."""
    return Asked(
        how=parts.how_asked(cleaned),
        alone=True,
        language=cleaned["language"],
        interpreter=parts.INTERPRETER in cleaned["help_kinds"],
        capacity=Capacity.DOUBT if cleaned["doubt"] else Capacity.CLEAR,
    )


def talk_from(form: BaseForm) -> Talk:
    """The talk as the action expects it, with only the parts that were reached."""
    cleaned, reached = form.cleaned_data, form.reached
    asked = asked_from(cleaned)
    facts: dict[str, Any] = {"asked": asked}
    facts["format"] = Format.PHONE if cleaned["how"] == How.PHONE else Format.IN_PERSON
    if "safety" in reached:
        facts["safety"] = parts.safety_answers(cleaned)
        facts["safety_details"] = parts.safety_details(cleaned)
    if "route" in reached:
        facts["route"] = RouteFacts(**reaching.route_facts(cleaned))
    if "consents" in reached:
        facts["said"] = tuple(Said(**said) for said in agreeing.consents_said(cleaned, form.asks))
    if "hopes" in reached:
        facts["preparation"] = {key: cleaned[key] for key in words.HOPES}
        facts["may_carry"] = cleaned["may_carry"]
    if "readiness" in reached:
        facts["readiness"] = parts.readiness_answers(cleaned)
        facts["readiness_notes"] = parts.readiness_notes(cleaned)
        facts["judgement"] = cleaned["judgement"]
        facts["judgement_reason"] = cleaned["reason"]
    if "ratings" in reached:
        facts["ratings"] = parts.ratings_of(cleaned)
    return Talk(**facts)


class CheckIn(PersonFormView):
    form_class = CheckInForm
    presses = frozenset({"later"})
    title = "Check in with {name}"
    intro = "Ask alone, in person or by phone. Saved together, this renews what was said before."
    submit_text = "{name} is alone: save"
    action = check_in

    @cached_property
    def found(self) -> Standing | list[str]:
        """What would be renewed, or why nothing can be."""
        user = self.request.user
        try:
            return standing(self.party, lambda model: model.objects.visible_to(user).filter(party=self.party))
        except NotPossible as refusal:
            return refusal.sentences

    def get_form_kwargs(self) -> dict[str, Any]:
        asked = self.found.route.pk if isinstance(self.found, Standing) else None
        return {**super().get_form_kwargs(), "way": self._way(), "route": asked}

    def _way(self) -> str:
        if not isinstance(self.found, Standing):
            return ""
        route = self.found.route
        if route.kind == RouteKind.IN_PERSON:
            return "in person, at an appointment"
        kind, value = route_kind(route).lower(), route_value(route)
        return f"by {kind} {'on' if route.kind in (RouteKind.TEXT, RouteKind.PHONE) else 'at'} {value}"

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        if not isinstance(self.found, Standing):
            name, supporter = self.party.known_as, self.party.is_supporter
            context["nothing"] = " ".join(self.found)
            context["nothing_href"] = self.party_href if supporter else self.link("talk")
            context["nothing_text"] = f"{name}’s page" if supporter else f"Talk with {name}"
        context["second_text"] = f"{self.party.known_as} is not alone: later"
        context["second_name"] = "later"
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "later" not in request.POST or "X-Draft" in request.headers:
            return super().post(request, *args, **kwargs)
        form = self.form_class(request.POST, **self.get_form_kwargs())
        self.keep(form)
        messages.info(request, "Not saved as answers. What you had filled in is kept for when you come back.")
        return HttpResponseRedirect(self.done(), status=303)

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "answers": {key: said[key] for key in QUESTIONS},
            "note": said["note"],
            "way": said["route"],
        }

    def done(self) -> str:
        return self.came_from[0] if self.came_from else self.still_seen

    @staticmethod
    def _say(form: BaseForm, refusal: NotPossible) -> None:
        """If the contact route has changed, the form asks about the current one."""
        ActionFormView._say(form, refusal)
        if ANOTHER_WAY in refusal.sentences:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["route"] = str(form["route"].initial)
            form.data.pop("same_way", None)

    @property
    def success(self) -> str:
        right = "Ready" if self.result.judgement == Ready.READY else "Not yet"
        return f"Saved. The right time? {right}."

    def tell(self) -> None:
        super().tell()
        if self.said["still_yes"] != Answer.YES:
            messages.info(self.request, "Nothing can be booked without a yes to taking part.")
        if self.said["same_way"] != Answer.YES:
            messages.info(
                self.request, "Nothing is sent that way any more. Record a safe way when you know one."
            )
