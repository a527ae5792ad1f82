"""The consent page for one person, and the withdrawal page."""

from collections.abc import Sequence
from typing import Any

from referrals.forms import agreeing, parts
from referrals.forms.agreeing import Ask
from referrals.forms.words import Whom
from restorative.common.formfields import ChoiceRadio
from restorative.common.forms import BaseForm


class ConsentForm(BaseForm):
    """Consent questions, each separate, asked by a worker of one person alone."""

    def __init__(
        self,
        *args: Any,
        whom: Whom,
        asks: Sequence[Ask],
        language: str = "",
        helped: Sequence[str] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.whom, self.asks = whom, list(asks)
        start = parts.add_start(self, whom, language=language, helped=helped)
        self.layout = [
            start,
            agreeing.add_consents(self, whom, self.asks, title=f"What {whom.name} agrees to"),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        parts.clean_start(self)
        if not any(cleaned.get(ask.key) for ask in self.asks) and not self.errors:
            self.add_error(self.asks[0].key, parts.ANSWER)
        agreeing.clean_consents(self, self.asks)
        parts.check_alone(self, self.whom)
        return cleaned


class WithdrawForm(BaseForm):
    """Which consent to withdraw. `agreed` are (value, label, what it stops)."""

    def __init__(self, *args: Any, whom: Whom, agreed: Sequence[tuple[str, str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["what"] = ChoiceRadio(
            label=f"What does {whom.name} stop agreeing to?",
            choices=[(value, label) for value, label, _ in agreed],
            option_hints={value: stops for value, _, stops in agreed},
            initial=agreed[0][0] if len(agreed) == 1 else None,
        )
