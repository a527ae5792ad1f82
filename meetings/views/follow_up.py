"""One follow-up call with a person; and a conversation that already happened."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from meetings import access
from meetings.actions.following_up import could_not_reach, hold_follow_up, leave_follow_up, tries
from meetings.actions.recording import Told, record_already_happened
from meetings.enums import RECORD_PROMPTS, AttemptResult, FollowUpKind, FollowUpResult, Offered
from meetings.forms import follow_up as forms
from meetings.models import FollowUp
from meetings.presenters import aftercare, first_settle
from referrals.enums import STOPS, Answer, Stage
from referrals.forms.parts import ratings_of
from referrals.models import Concern, Party
from referrals.presenters import parties_for, shown_name
from referrals.views.base import ReferralFormView
from restorative.common import drafts
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm
from restorative.common.rules import rules

CLOSED = "This referral is closed. Reopen it first."


class DoFollowUp(ReferralFormView):
    """The script, their answers, ratings; or that they were not reached, or would rather not talk."""

    policy = "party"
    audit_verb = "follow_up_viewed"
    template_name = "meetings/follow_up.html"
    form_class = forms.FollowUpForm
    title = "Debrief or call after a meeting"
    follow_up: FollowUp
    party: Party
    for_next_time: dict[str, Any] = {}

    def load(self) -> None:
        super().load()
        user = self.request.user
        rows = FollowUp.objects.visible_to(user).select_related("meeting", "done_by")
        found = get_object_or_404(rows, meeting__referral=self.referral, pk=self.kwargs["follow_up"])
        party = next((row for row in parties_for(self.referral, user) if row.pk == found.party_id), None)
        if party is None:
            raise Http404
        party.referral = self.referral
        found.party = self.party = party
        self.follow_up = found
        self.title = aftercare.call_title(found.kind, party.known_as)

    @property
    def back_href(self) -> str:
        return reverse("casework:party", args=[self.referral.reference, self.party.pk])

    def audited(self) -> dict[str, Any]:
        return {"thing": self.follow_up, "referral_id": self.referral.pk, "party_id": self.party.pk}

    def may(self) -> Decision:
        if self.request.method == "POST" and self.referral.shown_stage == Stage.CLOSED:
            return refuse(CLOSED)
        return super().may()

    def get_form_kwargs(self) -> dict[str, Any]:
        actions = aftercare.has_actions(self.follow_up.meeting, self.request.user)
        return {
            "name": self.party.known_as,
            "kind": FollowUpKind(self.follow_up.kind),
            "has_actions": actions,
            "may_leave": tries(self.follow_up) >= rules().attempts_before_leaving,
        }

    def get_context(self) -> dict[str, Any]:
        user, row = self.request.user, self.follow_up
        return {
            **super().get_context(),
            "name": self.party.known_as,
            "facts": aftercare.call_facts(row, row.meeting, user),
            "result": aftercare.call_result(row, user) if row.done_at else [],
            "locked": bool(row.done_at) or self.referral.shown_stage == Stage.CLOSED,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        if self.for_next_time:
            drafts.keep(
                request.user, self.place, title=self.title[:120], typed=self.for_next_time, at=self.at
            )
        return response

    def act(self, form: BaseForm) -> str:
        result, about = form.cleaned_data["result"], {"follow_up": self.follow_up}
        act = {forms.TRY_AGAIN: self._not_reached, forms.TALKED: self._talked}.get(result, self._left)
        return act(form, **about, by=self.request.user, at=self.at)

    def _not_reached(self, form: BaseForm, **about: Any) -> str:
        could_not_reach(result=AttemptResult(form.cleaned_data["why"]), **about)
        self.for_next_time = form.for_next_time()
        kept = " What you typed is kept for then." if self.for_next_time else ""
        messages.success(self.request, f"Noted. You have a task to try again in 3 working days.{kept}")
        return self.back_href

    def _left(self, form: BaseForm, **about: Any) -> str:
        said = form.cleaned_data
        leave_follow_up(
            result=FollowUpResult(said["result"]),
            reason=said["reason"],
            later_too=said["later_too"] == Answer.YES,
            **about,
        )
        messages.success(self.request, "Saved. Nothing more is asked in this call.")
        return self.back_href

    def _talked(self, form: BaseForm, **about: Any) -> str:
        said, answers = form.cleaned_data, form.answers()
        rated = form.kind in forms.RATED
        hold_follow_up(
            answers=answers,
            said=form.said(),
            notes=said["notes"],
            ratings=ratings_of(said) if rated else None,
            **about,
        )
        if answers["feels_safe"] != Answer.YES:
            messages.info(
                self.request,
                f"Saved. That {self.party.known_as} does not feel safe is recorded as a stop. Tell a safeguarding "
                "lead today.",
            )
        else:
            messages.success(self.request, f"Saved what {self.party.known_as} said.")
        args = [self.referral.reference, self.party.pk]
        if answers["worries"] != Answer.NO:
            messages.info(self.request, "Now record the new worry, so that it is not lost.")
            return reverse("referrals:concern", args=args)
        if answers["feels_safe"] != Answer.YES:
            return reverse("referrals:safety", args=args)
        return self.back_href


class AlreadyHappened(ReferralFormView):
    """Records a conversation that already happened: when, where, who was there, what may be noted. Without blame."""

    template_name = "meetings/already.html"
    title = "Record a conversation that already happened"
    form_class = forms.AlreadyHappenedForm
    submit_text = "Record it"
    action = record_already_happened

    def may(self) -> Decision:
        if self.referral.shown_stage == Stage.CLOSED:
            return refuse(CLOSED)
        return access.may_tell(self.request.user, self.referral)

    def participants(self) -> list[Party]:
        people = [party for party in parties_for(self.referral, self.request.user) if not party.is_supporter]
        return sorted(people, key=lambda party: not party.is_own_place)

    def get_form_kwargs(self) -> dict[str, Any]:
        user = self.request.user
        return {"people": [(str(party.pk), shown_name(party, user)) for party in self.participants()]}

    def stopped(self) -> list[str]:
        """First names of people with an open stop, as far as this user may know."""
        stops = Concern.objects.visible_to(self.request.user).filter(
            party__referral=self.referral, kind__in=STOPS
        )
        rows = stops.open().select_related("party").order_by("raised_at", "pk")
        return list(dict.fromkeys(row.party.known_as for row in rows))

    def get_context(self) -> dict[str, Any]:
        first = first_settle(self.referral, self.request.user)
        return {**super().get_context(), "first": first, "stopped": self.stopped()}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        told = Told(
            starts_at=said["starts"],
            ends_at=said["ends"],
            there=[party for party in self.participants() if str(party.pk) in said["there"]],
            where=said["where"],
            answers={key: said[key] for key in RECORD_PROMPTS},
            helped=Offered(said["helped"] or Offered.NOT_SURE),
        )
        return {"told": told}

    def tell(self) -> None:
        calls = FollowUp.objects.visible_to(self.request.user).filter(
            meeting=self.result, done_at__isnull=True
        )
        debriefs = calls.filter(kind=FollowUpKind.DEBRIEF).exists()
        words = "Recorded. Ask each person the safety questions, alone"
        messages.success(
            self.request, f"{words}, and speak with each within 3 days." if debriefs else f"{words}."
        )
        if names := self.stopped():
            messages.info(
                self.request,
                f"A stop is recorded with {' and '.join(names)}. Speak with them today, and tell a safeguarding lead.",
            )

    def done(self) -> str:
        return reverse("meetings:show", args=[self.referral.reference, self.result.pk])
