"""BaseForm: how every form of ours is laid out, says its errors and is sent once. django-crispy-forms renders the
layout with our template pack, templates/govuk/.
What single fields accept is in formfields/; how one is shown is in boundfield.py; saving is never a form's work.

    class TalkForm(BaseForm):
        alone = YesNoNotSureField(label="Is {name} alone?")
        afraid = YesNoNotSureField(label="Is {name} afraid of anyone?", say="“Lots of people have been scared.”")
        afraid_note = CleanTextField(label="Note", required=False, rows=2)     # shown in the row of `afraid`
        order = CleanTextField(label="What does the order say?", shown_if=("afraid", "yes", "not_sure"))
        worker = ChoiceSelect(label="Who supports them?", choices="workers")   # choices from a keyword

        layout = [Section("Before you start", "alone"), Section("Is it safe?", "afraid", "order")]

    form = TalkForm(whom=Whom("Sam"), workers=[("1", "Asha")], alone="yes")    # a field's name sets its initial value

In a page: {% include "components/error_summary.html" with form=form only %} {% crispy form %}; or form_page.html.
A field the layout does not name comes last, never lost. What is asked of several people is added to `self.fields`;
fields that a user is not asked are named in `without`.
"""

import copy
import re
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from crispy_forms import layout as crispy
from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError

from restorative.common.formfields import LISTED, Asked
from restorative.common.rules import rules

GROUPS = {"answer", "checkboxes"}
CHOOSE, ANSWER, TICK = "Choose an answer", "Answer this", "Tick this to carry on"
GENERAL = {CHOOSE, ANSWER, TICK, LISTED}
USUAL = forms.Field.default_error_messages["required"]


@dataclass(frozen=True)
class Whom:
    """The names in a form's text: 'Sam'; and 'Jo', 'Meena or Nan', or 'the other person' (may be lazy)."""

    name: str = ""
    others: str = "the other person"

    def fit(self, text: str) -> str:
        """The text with the names and numbers filled in. `{rules.draft_days}` is the number as it is now."""
        return re.sub(r"\{(name|others|rules\.\w+)\}", lambda each: str(self._value(each[1])), str(text))

    def _value(self, key: str) -> Any:
        return getattr(rules(), key.removeprefix("rules.")) if "." in key else getattr(self, key)


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


class Shown(crispy.LayoutObject):
    """A part of a layout, which shows only the fields that a form really has."""

    def names(self) -> list[str]:
        """Every field in this part, in order."""
        return [pointer.name for pointer in self.get_field_names()]

    def shown_in(self, form: "BaseForm") -> Self:
        """A copy without fields that the form took away or shows in another's row, and without empty parts."""
        shown = copy.copy(self)
        parts = (part if isinstance(part, str) else part.shown_in(form) for part in self.fields)
        shown.fields = [
            part for part in parts if (form.stands_alone(part) if isinstance(part, str) else part.fields)
        ]
        return shown


class Layout(Shown, crispy.Layout):
    """The whole form."""


class Row(Shown, crispy.Row):
    """Short fields beside each other where there is room. Fields are named by their name."""


class Section(Row):
    """A titled part of a form. `intro` is a sentence under the title. Both are filled in by `Whom.fit`."""

    template = "%s/layout/section.html"

    def __init__(self, title: str, *fields: str | Row, intro: str = ""):
        super().__init__(*fields)
        self.title, self.intro = title, intro

    def shown_in(self, form: "BaseForm") -> Self:
        shown = super().shown_in(form)
        shown.title, shown.intro = form.whom.fit(self.title), form.whom.fit(self.intro)
        return shown


def also_asks(*groups: Mapping[str, forms.Field]) -> Callable[[type["BaseForm"]], type["BaseForm"]]:
    """Decorates a form class: it has these fields too. For questions that several forms share or that are listed."""

    def add(form_class: type["BaseForm"]) -> type["BaseForm"]:
        for fields in groups:
            form_class.base_fields.update(fields)
        return form_class

    return add


class BaseForm(forms.Form):
    """A form of the house. See the top of this module."""

    use_required_attribute = False
    layout: Sequence[str | Row] = ()

    submission = SubmissionField()

    def __init__(
        self,
        *args: Any,
        whom: Whom | None = None,
        name: str = "",
        without: Collection[str] = (),
        **given: Any,
    ):
        self.whom = whom or Whom(name)
        sources = {key: getattr(field, "source", "") for key, field in self.base_fields.items()}
        offered = {key: given.get(source, ()) for key, source in sources.items() if source}
        given = {key: value for key, value in given.items() if key not in sources.values()}
        first = {key: given.pop(key) for key in self.base_fields if key in given}
        super().__init__(*args, initial=first | given.pop("initial", {}), **given)
        for field in self.fields.values():
            if isinstance(field, Asked):
                field.fit(self.whom.fit)
        for key, choices in offered.items():
            self.fields[key].offer(choices)
        for key in without:
            del self.fields[key]
        # Last in the order, so that it is never "the first field".
        self.fields["submission"] = self.fields.pop("submission")

    def add(self, **fields: forms.Field) -> list[str]:
        """Add fields whose text contains {name} or {others}. Return their names."""
        for name, field in fields.items():
            field.fit(self.whom.fit)
            self.fields[name] = field
        return list(fields)

    # What is asked where

    def note_of(self, name: str) -> str | None:
        """The note field shown inside this answer's row, if the form has one."""
        answer = getattr(self.fields.get(name), "kind", "") == "answer"
        return f"{name}_note" if answer and f"{name}_note" in self.fields else None

    def stands_alone(self, name: str) -> bool:
        """Whether there is such a field and it is not shown inside another's row."""
        return name in self.fields and self.note_of(name.removesuffix("_note")) != name

    @property
    def helper(self) -> FormHelper:
        """What {% crispy form %} renders: the layout, then the fields that it leaves out, hidden ones last."""
        helper = FormHelper()
        helper.form_tag = False
        helper.render_hidden_fields = True
        named = Layout(*self.layout).names()
        left_out = [field.name for field in self.visible_fields() if field.name not in named]
        helper.layout = Layout(*self.layout, *left_out).shown_in(self)
        return helper

    @property
    def has_answers(self) -> bool:
        """Whether the form has rows of yes, no, not sure: it is then laid out wider."""
        return any(getattr(field, "kind", "") == "answer" for field in self.fields.values())

    # What is said when something is wrong

    def shows(self, name: str) -> bool:
        """Whether the given answers show this field."""
        by, *answers = getattr(self.fields[name], "shown_if", ()) or ("",)
        return not by or (self.cleaned_data.get(by) in answers and self.shows(by))

    def missing(self, text: str, *names: str) -> None:
        """Add an error to each of these fields that is empty."""
        for name in names:
            if self.cleaned_data.get(name) in ("", None, []) and name not in self.errors:
                self.add_error(name, text)

    def clean(self) -> dict[str, Any]:
        """Add errors to fields with `needed` that are shown but empty. Extend it for rules over several answers."""
        for name, field in self.fields.items():
            if getattr(field, "needed", "") and self.shows(name):
                self.missing(field.needed, name)
        return self.cleaned_data

    def _clean_fields(self) -> None:
        for name, field in self.fields.items():
            if field.error_messages.get("required") == USUAL:
                field.error_messages["required"] = _ask_for(field, str(self[name].label))
        super()._clean_fields()  # type: ignore[misc]

    def typed(self) -> dict[str, Any]:
        """What was sent, as typed, for a draft: names to strings or lists. No token, no password, no file, and nothing
        that says which state was looked at (a field with `kept_as_typed = False`).
        """
        kept: dict[str, Any] = {}
        for name, field in self.fields.items():
            if isinstance(field.widget, (forms.PasswordInput, forms.FileInput)) or name == "submission":
                continue
            if getattr(field, "kept_as_typed", True) and self[name].data not in (None, "", []):
                kept[name] = self[name].data
        return kept


def errors_as_list(form: forms.BaseForm) -> list[dict[str, str]]:
    """Each error of any form as {text, href}: the whole form's first, then its fields' in the order of the page."""
    found = [{"text": str(text), "href": ""} for text in form.non_field_errors()]
    fields = [form[name] for name in (_page_order(form) if isinstance(form, BaseForm) else form.fields)]
    said = Counter(text for field in fields for text in field.errors)
    for field in fields:
        href = "" if field.is_hidden else f"#{field.id}"
        for text in field.errors:
            # Far from its question, "Answer yes, no or not sure" says nothing.
            alone = said[text] == 1 and text not in GENERAL and field.kind not in GROUPS
            found.append({"text": text if alone else _with_question(str(field.label), text), "href": href})
    return found


def _with_question(label: str, text: str) -> str:
    return f"{label} {text}" if label.endswith(("?", ".")) else f"{label}: {text}"


def _page_order(form: BaseForm) -> list[str]:
    """Every field: those on the page as they stand there, each with its note, then the hidden ones."""
    order = [name for field in form.helper.layout.names() for name in (field, form.note_of(field)) if name]
    return [*order, *(name for name in form.fields if name not in order)]


def _ask_for(field: forms.Field, label: str) -> str:
    """What is said of a field that was left empty, where it has no words of its own."""
    if isinstance(field, forms.BooleanField):
        return TICK
    if isinstance(field, forms.ChoiceField):
        return CHOOSE
    if label.strip().endswith("?"):
        return ANSWER
    return f"Enter {label[:1].lower() + label[1:] if label[1:2].islower() else label}"
