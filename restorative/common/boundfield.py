"""Rendering of one form field in GOV.UK markup (templates/govuk/), for every form, including allauth's.
Validation is in formfields/; the layout of a form is in forms.py."""

from functools import cached_property
from itertools import chain, count
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting

from restorative.common.formfields import showable

KINDS: list[tuple[type[forms.Widget], str]] = [
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "checkbox"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
]


class GovukBoundField(BoundField):
    """A field and its data. `{{ field }}` renders the control, `as_field_group` also label, hint and errors."""

    @cached_property
    def kind(self) -> str:
        """hidden, answer, radios, checkboxes, checkbox, select, textarea or input."""
        if self.is_hidden:
            return "hidden"
        widget = self.field.widget
        usual = next((kind for widget_class, kind in KINDS if isinstance(widget, widget_class)), "input")
        return getattr(self.field, "kind", usual)

    @property
    def control(self) -> str:
        """The template of the field, without the conditional wrapper."""
        return f"govuk/fields/{'input' if self.kind in ('select', 'textarea') else self.kind}.html"

    @property
    def id(self) -> str:
        """The id that an error links to: of the control, or of a group's first answer."""
        return self.field.widget.attrs.get("id") or self.auto_id or self.html_name

    def value(self) -> Any:
        """The value as typed, without characters that cannot be displayed."""
        return showable(super().value())

    @property
    def say(self) -> str:
        """The script for the worker, beside the question."""
        return getattr(self.field, "say", "")

    @property
    def note(self) -> BoundField | None:
        """The note shown inside this answer's row."""
        name = self.form.note_of(self.name) if hasattr(self.form, "note_of") else None
        return self.form[name] if name else None

    @property
    def revealed_by(self) -> str:
        """The HTML name of the field whose answer shows this one, or ''."""
        return self.form.add_prefix(self._shown_if[0]) if self._shown_if else ""

    @property
    def revealed_when(self) -> str:
        """The answers that show this one."""
        return " ".join(self._shown_if[1:])

    @property
    def _shown_if(self) -> tuple[str, ...]:
        return getattr(self.field, "shown_if", ())

    @property
    def aria_describedby(self) -> str:
        parts = [("say", self.say), ("hint", self.help_text), ("error", self.errors)]
        return " ".join(f"{self.id}-{part}" for part, there in parts if there)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """GOV.UK classes and aria-describedby, without `required`: validation is the server's."""
        block = f"govuk-{self.kind}"
        width = getattr(self.field, "width", "")
        classes = [block, width and f"{block}--width-{width}", self.errors and f"{block}--error"]
        described = {"aria-describedby": self.aria_describedby} if self.aria_describedby else {}
        return {**attrs, "class": " ".join(filter(None, classes)), "id": self.id, **described}

    @cached_property
    def groups(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The choices by heading ('' for none). The first has the field's own id."""
        widget: Any = self.field.widget
        hints = getattr(self.field, "option_hints", {})
        found: list[tuple[str, list[dict[str, Any]]]] = []
        ids = chain([self.id], (f"{self.id}-{number}" for number in count(2)))
        for heading, options, _ in widget.optgroups(self.html_name, widget.format_value(self.value()), {}):
            answers = [option for option in options if option["value"] not in ("", None)]
            for option in answers:
                option |= {"id": next(ids), "hint": hints.get(str(option["value"]), "")}
            found.append((heading or "", answers))
        return found

    @property
    def options(self) -> list[dict[str, Any]]:
        return [option for _, options in self.groups for option in options]

    @property
    def checked(self) -> bool:
        return bool(self.field.widget.check_test(self.value()))


class GovukRenderer(TemplatesSetting):
    """Shows every field in GOV.UK markup (FORM_RENDERER). crispy-forms lays the fields out."""

    field_template_name = "govuk/field.html"
    bound_field_class = GovukBoundField
