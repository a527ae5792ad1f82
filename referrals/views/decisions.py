"""Deciding whether a meeting is suitable now, and asking for the records check. Its result is in records.py."""

from typing import Any

from django.contrib import messages

from referrals import access
from referrals.actions.lifecycle import decide
from referrals.actions.records import ask_for_records_check, decide_and_ask
from referrals.blockers import blockers
from referrals.enums import Gate, Stage, Suitable
from referrals.forms.decisions import DecideForm
from referrals.presenters import decisions
from referrals.views.base import ReferralFormView
from restorative.common.decisions import Decision, refuse
from restorative.common.forms import BaseForm

CLOSED = "This referral is closed. Nothing can be decided about it."


class RunFormView(ReferralFormView):
    """A form for users who run the referral, while it is open."""

    def may(self) -> Decision:
        return access.may_run(self.request.user, self.referral)


class Decide(RunFormView):
    """Suitable now, not now, or not. The records check can be requested in the same submission."""

    title = "Decide"
    template_name = "referrals/decide.html"
    form_class = DecideForm
    submit_text = "Decide"

    def may(self) -> Decision:
        return refuse(CLOSED) if self.referral.shown_stage == Stage.CLOSED else super().may()

    def records_missing(self) -> bool:
        missing = any(row.code == "records_check" for row in blockers(self.referral, Gate.BOOK, self.at))
        return missing and decisions.records_waiting(self.referral, self.request.user) is None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            "people": decisions.opened_people(self.referral, self.request.user),
            "records_missing": self.records_missing(),
        }

    def get_context(self) -> dict[str, Any]:
        before = decisions.decided_before(self.referral, self.request.user)
        return {**super().get_context(), "before": before}

    def act(self, form: BaseForm) -> str:
        said = form.cleaned_data
        user = self.request.user
        asks = said.get("ask_records") and said["decision"] == Suitable.YES
        action = decide_and_ask if asks else decide
        action(
            referral=self.referral,
            party=decisions.chosen_party(self.referral, user, said["party"]),
            decision=Suitable(said["decision"]),
            reason=said["reason"],
            review_on=said["review_on"] if said["decision"] == Suitable.NOT_NOW else None,
            by=user,
            at=self.at,
        )
        done = f"Decided: {Suitable(said['decision']).label.lower()}."
        messages.success(self.request, done + (" The records check has been asked for." if asks else ""))
        return self.return_href


class AskForRecordsCheck(RunFormView):
    """Asks a safeguarding lead to match the names of all people in this referral."""

    title = "Ask for the records check"
    template_name = "referrals/records_ask.html"
    submit_text = "Ask for it"
    drafted = False

    def get_context(self) -> dict[str, Any]:
        waiting = decisions.records_waiting(self.referral, self.request.user)
        missing = any(row.code == "records_check" for row in blockers(self.referral, Gate.BOOK, self.at))
        return {**super().get_context(), "waiting": waiting, "done": not missing}

    def act(self, form: BaseForm) -> str:
        ask_for_records_check(referral=self.referral, by=self.request.user, at=self.at)
        messages.success(self.request, "The records check has been asked for. A safeguarding lead does it.")
        return self.return_href
