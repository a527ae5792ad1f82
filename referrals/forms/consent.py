"""The consent page for one person, and the withdrawal page."""

from collections.abc import Sequence
from typing import Any

from referrals.forms import agreeing, parts
from referrals.forms.agreeing import Ask
from restorative.common.formfields import ChoiceRadio
from restorative.common.forms import BaseForm


class ConsentForm(parts.StartedForm):
    """Consent questions, each separate, asked by a worker of one person alone."""

    def __init__(self, *args: Any, asks: Sequence[Ask], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.asks = list(asks)
        self.layout = [self.start, agreeing.add_consents(self, self.asks)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(cleaned.get(ask.key) for ask in self.asks) and not self.errors:
            self.add_error(self.asks[0].key, parts.ANSWER)
        agreeing.clean_consents(self, self.asks)
        parts.check_alone(self)
        return cleaned


class WithdrawForm(BaseForm):
    """Which consent to withdraw. `agreed` are (value, label, what it stops)."""

    what = ChoiceRadio(label="What does {name} stop agreeing to?", choices="agreed")
