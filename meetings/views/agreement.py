"""Agreements: the page, writing one, each person's answer, and printing. Actions are in actions.py.
A user who may not know that an agreement was written gets 404."""

from typing import Any

from django.http import Http404
from django.urls import reverse

from meetings import access, presenters
from meetings.actions.agreeing import ActionFacts, answer_agreement, write_agreement
from meetings.enums import Agreed
from meetings.forms.agreement import AnswerForm, WriteAgreementForm
from meetings.presenters import aftercare
from meetings.presenters.aftercare import Outcome
from meetings.views.base import step
from referrals.enums import Stage
from referrals.models import Party
from referrals.views.base import PartyFormView, ReferralFormView, ReferralMixin, ReferralPage
from restorative.common import clock
from restorative.common.decisions import Decision, refuse

CLOSED = "This referral is closed. Reopen it to change what was agreed."
WRITTEN = "What came of this meeting was already written down."


class AgreementMixin(ReferralMixin):
    """Loads `self.outcome`: of the newest meeting that took place, or of the meeting in `?of=`."""

    policy = "agreement"
    audit_verb = "agreement_viewed"
    outcome: Outcome

    def load(self) -> None:
        super().load()
        user = self.request.user
        self.met = aftercare.took_place(self.referral, user)
        wanted = self.wanted()
        found = next((row for row in self.met if not wanted or str(row.pk) == wanted), None)
        if found is None:
            raise Http404
        self.meeting = found
        self.outcome = aftercare.outcome_of(found, self.referral, user)
        self.may_write = bool(access.may_agree(user, found)) and not self.outcome.written
        if not (self.outcome.agreement or self.outcome.written or self.outcome.opened or self.may_write):
            raise Http404

    def wanted(self) -> str:
        """The id of the meeting, or '' for the newest."""
        return self.request.GET.get("of", "")

    @property
    def open(self) -> bool:
        return self.referral.shown_stage != Stage.CLOSED

    def audited(self) -> dict[str, Any]:
        read = self.outcome.agreement
        return {
            "thing": read or self.outcome.meeting,
            "referral_id": self.referral.pk,
            "fields": ["words", "actions"] if read else [],
        }

    def href(self, name: str, *args: Any) -> str:
        """The URL of another agreement page of the same meeting."""
        path = reverse(f"meetings:{name}", args=[self.referral.reference, *args])
        older = self.outcome.meeting.pk != self.met[0].pk
        return f"{path}?of={self.outcome.meeting.pk}" if older else path

    @property
    def back_href(self) -> str:
        return self.href("agreement")

    def get_context(self) -> dict[str, Any]:
        read = self.outcome.agreement
        return {
            **super().get_context(),
            "when": presenters.when_words(self.outcome.meeting.starts_at, self.outcome.meeting.ends_at),
            "words": aftercare.words_rows(read) if read else [],
        }


class ShowAgreement(AgreementMixin, ReferralPage):
    """The text, the actions, and the answer of each person this worker supports."""

    template_name = "meetings/agreement.html"
    title = "What was agreed"

    def get_context(self) -> dict[str, Any]:
        outcome, read = self.outcome, self.outcome.agreement
        return {
            **super().get_context(),
            "read": read is not None,
            "nothing": outcome.nothing_agreed,
            "next_step": self.next_step(),
            "heads": aftercare.ACTION_HEADS,
            "actions": aftercare.action_rows(outcome),
            "answers": aftercare.answer_tasks(outcome, self.at)
            if outcome.written and not outcome.nothing_agreed
            else [],
            "links": self.links(),
            "earlier": [
                {
                    "text": clock.show_when(row.starts_at),
                    "href": f"{reverse('meetings:agreement', args=[self.referral.reference])}?of={row.pk}",
                }
                for row in self.met
                if row.pk != outcome.meeting.pk
            ],
            "back_href": self.referral_href,
        }

    def next_step(self) -> dict[str, str]:
        """Writing the agreement, if this user may and it is not written yet."""
        if self.may_write and self.open:
            text = "In their own words. “Nothing was agreed, but it helped” is a good result too."
            heading = "Next: write down what came of it"
            return step(heading, text, "Write it down", self.href("agreement_write"))
        if not self.outcome.written and not self.outcome.agreement:
            return step("Nothing is written down yet", "The facilitator who ran the meeting writes it.")
        return step(aftercare.NOTHING_AGREED) if self.outcome.nothing_agreed else {}

    def links(self) -> list[dict[str, str]]:
        read = self.outcome.agreement
        if read is None or read.nothing_agreed:
            return []
        links = [{"text": "Print it", "href": self.href("agreement_print")}]
        if self.open and access.may_agree(self.request.user, self.outcome.meeting):
            links.append({"text": "Add an action", "href": self.href("action_add")})
        return links


class PrintAgreement(AgreementMixin, ReferralPage):
    """The agreement for printing: text and actions, nothing about how the meeting went."""

    template_name = "meetings/agreement_print.html"
    audit_verb = "agreement_printed"
    title = "What we agreed"

    def load(self) -> None:
        super().load()
        if self.outcome.agreement is None:
            raise Http404

    def get_context(self) -> dict[str, Any]:
        return {
            **super().get_context(),
            "day": clock.show_day(self.outcome.meeting.starts_at),
            "identity": None,  # participants keep the paper, so it does not say where it comes from
            "heads": aftercare.PRINT_HEADS,
            "actions": aftercare.print_rows(self.outcome),
            "back_href": self.back_href,
        }


class AgreementFormView(AgreementMixin, ReferralFormView):
    """A form about an agreement, while the referral is open."""

    def people(self) -> list[tuple[str, str]]:
        return [(str(party.pk), self.outcome.name(party)) for party in self.outcome.there]

    def facts(self, said: dict[str, Any], owner: Party | None = None) -> ActionFacts:
        by_key = {str(party.pk): party for party in self.outcome.there}
        return ActionFacts(
            owner=owner or by_key[said["owner"]],
            what=said["what"],
            due_on=said["due_on"],
            sign=said["sign"],
            helper=said["helper"],
        )


class WriteAgreement(AgreementFormView):
    """Writes the agreement, with up to three actions and the answers heard in the room."""

    template_name = "meetings/agreement_form.html"
    title = "What came of it"
    form_class = WriteAgreementForm
    submit_text = "Save what was agreed"
    success = "Saved. Each side sees it once its person has said yes to it."
    action, about = write_agreement, "meeting"

    def may(self) -> Decision:
        if not self.open:
            return refuse(CLOSED)
        if self.outcome.written:
            return refuse(WRITTEN)
        return access.may_agree(self.request.user, self.meeting)

    def get_form_kwargs(self) -> dict[str, Any]:
        opened = [(str(party.pk), party.known_as) for party in self.outcome.opened]
        return {"people": self.people(), "answering": opened}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        answers = {
            party: Agreed(said[f"says_{party.pk}"])
            for party in self.outcome.opened
            if said.get(f"says_{party.pk}") and said["words"]
        }
        return {
            "words": said["words"],
            "if_difficult": said["if_difficult"],
            "actions": [self.facts(row) for row in self.form.actions()],
            "answers": answers,
        }


class AnswerAgreement(AgreementMixin, PartyFormView):
    policy = "party"
    template_name = "meetings/agreement_answer.html"
    title = "What {name} says to it"
    form_class = AnswerForm
    submit_text = "Save answer"
    success = "Saved what {name} says to it."
    action = answer_agreement

    def load(self) -> None:
        super().load()
        there = {party.pk for party in self.outcome.opened}
        if not self.outcome.written or self.outcome.nothing_agreed or self.party.pk not in there:
            raise Http404

    def audited(self) -> dict[str, Any]:
        return {**super().audited(), "party_id": self.party.pk}

    def may(self) -> Decision:
        return super().may() if self.open else refuse(CLOSED)

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "name": self.party.known_as}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        found = self.outcome.agreement or aftercare.written_of(self.meeting, self.request.user)
        return {"agreement": found, "answer": Agreed(said["answer"])}
