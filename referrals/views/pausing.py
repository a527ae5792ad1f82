"""Pausing, resuming, reopening, meeting again; and recording a death."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404

from referrals import access
from referrals.actions.death import rang, record_death
from referrals.actions.lifecycle import NOT_PAUSED, change_review, decide, meet_again, reopen, resume
from referrals.enums import Stage, Suitable, TaskKind
from referrals.forms.pausing import DiedForm, MeanwhileForm, PauseForm, ReviewForm
from referrals.models import Task
from referrals.presenters import decisions
from referrals.views.base import ReferralFormView
from referrals.views.person import PersonFormView
from restorative.common import clock
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm

CLOSED = "This referral is closed. Reopen it first."


class Pause(ReferralFormView):
    """Pauses a referral: a review date and a reason. On a paused referral a manager changes the date."""

    title = "Not now"
    form_class = PauseForm
    submit_text = "Pause it"
    submit_tone = "stop"

    def load(self) -> None:
        super().load()
        self.paused = self.referral.shown_stage == Stage.PAUSED
        self.meanwhile = self.paused and "reason" in self._typed()
        if self.meanwhile:
            self.form_class = MeanwhileForm
        elif self.paused:
            self.title, self.form_class = "Look at it on another day", ReviewForm
            self.submit_text, self.submit_tone = "Change the date", ""

    def _typed(self) -> Mapping[str, Any]:
        """The submitted or stored values. A reason in them means that the form was begun before another worker
        paused the referral."""
        if self.request.method == "POST":
            return self.request.POST
        kept = self.kept()
        return kept.typed if kept else {}

    def may(self) -> Decision:
        if self.referral.shown_stage == Stage.CLOSED:
            return refuse(CLOSED)
        if self.paused:
            return access.may_change_review(self.request.user, self.referral)
        return access.may_run(self.request.user, self.referral)

    def get_form_kwargs(self) -> dict[str, Any]:
        people = decisions.opened_people(self.referral, self.request.user)
        if self.meanwhile:
            return {"people": people, "until": clock.show_day(self.referral.review_on)}
        if self.paused:
            return {"initial": {"review_on": self.referral.review_on}}
        return {"people": people}

    def get_context(self) -> dict[str, Any]:
        booked = self.referral.shown_stage == Stage.BOOKED
        return {
            **super().get_context(),
            "intro": ""
            if self.paused and not self.meanwhile
            else "Nobody is asked anything meanwhile. It can be taken up again any day.",
            "warning": "The booked meeting is called off at once, and everybody who was expected is told."
            if booked
            else "",
        }

    def act(self, form: BaseForm) -> str:
        said, user = form.cleaned_data, self.request.user
        if self.paused and not self.meanwhile:
            change_review(referral=self.referral, review_on=said["review_on"], by=user, at=self.at)
            messages.success(self.request, "The review date has been changed.")
            return self.referral_href
        decide(
            referral=self.referral,
            party=decisions.chosen_party(self.referral, user, said["party"]),
            decision=Suitable.NOT_NOW,
            reason=said["reason"],
            review_on=said["review_on"],
            by=user,
            at=self.at,
        )
        messages.success(self.request, f"Paused until {clock.show_day(said['review_on'])}.")
        return self.referral_href


class _Press(ReferralFormView):
    """A button for users who run the referral, in one stage only."""

    drafted = False
    stage: Stage
    otherwise = ""

    def may(self) -> Decision:
        may = access.may_run(self.request.user, self.referral)
        if may and self.referral.shown_stage != self.stage:
            return refuse(self.otherwise)
        return may


class Resume(_Press):
    """Resumes a paused referral at the stage it was paused in."""

    title = "Take it up again"
    submit_text = "Take it up again"
    stage = Stage.PAUSED
    otherwise = NOT_PAUSED

    def get_context(self) -> dict[str, Any]:
        where = decisions.goes_on_at(self.referral)
        return {
            **super().get_context(),
            "intro": f"It goes on at {where}. Before anybody meets it is decided anew that a meeting is suitable.",
        }

    def act(self, form: BaseForm) -> str:
        resume(referral=self.referral, by=self.request.user, at=self.at)
        messages.success(self.request, "Taken up again.")
        return self.referral_href


class Reopen(_Press):
    """Reopens a closed referral, while that is possible."""

    title = "Reopen this referral"
    submit_text = "Reopen it"
    stage = Stage.CLOSED
    otherwise = "This referral is not closed."

    def may(self) -> Decision:
        may = super().may()
        if may and (why := decisions.why_not_reopen(self.referral, self.at)):
            return refuse(why)
        return may

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "intro": "It goes on at preparing. Nobody is told. Whatever ran out meanwhile is asked again.",
        }

    def act(self, form: BaseForm) -> str:
        reopen(referral=self.referral, by=self.request.user, at=self.at)
        messages.success(self.request, "Reopened.")
        return self.referral_href


class MeetAgain(_Press):
    """Prepares another meeting for people who have met."""

    title = "Plan another meeting"
    submit_text = "Prepare another meeting"
    stage = Stage.FOLLOW_UP
    otherwise = "Another meeting is planned once they have met."

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "intro": "It goes back to preparing. Each person is asked alone whether they want to meet once more, and "
            "whatever ran out is asked again. What was recorded of the first meeting stays.",
        }

    def act(self, form: BaseForm) -> str:
        meet_again(referral=self.referral, by=self.request.user, at=self.at)
        messages.success(self.request, "Another meeting is being prepared.")
        return self.referral_href


class Died(PersonFormView):
    """Records a death, after showing the consequences."""

    form_class = DiedForm
    submit_tone = "stop"
    drafted = False

    def load(self) -> None:
        super().load()
        self.title = f"{self.party.known_as} has died"
        self.submit_text = "Record it"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"name": self.party.known_as}

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "intro": "Every message to anybody in this referral is cancelled and none is sent again. A booked "
            "meeting is called off without a word, and the referral is paused. The system tells nobody: each worker "
            f"is asked to ring a colleague. Nothing more can be recorded with {self.party.known_as}.",
            "warning": "This cannot be taken back.",
        }

    def act(self, form: BaseForm) -> str:
        record_death(party=self.party, died_on=form.cleaned_data["died_on"], by=self.request.user, at=self.at)
        messages.success(
            self.request, "Recorded. Nothing is sent to anybody any more. Ring the other workers."
        )
        return self.referral_href


class Rang(ReferralFormView):
    """A worker with a task to ring a colleague records that they did. 404 for all others."""

    title = "Ring a colleague"
    submit_text = "I have rung"
    drafted = False
    task: Task

    def load(self) -> None:
        super().load()
        rows = Task.objects.visible_to(self.request.user).filter(
            referral=self.referral, kind=TaskKind.RING, assignee=self.request.user, done_at__isnull=True
        )
        found = rows.filter(pk=self.kwargs["task"]).first()
        if found is None:
            raise Http404
        self.task = found

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "intro": self.task.words}

    def act(self, form: BaseForm) -> str:
        rang(task=self.task, by=self.request.user, at=self.at)
        messages.success(self.request, "Noted that you have rung.")
        return self.referral_href
