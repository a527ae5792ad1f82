"""The check-in form: five answers from one person, alone, and an optional note."""

from typing import Any
from uuid import UUID

from django import forms

from referrals.enums import NOBODY
from referrals.forms import parts, words
from restorative.common.formfields import CleanTextField
from restorative.common.forms import BaseForm, also_asks


class AskedAboutField(forms.UUIDField):
    """The contact route that the question named. An invalid value becomes an id that never existed. It is not kept
    in drafts, because a resumed form shows the current route."""

    widget = forms.HiddenInput
    kept_as_typed = False

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> UUID:
        try:
            return super().clean(value) or NOBODY
        except forms.ValidationError:
            return NOBODY


@also_asks({key: parts.answer(asked, help_text=asked.leads_to) for key, asked in words.CHECK_IN.items()})
class CheckInForm(BaseForm):
    """The submit button confirms that the person is alone."""

    route = AskedAboutField()
    note = CleanTextField(label="What did {name} say? If it is worth keeping", required=False, rows=2)
    layout = [*words.CHECK_IN, "note"]

    def __init__(self, *args: Any, way: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["same_way"].label = self.fields["same_way"].label.replace("{way}", way)
