"""The form that extends a provisional record."""

from restorative.common.formfields import CleanTextField
from restorative.common.forms import BaseForm


class KeepForm(BaseForm):
    """The reason. It is sealed in the party's compartment."""

    reason = CleanTextField(
        label="Why is it kept longer?",
        rows=3,
        help_text="Only those who support this person, and their managers, read this.",
        error_messages={"required": "Say why it is kept longer"},
    )
