"""BaseForm: how every form of ours is laid out, says its errors and is sent once. Its markup is in templates/govuk/.
What single fields accept is in formfields.py; saving is never a form's work.

    class TalkForm(BaseForm):
        alone = YesNoNotSureField(label="Is Sam on his own?")
        afraid = YesNoNotSureField(label="Is there anything that makes him afraid?")
        afraid_note = CleanTextField(label="Note", required=False, rows=2)     # shown under `afraid`
        order = CleanTextField(label="What does the order say?", required=False)

        layout = [Section("Before you start", "alone"), Section("Is it safe?", "afraid", "order")]
        say = {"afraid": "“Lots of people we see have been scared of someone close to them.”"}
        reveals = {"order": ("afraid", "yes", "not_sure")}                      # shown when afraid is one of these

In a page: {% include "components/error_summary.html" with form=form only %} {% crispy form %}; or form_page.html.
All three attributes may be set on the instance too. A field the layout does not name comes last, never lost.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from crispy_forms.utils import render_field
from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from restorative.common.fieldviews import FieldView
from restorative.common.formfields import LISTED

PACK = "govuk"
GROUPS = {"answer", "checkboxes"}
CHOOSE, ANSWER, TICK = "Choose an answer", "Answer this", "Tick this to carry on"
GENERAL = {CHOOSE, ANSWER, TICK, LISTED}


class SubmissionField(forms.UUIDField):
    """The hidden token by which the same press of a button is known again. Nonsense counts as none."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, initial=uuid.uuid4)

    def clean(self, value: Any) -> uuid.UUID | None:
        try:
            return super().clean(value)
        except ValidationError:
            return None

    def bound_data(self, data: Any, initial: Any) -> Any:
        return self.clean(data) or initial


class Piece:
    """A part of a layout. Fields are named by their name; other pieces render a template with their fields inside."""

    template = ""

    def __init__(self, *items: "str | Piece"):
        self.items = items

    def names(self) -> list[str]:
        """Every field named in this piece, in order."""
        found: list[str] = []
        for item in self.items:
            found += [item] if isinstance(item, str) else item.names()
        return found

    def says(self, form: "BaseForm") -> dict[str, Any]:
        return {}

    def render(self, form: "BaseForm", context: Any, template_pack: str = PACK, **kwargs: Any) -> SafeString:
        shown = [item for item in self.items if not isinstance(item, str) or form.places(item)]
        if self.items and not any(form.places(name) for name in self.names()):
            return SafeString("")
        parts = ((render_field(item, form, context, template_pack=template_pack),) for item in shown)
        inside = format_html_join("", "{}", parts)
        return render_to_string(f"{PACK}/layout/{self.template}", {"inside": inside, **self.says(form)})


class Section(Piece):
    """A titled part of a form. `intro` is a sentence under the title."""

    template = "section.html"

    def __init__(self, title: str, *items: "str | Piece", intro: str = ""):
        super().__init__(*items)
        self.title, self.intro = title, intro

    def says(self, form: "BaseForm") -> dict[str, Any]:
        return {"title": self.title, "intro": self.intro}


class Row(Piece):
    """Short fields beside each other where there is room."""

    template = "row.html"


class Words(Piece):
    """A paragraph between fields."""

    template = "words.html"

    def __init__(self, text: str):
        super().__init__()
        self.text = text

    def says(self, form: "BaseForm") -> dict[str, Any]:
        return {"text": self.text}


class AnswerRow(Piece):
    """A yes-no-not-sure row with a note or words to say other than the usual ones (`<field>_note`, `say`)."""

    template = "plain.html"

    def __init__(self, field: str, *, note: str = "", say: str = ""):
        super().__init__(field)
        self.field, self.note, self.say = field, note, say

    def settle(self, form: "BaseForm") -> None:
        """Tell the form what this row asks for, before anything is rendered."""
        if self.say:
            form.say = {**form.say, self.field: self.say}
        if self.note:
            form.notes = {**form.notes, self.field: self.note}


class BaseForm(forms.Form):
    """A form of the house. See the top of this module."""

    use_required_attribute = False
    layout: Sequence[str | Piece] = ()
    say: dict[str, str] = {}
    notes: dict[str, str] = {}
    reveals: dict[str, tuple[str, ...]] = {}

    submission = SubmissionField()

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        # Last in the order, so that it is never "the first field".
        self.fields["submission"] = self.fields.pop("submission")

    # What is asked where

    def note_of(self, name: str) -> str | None:
        """The note field shown inside this answer's row, if the form has one."""
        note = self.notes.get(name, f"{name}_note")
        answer = self.fields.get(name)
        return note if note in self.fields and getattr(answer, "kind", "") == "answer" else None

    def places(self, name: str) -> bool:
        """Whether a layout may name this field: it exists and is not shown inside another's row."""
        return name in self.fields and name not in {self.note_of(other) for other in self.fields}

    def get_layout(self) -> list[str | Piece]:
        """The layout, with what it leaves out at the end. Fields that a form took away again are passed over."""
        pieces = list(self.layout)
        _settle(pieces, self)
        named = set(Piece(*pieces).names())
        rest = [
            name for name, field in self.fields.items() if name not in named and not field.widget.is_hidden
        ]
        return [item for item in [*pieces, *rest] if not isinstance(item, str) or self.places(item)]

    @property
    def has_answers(self) -> bool:
        """Whether the form has rows of yes, no, not sure: it is then laid out wider."""
        return any(getattr(field, "kind", "") == "answer" for field in self.fields.values())

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.include_media = False
        helper.render_hidden_fields = True
        helper.template_pack = PACK
        helper.layout = Layout(*self.get_layout())
        return helper

    # What is said when something is wrong

    def _clean_fields(self) -> None:
        for name, field in self.fields.items():
            _say_plainly(field, str(self[name].label))
        super()._clean_fields()  # type: ignore[misc]

    def errors_as_list(self) -> list[dict[str, str]]:
        """Each error as {text, href}, in the order of the page; href is '' for one of the whole form."""
        return errors_as_list(self)

    def in_order(self, first: str, second: str, message: str = "") -> None:
        """For clean(): an error beside `second` when it comes before `first` (dates, times or numbers)."""
        a, b = self.cleaned_data.get(first), self.cleaned_data.get(second)
        if a is not None and b is not None and b < a:
            label = str(self[first].label)
            self.add_error(second, message or f"This must not be before “{label}”")

    def typed(self) -> dict[str, Any]:
        """What was sent, as typed, for a draft: names to strings or lists. No token, no password, no file, and nothing
        that says which state was looked at (a field with `kept_as_typed = False`).
        """
        kept: dict[str, Any] = {}
        for name, field in self.fields.items():
            if isinstance(field.widget, (forms.PasswordInput, forms.FileInput)) or name == "submission":
                continue
            if not getattr(field, "kept_as_typed", True):
                continue
            value = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            if value not in (None, "", []):
                kept[name] = value
        return kept


def _settle(pieces: Sequence[str | Piece], form: BaseForm) -> None:
    for piece in pieces:
        if isinstance(piece, AnswerRow):
            piece.settle(form)
        elif isinstance(piece, Piece):
            _settle(piece.items, form)


def errors_as_list(form: forms.BaseForm) -> list[dict[str, str]]:
    """Each error of any form as {text, href}: the whole form's first, then its fields' in their order."""
    found = [{"text": str(text), "href": ""} for text in form.non_field_errors()]
    order = list(form.fields)
    if isinstance(form, BaseForm):
        order.sort(key=_page_order(form))
    said = Counter(str(text) for name in order for text in form[name].errors)
    for name in order:
        bound = form[name]
        view = FieldView(bound)
        href = "" if bound.is_hidden else f"#{view.id}"
        for text in view.errors:
            # Far from its question, "Answer yes, no or not sure" says nothing.
            alone = said[text] == 1 and text not in GENERAL and view.kind not in GROUPS
            found.append({"text": text if alone else _with_question(str(bound.label), text), "href": href})
    return found


def _with_question(label: str, text: str) -> str:
    return f"{label} {text}" if label.endswith(("?", ".")) else f"{label}: {text}"


def _page_order(form: BaseForm) -> Any:
    on_page: list[str] = []
    for name in Piece(*form.get_layout()).names():
        on_page += [name, *filter(None, [form.note_of(name)])]
    return lambda name: on_page.index(name) if name in on_page else len(on_page)


def _say_plainly(field: forms.Field, label: str) -> None:
    """Replace Django's general sentences, where a field still has them, by ones that name what is asked."""
    if isinstance(field, forms.BooleanField):
        required = TICK
    elif isinstance(field, forms.ChoiceField):
        required = CHOOSE
    elif label.strip().endswith("?"):
        required = ANSWER
    else:
        required = f"Enter {label[:1].lower() + label[1:] if label[1:2].islower() else label}"
    plain = {
        "required": required,
        "invalid_choice": LISTED,
        "invalid_list": LISTED,
        "invalid_pk_value": LISTED,
    }
    usual: dict[str, Any] = {}
    for kind in reversed(type(field).__mro__):
        if kind.__module__.startswith("django."):
            usual.update(getattr(kind, "default_error_messages", {}))
    for code, text in plain.items():
        if code in field.error_messages and field.error_messages[code] == usual.get(code):
            field.error_messages[code] = text
