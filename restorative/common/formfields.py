"""Form fields that take what people really type, say plainly what is wrong and give back clean values.
Laying out a form is in forms.py; what a rule of the domain allows is never decided here.

Text is NFC, trimmed and free of what cannot be stored or would mislead; phones are E.164; times are aware.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from restorative.common import clock

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
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\x0b", "\n")
        .replace("\x0c", "\n")
        .replace("\x85", "\n")
    )
    if UNSAFE.search(text):
        raise ValidationError(UNSAFE_MESSAGE, code="unsafe")
    text = unicodedata.normalize("NFC", text)
    if not any(_visible(letter) for letter in text):
        return ""
    while (trimmed := text.strip().strip(EDGES)) != text:
        text = trimmed
    return text


class CleanCharField(forms.CharField):
    """One line of text, at most `max_length` characters (200). Line breaks become spaces."""

    attrs: dict[str, str] = {"autocomplete": "off"}
    lines = False

    def __init__(self, *, max_length: int = 200, width: str = "", **kwargs: Any):
        self.longest = max_length
        self.width = width
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
    lines = True

    def __init__(self, *, max_length: int = 5000, rows: int = 4, **kwargs: Any):
        self.rows = rows
        super().__init__(max_length=max_length, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = {**super().widget_attrs(widget), "rows": self.rows}
        # Django's own default of 40 columns says nothing the style sheet does not.
        widget.attrs.pop("cols", None)
        widget.attrs.pop("rows", None)
        return attrs


class PersonNameField(CleanCharField):
    """A name as it is written: any script, apostrophes, hyphens, one word or many. At most 80 characters."""

    attrs = {"autocomplete": "off", "spellcheck": "false"}

    def __init__(self, *, max_length: int = 80, width: str = "20", **kwargs: Any):
        super().__init__(max_length=max_length, width=width, **kwargs)

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

    attrs = {"autocomplete": "off", "spellcheck": "false", "type": "tel", "inputmode": "tel"}
    widget = forms.TextInput(attrs={"type": "tel"})
    message = "Enter a phone number, like 07700 900123"

    def __init__(self, *, width: str = "20", **kwargs: Any):
        super().__init__(max_length=40, width=width, **kwargs)

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
    message = "Enter an email address, like name@example.com"

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=254, **kwargs)

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


MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december"]  # fmt: skip
DAY_NAMES = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
DATE_MESSAGE = "Enter a date, like 3 March 2027"
TIME_MESSAGE = "Enter a time, like 2pm or 14:30"


def _month(word: str) -> int:
    """The number of a month's name, whole or from three letters on. Raises ValidationError for anything else."""
    for number, name in enumerate(MONTHS, start=1):
        if len(word) >= 3 and (name.startswith(word.lower()) or (number == 9 and word.lower() == "sept")):
            return number
    raise ValidationError(DATE_MESSAGE, code="invalid")


def read_date(text: str) -> date:
    """The day somebody wrote: '3 March 2027', '3/3/2027', '2027-03-03', 'today', 'tomorrow'.

    Raises ValidationError with what to change, for days that do not exist and years outside 1900 to 2100.
    """
    typed = " ".join(text.lower().replace(",", " ").split())
    typed = re.sub(rf"^{DAY_NAMES}\s+", "", typed)
    near = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if typed in near:
        return clock.today() + timedelta(days=near[typed])
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", typed, flags=re.ASCII):
        year, month, day = (int(part) for part in match.groups())
    elif match := re.fullmatch(
        r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{1,6})", typed, flags=re.ASCII
    ):
        day, month, year = int(match[1]), int(match[2]), _year(match[3])
    elif match := re.fullmatch(
        r"(\d{1,2})(?:st|nd|rd|th)?(?: of)?[ \-]*([a-z]+)\.?[ \-]*(\d{1,6})?", typed, flags=re.ASCII
    ):
        day, month = int(match[1]), _month(match[2])
        if match[3] is None:
            raise ValidationError(f"Add the year, like {DATE_MESSAGE[19:]}", code="no_year")
        year = _year(match[3])
    else:
        raise ValidationError(DATE_MESSAGE, code="invalid")
    if not 1900 <= year <= 2100:
        raise ValidationError("Enter a year from 1900 to 2100", code="year")
    if not 1 <= month <= 12:
        raise ValidationError(
            f"There are 12 months, so {month} cannot be one. {DATE_MESSAGE}", code="impossible"
        )
    try:
        return date(year, month, day)
    except ValueError:
        name = MONTHS[month - 1].title()
        raise ValidationError(
            f"There is no {day} {name} {year}. Check the day and the month", code="impossible"
        ) from None


def _year(digits: str) -> int:
    if len(digits) == 2:
        raise ValidationError("Write the year in full, like 2027", code="short_year")
    return int(digits)


def read_time(text: str) -> time:
    """The time somebody wrote: '2pm', '2.30pm', '14:30', '9.40 am', 'noon'. Raises ValidationError."""
    typed = " ".join(text.lower().split())
    if typed in {"noon", "midday", "12 noon"}:
        return time(12)
    match = re.fullmatch(r"(\d{1,2})(?:\s?[:.]\s?(\d{2}))?\s*([ap])?\.?(?:m\.?)?", typed, flags=re.ASCII)
    if not match and (match := re.fullmatch(r"(\d{2})(\d{2})()", typed, flags=re.ASCII)) is None:
        raise ValidationError(TIME_MESSAGE, code="invalid")
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if not half and match[2] is None and hour <= 12:
        raise ValidationError(f"Say whether {hour} is am or pm, like 2pm", code="half")
    if half:
        if not 1 <= hour <= 12:
            raise ValidationError(TIME_MESSAGE, code="invalid")
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59 or (not half and match[2] is None):
        raise ValidationError(TIME_MESSAGE, code="invalid")
    return time(hour, minute)


def london(day: date, at: time) -> datetime:
    """That day and time in London, aware. Of a time that comes twice, the first.

    Raises ValidationError for the hour that is skipped when the clocks go forward.
    """
    there = datetime.combine(day, at, tzinfo=clock.LONDON)
    back = there.astimezone(UTC).astimezone(clock.LONDON)
    if back.replace(tzinfo=None) != there.replace(tzinfo=None):
        raise ValidationError(
            "The clocks go forward in that hour, so this time does not happen. Choose another", code="skipped"
        )
    return there


class DateField(CleanCharField):
    """A day, typed in words or figures. `past` and `future` refuse the other side of today (today passes both)."""

    attrs = {"autocomplete": "off", "spellcheck": "false"}

    def __init__(self, *, past: bool = False, future: bool = False, width: str = "10", **kwargs: Any):
        self.past, self.future = past, future
        super().__init__(max_length=40, width=width, **kwargs)

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        if isinstance(value, datetime):
            return clock.local(value).date()
        if isinstance(value, date):
            return value
        text = super().to_python(value)
        if not text:
            return None
        day = read_date(text)
        if self.past and day > clock.today():
            raise ValidationError("Enter a date that is today or in the past", code="future")
        if self.future and day < clock.today():
            raise ValidationError("Enter a date that is today or later", code="past")
        return day

    def prepare_value(self, value: Any) -> Any:
        return write_date(value) if isinstance(value, date) else value


class TimeField(CleanCharField):
    """A time of day: '2pm', '14:30'."""

    attrs = {"autocomplete": "off", "spellcheck": "false"}

    def __init__(self, *, width: str = "5", **kwargs: Any):
        super().__init__(max_length=20, width=width, **kwargs)

    def to_python(self, value: Any) -> time | None:  # type: ignore[override]
        if isinstance(value, time):
            return value
        text = super().to_python(value)
        return read_time(text) if text else None

    def prepare_value(self, value: Any) -> Any:
        return value.strftime("%H:%M") if isinstance(value, time) else value


class WhenField(CleanCharField):
    """A day and a time in London in one box: '3 March 2027, 2pm'. Gives an aware datetime."""

    attrs = {"autocomplete": "off", "spellcheck": "false"}
    message = "Enter a day and a time, like 3 March 2027, 2pm"

    def __init__(self, *, past: bool = False, future: bool = False, width: str = "20", **kwargs: Any):
        self.past, self.future = past, future
        super().__init__(max_length=60, width=width, **kwargs)

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        if isinstance(value, datetime):
            return value
        text = super().to_python(value)
        if not text:
            return None
        typed = re.sub(r"(?i)\bat\b", " ", text)
        typed = re.sub(r"(?<=\d)T(?=\d\d:)", " ", typed)
        match = re.fullmatch(
            r"(?i)(.*?\S)[\s,]+(\d{1,2}(?:\s?[:.]\s?\d{2})?\s*(?:[ap]\.?m?\.?)?|noon|midday)", typed.strip()
        )
        if not match:
            raise ValidationError(self.message, code="invalid")
        moment = london(read_date(match[1]), read_time(match[2]))
        if self.past and moment > clock.now():
            raise ValidationError("Enter a day and time that has been", code="future")
        if self.future and moment < clock.now():
            raise ValidationError("Enter a day and time that is still to come", code="past")
        return moment

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, datetime):
            return value
        there = clock.local(value)
        return f"{write_date(there.date())}, {there:%H:%M}"


def write_date(day: date) -> str:
    """A day as DateField reads it back: '3 March 2027'."""
    return f"{day.day} {MONTHS[day.month - 1].title()} {day.year}"


YES_NO_NOT_SURE = [("yes", "Yes"), ("no", "No"), ("not_sure", "Not sure")]
LISTED = "Choose one of the answers shown"


class ChoiceRadio(forms.ChoiceField):
    """One of a few answers, all in sight. `option_hints` maps a value to the words under it."""

    widget = forms.RadioSelect

    def __init__(self, *, option_hints: Mapping[str, str] | None = None, **kwargs: Any):
        self.option_hints = dict(option_hints or {})
        kwargs["error_messages"] = {"invalid_choice": LISTED} | kwargs.get("error_messages", {})
        super().__init__(**kwargs)


class ChoiceSelect(forms.ChoiceField):
    """One of many answers, in a list. An empty first line unless there is an initial answer."""

    def __init__(self, *, choices: Any = (), empty: str = "Choose", **kwargs: Any):
        kwargs["error_messages"] = {"invalid_choice": LISTED} | kwargs.get("error_messages", {})
        rest = choices if callable(choices) else list(choices)
        with_empty: Callable[[], Iterable] | list
        with_empty = (lambda: [("", empty), *rest()]) if callable(rest) else [("", empty), *rest]
        super().__init__(choices=with_empty, **kwargs)


class TicksField(forms.MultipleChoiceField):
    """Any number of answers, as tick boxes. Gives a list of values."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, option_hints: Mapping[str, str] | None = None, **kwargs: Any):
        self.option_hints = dict(option_hints or {})
        kwargs["error_messages"] = {"invalid_choice": LISTED} | kwargs.get("error_messages", {})
        super().__init__(**kwargs)


class YesNoNotSureField(ChoiceRadio):
    """Yes, no or not sure, as a row; `yes_no=True` leaves not sure out. Gives 'yes', 'no', 'not_sure' or ''."""

    kind = "answer"

    def __init__(self, *, yes_no: bool = False, **kwargs: Any):
        asked = "yes or no" if yes_no else "yes, no or not sure"
        kwargs["error_messages"] = {"required": f"Answer {asked}"} | kwargs.get("error_messages", {})
        kwargs.setdefault("choices", YES_NO_NOT_SURE[:2] if yes_no else YES_NO_NOT_SURE)
        super().__init__(**kwargs)


class RatingField(ChoiceRadio):
    """A number from 0 to 10, as a row. Gives an int, or None when left out. `low` and `high` name the ends."""

    kind = "answer"

    def __init__(self, *, low: str = "", high: str = "", **kwargs: Any):
        self.low, self.high = low, high
        kwargs["error_messages"] = {"required": "Choose a number from 0 to 10"} | kwargs.get(
            "error_messages", {}
        )
        super().__init__(choices=[(str(number), str(number)) for number in range(11)], **kwargs)

    def clean(self, value: Any) -> int | None:
        chosen = super().clean(value)
        return int(chosen) if chosen != "" else None

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value
