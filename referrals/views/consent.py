"""Consent in person, and withdrawal: the page says before what it stops, and after which messages are already on
their way."""

import re
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages

from referrals import access
from referrals.actions.consent import withdraw
from referrals.actions.talk import Said, Talk, save_talk
from referrals.enums import NOBODY, Answer, Purpose
from referrals.forms import agreeing
from referrals.forms.agreeing import Ask, ConsentForm, WithdrawForm
from referrals.views import asking
from referrals.views.person import PersonFormView
from referrals.views.talk import asked_from
from restorative.common import clock
from restorative.common.decisions import NotPossible

SLUG = re.compile(r"[a-z0-9-]+")


class GiveConsent(PersonFormView):
    form_class = ConsentForm
    title = "What {name} agrees to"
    submit_text = "Save answers"
    action = save_talk

    @cached_property
    def asks(self) -> list[Ask]:
        """The questions, read once per request. On this page none is required."""
        user = self.request.user
        so_far, share = asking.answered(self.party, user), self.request.GET.get("share", "")[:50]
        share = share if SLUG.fullmatch(share) else ""
        return asking.asks_for(self.party, self.whom, user, so_far, self.at, share=share)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "asks": self.asks,
            "language": self.party.person.language,
            "helped": asking.helped_before(self.party, self.request.user),
        }

    def get_context(self) -> dict[str, Any]:
        return {**super().get_context(), "sheet": asking.what_is_told()}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        answers = tuple(Said(**each) for each in agreeing.consents_said(said, self.asks))
        return {"talk": Talk(asked=asked_from(said), said=answers)}

    def done(self) -> str:
        return super().done() if access.may_open(self.request.user, self.party) else self.seen_href


STOPS_WHAT: dict[str, str] = {
    Purpose.TAKE_PART: "A booked meeting is called off at once, and messages that wait are cancelled. The others hear "
    "nothing yet: first it is asked whether it is safe if they hear today.",
    Purpose.WORDS: "Nobody may use these words any more.",
    Purpose.SHARE: "Their workers stop seeing what was said, at once. What they were asked to do ends, and goes back.",
    Purpose.PROFESSIONAL: "They stay out of the meeting.",
    Purpose.SIGHT: "Nothing that was agreed is sent to them.",
    Purpose.EVALUATION: "Their answers are not used.",
    Purpose.CARRY: "Nobody says these words to the other person any more. What was said already cannot be taken back.",
    Purpose.SECOND_WORKER: "Another second worker has to be found before anybody meets.",
    Purpose.SHOW_WORKER: "The others are not shown who their worker is.",
}


# The most important question for other parties first.
IN_ORDER = list(Purpose)


class Withdraw(PersonFormView):
    form_class = WithdrawForm
    title = "{name} wants to stop"
    intro = (
        "No reason is needed, and nobody tries to change {name}’s mind. "
        "{name} can come back later, in their own time."
    )
    submit_text = "Stop it"
    submit_tone = "stop"
    success = "Saved. It has stopped."
    drafted = False
    action = withdraw

    @cached_property
    def agreed(self) -> list[tuple[str, str, str]]:
        """Current and unanswered consents, each with what withdrawing it does."""
        user = self.request.user
        so_far = asking.answered(self.party, user)
        known = {
            (ask.purpose, ask.recipient): ask.label
            for ask in asking.asks_for(self.party, self.whom, user, so_far, self.at)
        }
        return [
            (
                f"{purpose}:{recipient}",
                known.get((purpose, recipient), str(Purpose(purpose).label)),
                STOPS_WHAT.get(purpose, ""),
            )
            for (purpose, recipient), row in sorted(
                so_far.newest.items(), key=lambda item: (IN_ORDER.index(item[0][0]), item[1].seq)
            )
            if row.answer == Answer.YES
        ]

    def get_form_kwargs(self) -> dict[str, Any]:
        without = () if self.agreed else ("what",)
        return {**super().get_form_kwargs(), "agreed": self.agreed, "without": without}

    def get_context(self) -> dict[str, Any]:
        nothing = f"{self.party.known_as} has not agreed to anything, so there is nothing to stop."
        return {**super().get_context(), "nothing": "" if self.agreed else nothing}

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        if "what" not in said:  # sent from a page that was opened before everything was stopped
            raise NotPossible("It has stopped already.")
        purpose, recipient = said["what"].split(":")
        return {"purpose": Purpose(purpose), "recipient": UUID(recipient) if recipient else NOBODY}

    def tell(self) -> None:
        super().tell()
        for message in self.result:
            due = clock.show_when(message.due_at)
            messages.error(
                self.request, f"A message was already on its way and cannot be stopped: {due}. Tell them."
            )

    def done(self) -> str:
        return super().done() if access.may_open(self.request.user, self.party) else self.seen_href
