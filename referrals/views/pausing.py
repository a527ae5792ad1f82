"""Pausing, resuming, reopening, meeting again; and recording a death."""

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404

from referrals import access
from referrals.actions.death import rang, record_death
from referrals.actions.lifecycle import NOT_PAUSED, change_review, decide, meet_again, reopen, resume
from referrals.enums import Stage, Suitable, TaskKind
from referrals.forms.decisions import DiedForm, MeanwhileForm, PauseForm, ReviewForm
from referrals.models import Task
from referrals.presenters import decisions
from referrals.views.base import ReferralFormView
from referrals.views.decisions import RunFormView
from referrals.views.person import PersonFormView
from restorative.common import clock
from restorative.common.decisions import Decision, refuse

CLOSED = "This referral is closed. Reopen it first."


class Pause(ReferralFormView):
    """Pauses a referral: a review date and a reason. On a paused referral a manager changes the date."""

    title = "Not now"
    intro = "Nobody is asked anything meanwhile. It can be taken up again any day."
    form_class = PauseForm
    submit_text = "Pause it"
    submit_tone = "stop"
    goes_to = "referral_href"

    def load(self) -> None:
        super().load()
        self.paused = self.referral.shown_stage == Stage.PAUSED
        if self.referral.shown_stage == Stage.BOOKED:
            self.warning = "The booked meeting is called off at once, and everybody who was expected is told."
        self.meanwhile = self.paused and "reason" in self._typed()
        if self.meanwhile:
            self.form_class = MeanwhileForm
        elif self.paused:
            self.title, self.form_class = "Look at it on another day", ReviewForm
            self.submit_text, self.submit_tone, self.intro = "Change the date", "", ""

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

    @property
    def only_the_date(self) -> bool:
        return self.paused and not self.meanwhile

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        if self.only_the_date:
            return said
        return {
            "decision": Suitable.NOT_NOW,
            "party": decisions.chosen_party(self.referral, self.request.user, said["party"]),
            "reason": said["reason"],
            "review_on": said["review_on"],
        }

    def run(self, **arguments: Any) -> Any:
        return (change_review if self.only_the_date else decide)(**arguments)

    @property
    def success(self) -> str:
        if self.only_the_date:
            return "The review date has been changed."
        return f"Paused until {clock.show_day(self.said['review_on'])}."


class InStageFormView(RunFormView):
    """A button for users who run the referral, in one stage only."""

    drafted = False
    stage: Stage
    otherwise = ""
    goes_to = "referral_href"

    def may(self) -> Decision:
        may = super().may()
        return refuse(self.otherwise) if may and self.referral.shown_stage != self.stage else may


class Resume(InStageFormView):
    title = "Take it up again"
    submit_text = "Take it up again"
    success = "Taken up again."
    stage = Stage.PAUSED
    otherwise = NOT_PAUSED
    action = resume

    def get_context(self) -> dict[str, Any]:
        where = decisions.goes_on_at(self.referral)
        intro = f"It goes on at {where}. Before anybody meets it is decided anew that a meeting is suitable."
        return {**super().get_context(), "intro": intro}


class Reopen(InStageFormView):
    title = "Reopen this referral"
    intro = "It goes on at preparing. Nobody is told. What ran out meanwhile is asked again."
    submit_text = "Reopen it"
    success = "Reopened."
    stage = Stage.CLOSED
    otherwise = "This referral is not closed."
    action = reopen

    def may(self) -> Decision:
        may = super().may()
        if may and (why := decisions.why_not_reopen(self.referral, self.at)):
            return refuse(why)
        return may


class MeetAgain(InStageFormView):
    title = "Plan another meeting"
    intro = (
        "It goes back to preparing. Each person is asked alone whether they want to meet once more, and "
        "what ran out is asked again. What was recorded of the first meeting stays."
    )
    submit_text = "Prepare another meeting"
    success = "Another meeting is being prepared."
    stage = Stage.FOLLOW_UP
    otherwise = "Another meeting is planned once they have met."
    action = meet_again


class Died(PersonFormView):
    form_class = DiedForm
    title = "{name} has died"
    intro = (
        "Every message to anybody in this referral is cancelled and none is sent again. A booked "
        "meeting is called off without a word, and the referral is paused. The system tells nobody: each worker "
        "is asked to ring a colleague. Nothing more can be recorded with {name}."
    )
    warning = "This cannot be taken back."
    submit_text = "Record it"
    submit_tone = "stop"
    success = "Recorded. Nothing is sent to anybody any more. Ring the other workers."
    drafted = False
    action = record_death
    goes_to = "referral_href"


class Rang(ReferralFormView):
    """A worker with a task to ring a colleague records that they did. 404 for all others."""

    title = "Ring a colleague"
    submit_text = "I have rung"
    success = "Noted that you have rung."
    drafted = False
    action, about = rang, "task"
    goes_to = "referral_href"
    task: Task

    def load(self) -> None:
        super().load()
        user = self.request.user
        rows = Task.objects.visible_to(user).filter(kind=TaskKind.RING, assignee=user, done_at__isnull=True)
        self.task = get_object_or_404(rows, referral=self.referral, pk=self.kwargs["task"])
        self.intro = self.task.words
