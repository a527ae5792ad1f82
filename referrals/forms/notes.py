"""A note: its readers, its kind, its words. The readers' names are passed in."""

from collections.abc import Sequence
from typing import Any

from referrals.enums import NoteKind
from restorative.common.formfields import ChoiceRadio, ChoiceSelect, CleanTextField
from restorative.common.forms import BaseForm


class NoteForm(BaseForm):
    """`readers`: (value, label, names) for each audience that may be chosen."""

    text = CleanTextField(label="Note", rows=3, error_messages={"required": "Write the note"})
    audience = ChoiceRadio(
        label="Who may read it?", choices=[], error_messages={"required": "Choose who may read it"}
    )
    kind = ChoiceSelect(
        label="What is it?", choices=NoteKind.choices, initial=NoteKind.NOTE.value, required=False
    )

    def __init__(self, *args: Any, readers: Sequence[tuple[str, str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["audience"]
        field.choices = [(value, label) for value, label, _ in readers]
        field.option_hints = {value: hint for value, _, hint in readers}
        if len(readers) == 1:
            field.initial = readers[0][0]
        self.layout = ["text", "audience", "kind"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["kind"] = cleaned.get("kind") or NoteKind.NOTE.value
        return cleaned


class CorrectionForm(BaseForm):
    """A correction. The original note stays, with the correction next to it."""

    text = CleanTextField(label="What is right?", rows=3, error_messages={"required": "Write what is right"})
