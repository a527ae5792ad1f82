"""A note: its readers, its kind, its words. The readers' names are passed in."""

from typing import Any

from referrals.enums import NoteKind
from restorative.common.formfields import ChoiceRadio, ChoiceSelect, CleanTextField
from restorative.common.forms import BaseForm


class NoteForm(BaseForm):
    """`readers`: (value, label, names) for each audience that may be chosen."""

    text = CleanTextField(label="Note", rows=3, needed="Write the note")
    audience = ChoiceRadio(label="Who may read it?", choices="readers", needed="Choose who may read it")
    kind = ChoiceSelect(label="What is it?", choices=NoteKind, initial=NoteKind.NOTE, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["kind"] = cleaned.get("kind") or NoteKind.NOTE.value
        return cleaned


class CorrectionForm(BaseForm):
    text = CleanTextField(label="What is right?", rows=3, needed="Write what is right")
