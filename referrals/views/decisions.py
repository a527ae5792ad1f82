"""Deciding whether a meeting is suitable now, asking for the records check, and closing.
The result of a records check is in records.py. The outcome of a referral is computed from what happened; only the
reason for not going ahead is chosen."""

from typing import Any

from referrals import access
from referrals.actions.lifecycle import close, decide, open_items
from referrals.actions.records import ask_for_records_check, decide_and_ask
from referrals.blockers import blockers
from referrals.enums import Gate, Outcome, Stage, Suitable
from referrals.forms.decisions import CloseForm, DecideForm
from referrals.meetings_port import meetings
from referrals.presenters import decisions, facts_for, lower_first
from referrals.views.base import ReferralFormView
from restorative.common.decisions import Decision, refuse
from restorative.common.views import allows

CLOSED = "This referral is closed. Nothing can be decided about it."


class RunFormView(ReferralFormView):
    may = allows(access.may_run, "referral")

    def records_missing(self) -> bool:
        return any(row.code == "records_check" for row in blockers(self.referral, Gate.BOOK, self.at))


class Decide(RunFormView):
    title = "Decide"
    template_name = "referrals/decide.html"
    form_class = DecideForm
    submit_text = "Decide"

    def may(self) -> Decision:
        return refuse(CLOSED) if self.referral.shown_stage == Stage.CLOSED else super().may()

    def get_form_kwargs(self) -> dict[str, Any]:
        waiting = decisions.records_waiting(self.referral, self.request.user)
        return {
            "people": decisions.opened_people(self.referral, self.request.user),
            "without": () if self.records_missing() and waiting is None else ("ask_records",),
        }

    def get_context(self) -> dict[str, Any]:
        before = decisions.decided_before(self.referral, self.request.user)
        return {**super().get_context(), "before": before}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "decision": said["decision"],
            "reason": said["reason"],
            "party": decisions.chosen_party(self.referral, self.request.user, said["party"]),
            "review_on": said["review_on"] if said["decision"] == Suitable.NOT_NOW else None,
        }

    @property
    def asks(self) -> bool:
        return self.said["decision"] == Suitable.YES and self.said.get("ask_records", False)

    def run(self, **arguments: Any) -> Any:
        return (decide_and_ask if self.asks else decide)(**arguments)

    @property
    def success(self) -> str:
        asked = " The records check has been asked for." if self.asks else ""
        return f"Decided: {self.said['decision'].label.lower()}.{asked}"


class AskForRecordsCheck(RunFormView):
    title = "Ask for the records check"
    template_name = "referrals/records_ask.html"
    submit_text = "Ask for it"
    success = "The records check has been asked for. A safeguarding lead does it."
    drafted = False
    action = ask_for_records_check

    def get_context(self) -> dict[str, Any]:
        waiting = decisions.records_waiting(self.referral, self.request.user)
        return {**super().get_context(), "waiting": waiting, "done": not self.records_missing()}


class Close(RunFormView):
    title = "Close this referral"
    template_name = "referrals/close.html"
    form_class = CloseForm
    submit_text = "Close the referral"
    submit_tone = "stop"
    action = close
    goes_to = "referral_href"

    def may(self) -> Decision:
        if self.referral.shown_stage == Stage.CLOSED:
            return refuse("This referral is already closed.")
        return super().may()

    def load(self) -> None:
        super().load()
        self.known = facts_for(self.referral, self.at)
        self.outcome = meetings().outcome(self.known)
        self.left = open_items(self.known, self.request.user)
        self.needs_manager = self.left.needs_manager and not self.request.user.is_manager

    def get_form_kwargs(self) -> dict[str, Any]:
        without = [] if self.outcome == Outcome.NOT_GOING_AHEAD else ["reason", "party"]
        if not self.left or self.needs_manager:
            without.append("why_open_items")
        return {"people": decisions.opened_people(self.referral, self.request.user), "without": without}

    def get_context(self) -> dict[str, Any]:
        first = meetings().first_settle(self.referral, self.request.user)
        return {
            **super().get_context(),
            "first": first,
            "left": self.left.sentences,
            "needs_manager": self.needs_manager,
            "locked": bool(first) or self.needs_manager,
            "facts": [{"key": "What it came to", "value": self.came_to()}],
        }

    def came_to(self) -> str:
        """The outcome, if it tells this user nothing new. Otherwise it is shown only after closing."""
        opens_all = all(party.id in self.within.opened for party in self.known.participants)
        if self.outcome == Outcome.NOT_GOING_AHEAD or opens_all:
            return str(self.outcome.label)
        return "They met. What became of it is worked out when it closes."

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "reason": said.get("reason", ""),
            "party": decisions.chosen_party(self.referral, self.request.user, said.get("party", "")),
            "why_open_items": said.get("why_open_items", ""),
        }

    @property
    def success(self) -> str:
        return f"Closed: {lower_first(str(self.result.outcome.label))}."
