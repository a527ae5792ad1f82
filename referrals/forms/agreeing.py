"""The consent questions for one person, as part of a form: a row for each, and what must be answered with it; the page
of consent, and the withdrawal page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from referrals.enums import NOBODY, Answer, Purpose
from referrals.forms import parts
from referrals.forms.parts import ANSWER
from restorative.common.formfields import ChoiceRadio, CleanTextField, TickField, YesNoNotSureField
from restorative.common.forms import BaseForm, Section
from restorative.common.rules import rules


@dataclass(frozen=True)
class Ask:
    """One consent question. `words` are the exact words to approve, if the question is about words.

    `needed`: required once this part is reached. `told`: the earlier answer. `came_back`: withdrawn before, so that
    a yes needs their own words.
    """

    purpose: Purpose
    label: str
    say: str
    recipient: UUID = NOBODY
    words: str | None = None
    needed: bool = False
    told: str = ""
    came_back: bool = False

    @property
    def key(self) -> str:
        return (
            self.purpose.value if self.recipient == NOBODY else f"{self.purpose.value}_{self.recipient.hex}"
        )


def add_consents(form: BaseForm, asks: Sequence[Ask]) -> Section:
    """Add a row for each question; a text box for what changed if they withdrew before; a checkbox for doubt."""
    for ask in asks:
        form.fields[ask.key] = YesNoNotSureField(
            label=ask.label, say=ask.say, required=False, help_text=ask.told
        )
        if ask.words is not None:
            form.fields[f"{ask.key}_note"] = CleanTextField(
                label="The exact words", required=False, rows=2, initial=ask.words
            )
    names = [ask.key for ask in asks]
    if any(ask.came_back for ask in asks):
        names += form.add(
            why_back=CleanTextField(
                label="{name} stopped before. What changed, in {name}’s words?",
                help_text="Ask: “What changed? Did anyone ask you to?” A yes counts after "
                f"{rules().return_working_days} working days.",
                required=False,
                rows=2,
            )
        )
    names += form.add(
        doubt=TickField(
            label="I have a doubt whether {name} can decide this",
            required=False,
            help_text="A doubt calls a booked meeting off at once, until you have written down what helped to decide.",
        )
    )
    return Section(
        "What {name} agrees to", *names, intro="Leave what you did not ask. No is as good an answer as yes."
    )


def consents_reached(form: BaseForm, asks: Sequence[Ask]) -> bool:
    """Whether anything was answered, changed or ticked."""
    cleaned = form.cleaned_data
    answered = any(cleaned.get(ask.key) or _reworded(form, ask) for ask in asks)
    return bool(answered or cleaned.get("doubt") or cleaned.get("why_back"))


def _reworded(form: BaseForm, ask: Ask) -> bool:
    """Whether the exact words differ from the initial ones."""
    typed = form.cleaned_data.get(f"{ask.key}_note")
    return ask.words is not None and bool(typed) and typed != ask.words


def clean_consents(form: BaseForm, asks: Sequence[Ask]) -> None:
    """Validate required answers, approved words, and what changed since they withdrew."""
    cleaned = form.cleaned_data
    part = next((ask for ask in asks if ask.purpose == Purpose.TAKE_PART), None)
    takes_part = (
        part is None or cleaned.get(part.key) == Answer.YES or not (part.needed or cleaned.get(part.key))
    )
    for ask in asks:
        if (ask.needed and (ask is part or takes_part)) or _reworded(form, ask):
            form.missing(ANSWER, ask.key)
        if ask.words is not None and cleaned.get(ask.key) == Answer.YES:
            form.missing("Write the exact words", f"{ask.key}_note")
        if ask.came_back and cleaned.get(ask.key) == Answer.YES:
            form.missing(
                "Write down, in their words, what changed and whether anyone asked them to", "why_back"
            )
    if cleaned.get("doubt") and part:
        form.missing(ANSWER, part.key)


def consents_said(cleaned: dict[str, Any], asks: Sequence[Ask]) -> list[dict[str, Any]]:
    """Keyword arguments of Said for each answer given."""
    return [
        {
            "purpose": ask.purpose,
            "answer": Answer(cleaned[ask.key]),
            "recipient": ask.recipient,
            "wording": cleaned[f"{ask.key}_note"] if ask.words is not None else ask.say,
            "why_back": cleaned.get("why_back", "") if ask.came_back else "",
        }
        for ask in asks
        if cleaned[ask.key]
    ]


class ConsentForm(parts.StartedForm):
    def __init__(self, *args: Any, asks: Sequence[Ask], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.asks = list(asks)
        self.layout = [self.start, add_consents(self, self.asks)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(cleaned.get(ask.key) for ask in self.asks) and not self.errors:
            self.add_error(self.asks[0].key, parts.ANSWER)
        clean_consents(self, self.asks)
        parts.check_alone(self)
        return cleaned


class WithdrawForm(BaseForm):
    """Which consent to withdraw. `agreed` are (value, label, what it stops)."""

    what = ChoiceRadio(label="What does {name} stop agreeing to?", choices="agreed")
