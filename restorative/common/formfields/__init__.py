"""Form fields that take what people really type, say plainly what is wrong and give back clean values.
Laying out a form is in forms.py; what a rule of the domain allows is never decided here."""

from restorative.common.formfields.asked import Asked
from restorative.common.formfields.choices import (
    LISTED,
    ChoiceRadio,
    ChoiceSelect,
    RatingField,
    TickField,
    TicksField,
    YesNoNotSureField,
)
from restorative.common.formfields.text import (
    UNSAFE,
    CleanCharField,
    CleanTextField,
    EmailField,
    PersonNameField,
    PhoneField,
    clean_text,
    show_phone,
    showable,
)
from restorative.common.formfields.when import (
    DateField,
    TimeField,
    london,
    read_date,
    read_time,
    write_date,
)

__all__ = [
    "LISTED",
    "UNSAFE",
    "Asked",
    "ChoiceRadio",
    "ChoiceSelect",
    "CleanCharField",
    "CleanTextField",
    "DateField",
    "EmailField",
    "PersonNameField",
    "PhoneField",
    "RatingField",
    "TickField",
    "TicksField",
    "TimeField",
    "YesNoNotSureField",
    "clean_text",
    "london",
    "read_date",
    "read_time",
    "show_phone",
    "showable",
    "write_date",
]
