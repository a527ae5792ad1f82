"""Forms of grants (referral, party, reason) and bars. Nothing is queried here."""

from collections.abc import Mapping
from typing import Any

from referrals.enums import GrantKind
from restorative.common.formfields import ChoiceRadio, ChoiceSelect, CleanCharField, CleanTextField, DateField
from restorative.common.forms import BaseForm

SHELL = "shell"
COVERS = ("kind", GrantKind.COVER)


class WhichReferralForm(BaseForm):
    reference = CleanCharField(
        label="Which referral?", max_length=20, width="10", help_text="Its reference, such as RP-7K3M-9Q"
    )


class AskForAccessForm(BaseForm):
    kind = ChoiceRadio(label="Why is it needed?", choices="kinds")
    user = ChoiceSelect(label="Who covers?", choices="workers", shown_if=COVERS)
    party = ChoiceRadio(label="What is to be opened?", choices="people")
    until_on = DateField(label="Until the end of which day?", shown_if=COVERS, future=True)
    reason = CleanTextField(
        label="In a few words: why?",
        rows=3,
        help_text="Managers, safeguarding leads and governance read this. Leave out what somebody told us",
    )

    def __init__(self, *args: Any, hints: Mapping[str, str] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kind, party = self.fields["kind"], self.fields["party"]
        kind.option_hints = dict(hints or {})
        party.choices = [*party.choices, (SHELL, "Only that it exists: its stage, dates and workers")]
        party.initial = None
        if [key for key, _ in kind.choices] == [GrantKind.READING]:
            self.fields["until_on"].shown_if = ()
            del self.fields["user"]


class BarForm(BaseForm):
    user = ChoiceSelect(label="Who?", choices="workers")
    reason = CleanTextField(
        label="What is the conflict of interest?",
        rows=3,
        help_text="Read by managers, safeguarding leads and governance of your organisation, never by them",
    )


class LeadForm(BaseForm):
    lead = ChoiceSelect(label="Who leads it from now on?", choices="workers")
