"""Text as people type it, names, phones and email addresses. Text is NFC, trimmed and free of what cannot be stored or
would mislead; phones are E.164."""

import re
import unicodedata
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from restorative.common.formfields.asked import Asked

# Cannot be stored, or turns the reading order of what surrounds it: NUL and other controls, half characters,
# bidirectional overrides and isolates, noncharacters.
UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
# Seen by nobody although Unicode calls them letters or symbols: Hangul fillers, the blank Braille pattern,
# the grapheme joiner and variation selectors.
BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f") | {chr(code) for code in range(0xFE00, 0xFE10)}
EDGES = "\u200b\u2060\ufeff"

UNSAFE_MESSAGE = (
    "Some hidden characters could not be kept. They have been taken out: check the text and send it again"
)


def showable(value: Any) -> Any:
    """What was typed, without the characters that cannot be shown or stored. For giving back a refused answer."""
    return UNSAFE.sub("", value) if isinstance(value, str) else value


def _visible(letter: str) -> bool:
    return letter not in BLANKS and unicodedata.category(letter) not in {"Cf", "Cc", "Zs", "Zl", "Zp"}


def clean_text(text: str) -> str:
    """Text in NFC with plain line ends and trimmed edges; '' when nobody could see any of it.

    Raises ValidationError for characters that cannot be kept.
    """
    text = re.sub("\r\n|[\r\x0b\x0c\x85]", "\n", text)
    if UNSAFE.search(text):
        raise ValidationError(UNSAFE_MESSAGE, code="unsafe")
    text = unicodedata.normalize("NFC", text)
    if not any(_visible(letter) for letter in text):
        return ""
    while (trimmed := text.strip().strip(EDGES)) != text:
        text = trimmed
    return text


class CleanCharField(Asked, forms.CharField):
    """One line of text, at most `max_length` characters (200). Line breaks become spaces."""

    attrs: dict[str, str] = {"autocomplete": "off"}
    longest, width = 200, ""
    lines = False

    def __init__(self, *, max_length: int = 0, width: str = "", **kwargs: Any):
        self.longest, self.width = max_length or self.longest, width or self.width
        # Django's own length check and maxlength attribute are left out: the attribute cuts pasted text silently.
        super().__init__(strip=False, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), **self.attrs}

    def to_python(self, value: Any) -> str:
        if value in self.empty_values:
            return ""
        text = str(value)
        if len(text) > 4 * self.longest + 1000:
            self._too_long(len(text))
        text = clean_text(text)
        if not self.lines:
            text = re.sub(r"\s*\n\s*", " ", text)
        if len(text) > self.longest:
            self._too_long(len(text))
        return text

    def _too_long(self, length: int) -> None:
        raise ValidationError(
            f"Shorten this to {self.longest:,} characters or fewer. It has {length:,} now", code="too_long"
        )


class CleanTextField(CleanCharField):
    """Several lines of text, at most `max_length` characters (5,000), in a box of `rows` lines."""

    widget = forms.Textarea
    attrs = {"autocomplete": "off", "spellcheck": "true"}
    longest = 5000
    lines = True

    def __init__(self, *, rows: int = 4, **kwargs: Any):
        self.rows = rows
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = {**super().widget_attrs(widget), "rows": self.rows}
        # Django's own default of 40 columns says nothing the style sheet does not.
        widget.attrs.pop("cols", None)
        widget.attrs.pop("rows", None)
        return attrs


class PersonNameField(CleanCharField):
    """A name as it is written: any script, apostrophes, hyphens, one word or many. At most 80 characters."""

    attrs = {"autocomplete": "off", "spellcheck": "false"}
    longest, width = 80, "20"

    def to_python(self, value: Any) -> str:
        name = re.sub(r"\s+", " ", super().to_python(value))
        if name and ("\ufffd" in name or not any(letter.isalpha() for letter in name)):
            raise ValidationError("Enter a name with at least one letter, like Sam", code="invalid")
        return name


# Numbers Ofcom keeps for drama, as national numbers: nobody can ever be reached on them.
MADE_UP = re.compile(
    r"7700900\d{3}|1632960\d{3}|(?:113|114|115|116|117|118|121|131|141|151|161)4960\d{3}|1914980\d{3}"
    r"|2079460\d{3}|2896496\d{3}|2920180\d{3}|3069990\d{3}|808157\d{4}|909879\d{4}"
)


class PhoneField(CleanCharField):
    """A phone number, read as a British one unless it starts with + or 00. Gives E.164, '+447700900123'.

    Made-up (Ofcom drama) numbers are accepted outside production only.
    """

    attrs = {"autocomplete": "off", "spellcheck": "false", "inputmode": "tel"}
    widget = forms.TextInput(attrs={"type": "tel"})
    longest, width = 40, "20"
    message = "Enter a phone number, like 07700 900123"

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        typed = "".join(str(unicodedata.digit(letter, letter)) for letter in text)
        typed = re.sub(r"^\s*tel:", "", typed, flags=re.I)
        if re.search(r"(?:ext|x|#)\D{0,2}\d+\s*$", typed, flags=re.I):
            raise ValidationError(
                "Enter the number without its extension, and write the extension in a note", code="extension"
            )
        typed = re.sub(r"[\u2010-\u2015\u2212]", "-", typed)
        if not re.fullmatch(r"[+0-9\s().\-/]+", typed):
            raise ValidationError(self.message, code="invalid")
        typed = re.sub(r"^\s*00", "+", typed)
        try:
            number = phonenumbers.parse(typed, "GB")
        except phonenumbers.NumberParseException:
            raise ValidationError(self.message, code="invalid") from None
        made_up = number.country_code == 44 and bool(MADE_UP.fullmatch(str(number.national_number)))
        if made_up and settings.RESTORATIVE_ENV == "production":
            raise ValidationError("That is a made-up number, kept for films. " + self.message, code="made_up")
        if not made_up and not phonenumbers.is_valid_number(number):
            raise ValidationError(self.message, code="invalid")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def prepare_value(self, value: Any) -> Any:
        return show_phone(value) if isinstance(value, str) and re.fullmatch(r"\+\d{7,15}", value) else value


def show_phone(value: str) -> str:
    """An E.164 number as it is read aloud: '07700 900123'; foreign ones with their country code."""
    try:
        number = phonenumbers.parse(value, "GB")
    except phonenumbers.NumberParseException:
        return value
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        number, style.NATIONAL if number.country_code == 44 else style.INTERNATIONAL
    )


class EmailField(CleanCharField):
    """One email address. Its domain is given back in lower case."""

    attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
    widget = forms.EmailInput
    longest = 254
    message = "Enter an email address, like name@example.com"

    def to_python(self, value: Any) -> str:
        if isinstance(value, str) and re.search(r"[\r\n]", value.strip()):
            raise ValidationError(self.message, code="invalid")
        text = super().to_python(value)
        if not text:
            return ""
        if re.search(r"[,;]", text):
            raise ValidationError("Enter one email address only, like name@example.com", code="several")
        EmailValidator(message=self.message)(text)
        local, _, domain = text.rpartition("@")
        return f"{local}@{domain.lower()}"
