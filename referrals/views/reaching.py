"""One person's safe contact routes, and how they were approached."""

from functools import cached_property
from typing import Any

from referrals import presenters
from referrals.actions.reaching import (
    DO_NOT_APPROACH,
    STOPPED,
    RouteFacts,
    record_approach,
    record_route,
    stop_known_to,
    words_missing,
)
from referrals.enums import Answer, ApproachResult
from referrals.forms import reaching
from referrals.forms.parties import (
    ApproachForm,
    RouteForm,
    told_us,
)
from referrals.models import SafetyAnswers
from referrals.presenters import approaching, reach
from referrals.views import asking
from referrals.views.person import PersonFormView

REPLACES = "A newer answer for the same way replaces the older one."
ONE_WAY = (
    "{name} has not answered yet: until then a name and one way to reach {name} are kept. Another way, of whatever "
    "kind, replaces it."
)


class Routes(PersonFormView):
    """The known contact routes, and a form for a new or changed one. `?kind=` selects one."""

    form_class = RouteForm
    title = "How to reach {name} safely"
    action = record_route

    @cached_property
    def shares_home(self) -> bool:
        """Whether they share a home with another party, when last asked. Unknown means yes."""
        rows = SafetyAnswers.objects.visible_to(self.request.user).filter(party=self.party)
        newest = rows.order_by("-asked_at", "-pk").first()
        return newest is None or newest.shares_home

    def get_form_kwargs(self) -> dict[str, Any]:
        kind = self.request.GET.get("kind", "")
        return {
            **super().get_form_kwargs(),
            "initial": asking.route_so_far(self.party, self.request.user, kind),
            "without": () if self.shares_home else ("screen_seen",),
        }

    def get_context(self) -> dict[str, Any]:
        user = self.request.user
        return {
            **super().get_context(),
            "routes": reach.route_boxes(
                reach.routes_of(self.party, user),
                self.shares_home,
                user,
                facilitates=reach.knows_what_is_shared(user, self.referral),
            ),
            "intro": ONE_WAY.format(name=self.party.known_as) if self.known.keeps_one_route else REPLACES,
        }

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        facts = reaching.route_facts(said)
        facts["allowed"] = facts["allowed"] and said["allowed"] == Answer.YES
        return {"facts": RouteFacts(**facts), "confirmed": said["confirmed"] == Answer.YES}


class ApproachPerson(PersonFormView):
    """The result of an approach, or why none is needed."""

    form_class = ApproachForm
    title = "Reaching {name}"
    intro = (
        "Reaching {name} tells {name} something about the person who asked. So that person agrees to the exact words "
        "first, and only these are said."
    )
    action = record_approach

    def get_context(self) -> dict[str, Any]:
        name = self.party.known_as
        context = super().get_context()
        # A person who has answered was reached: whether the words still count concerns only the party who approved
        # them.
        reached = self.party.answered_at is not None
        missing = not reached and words_missing(self.known, self.request.user)
        agreed = () if reached or missing else presenters.words_agreed(self.party, self.request.user)
        context["facts"] = [{"key": "The words to use", "value": wording} for wording in agreed]
        context["facts"] += approaching.came_rows(self.party, self.request.user)
        if self.known.said_do_not_approach:
            context["warning"] = DO_NOT_APPROACH.format(name=name)
        elif stop_known_to(self.request.user, self.known.facts):
            context["warning"] = STOPPED.format(name=name)
        elif missing:
            context["warning"] = (
                f"There are no agreed words to use just now. {name} is not approached before there are."
            )
        context["asked_not"] = self.asked_not()
        return context

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        result = said["result"]
        came = result in ApproachForm.CAME
        return {
            "how": said["how"],
            "asked_first": result == ApproachForm.ASKED,
            "told_unprompted": result == ApproachForm.TOLD,
            "told_us": told_us(said, self.request.user) if came else None,
            "result": ApproachResult.NOT_YET if came else result,
        }
