"""Forms of grants (referral, party, reason) and bars. Nothing is queried here."""

from collections.abc import Sequence
from typing import Any

from referrals.enums import GrantKind
from restorative.common.formfields import ChoiceRadio, ChoiceSelect, CleanCharField, CleanTextField, DateField
from restorative.common.forms import BaseForm

Choices = Sequence[tuple[str, str]]
SHELL = "shell"


class WhichReferralForm(BaseForm):
    """The reference, as it was read out or written down."""

    reference = CleanCharField(
        label="Which referral?", max_length=20, width="10", help_text="Its reference, such as RP-7K3M-9Q"
    )


class AskForAccessForm(BaseForm):
    """The reason, the worker, the end date, and which compartment."""

    layout = ["kind", "user", "party", "until_on", "reason"]
    reveals = {"user": ("kind", GrantKind.COVER), "until_on": ("kind", GrantKind.COVER)}

    def __init__(
        self,
        *args: Any,
        kinds: Choices = (),
        hints: dict[str, str] | None = None,
        workers: Choices = (),
        people: Choices = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        reads = [key for key, _ in kinds] == [GrantKind.READING]
        self.fields["kind"] = ChoiceRadio(
            label="Why is it needed?",
            choices=kinds,
            option_hints=hints or {},
            initial=kinds[0][0] if reads else None,
        )
        self.fields["user"] = ChoiceSelect(label="Who covers?", choices=workers, required=False)
        self.fields["party"] = ChoiceRadio(
            label="What is to be opened?",
            choices=[*people, (SHELL, "Only that it exists: its stage, dates and workers")],
        )
        self.fields["until_on"] = DateField(label="Until the end of which day?", required=False, future=True)
        self.fields["reason"] = CleanTextField(
            label="In a few words: why?",
            rows=3,
            help_text="Managers, safeguarding leads and governance read this. Leave out what somebody told us",
        )
        if reads:
            self.reveals = {}
            del self.fields["user"]


class GiveForm(BaseForm):
    """No fields: submitting gives the access or refuses it."""


class BarForm(BaseForm):
    """Which colleague, and what the conflict is."""

    layout = ["user", "reason"]

    def __init__(self, *args: Any, workers: Choices = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["user"] = ChoiceSelect(label="Who?", choices=workers)
        self.fields["reason"] = CleanTextField(
            label="What is the conflict of interest?",
            rows=3,
            help_text="Read by managers, safeguarding leads and governance of your organisation, never by them",
        )


class LeadForm(BaseForm):
    """The new lead."""

    def __init__(self, *args: Any, workers: Choices = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["lead"] = ChoiceSelect(label="Who leads it from now on?", choices=workers)
