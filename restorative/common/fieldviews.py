"""FieldView: what the markup of one form field needs, worked out from any bound field (ours, Django's or allauth's).
The markup itself is in templates/govuk/; what a field accepts is in formfields.py."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString

from restorative.common.formfields import showable


@dataclass(frozen=True)
class Option:
    """One answer of a group: its words, value, whether it is chosen, and where it is on the page."""

    id: str
    name: str
    value: str
    label: str
    chosen: bool
    hint: str


@dataclass(frozen=True)
class OptionGroup:
    """Answers of a list under a common heading, or under none."""

    label: str
    options: list[Option]


class FieldView:
    """A bound field as the templates see it."""

    def __init__(self, bound: BoundField):
        self.bound = bound
        self.field = bound.field
        self.form = bound.form

    @cached_property
    def kind(self) -> str:
        """hidden, answer, radios, checkboxes, checkbox, select, textarea or input: the template of its name."""
        widget = self.field.widget
        if widget.is_hidden:
            return "hidden"
        if own := getattr(self.field, "kind", ""):
            return own
        kinds: list[tuple[type[forms.Widget], str]] = [
            (forms.CheckboxSelectMultiple, "checkboxes"),
            (forms.RadioSelect, "radios"),
            (forms.CheckboxInput, "checkbox"),
            (forms.Select, "select"),
            (forms.Textarea, "textarea"),
        ]
        return next((kind for widget_class, kind in kinds if isinstance(widget, widget_class)), "input")

    @cached_property
    def template(self) -> str:
        return f"govuk/fields/{self.kind}.html"

    @property
    def id(self) -> str:
        """The id of the control an error links to; of a group, its first answer's."""
        return self.field.widget.attrs.get("id") or self.bound.auto_id or self.bound.html_name

    @property
    def name(self) -> str:
        return self.bound.html_name

    @property
    def label(self) -> str:
        return str(self.bound.label or "")

    @property
    def label_class(self) -> str:
        return getattr(self.field, "label_class", "")

    @property
    def heading(self) -> bool:
        """Whether the label is the page's h1 (a page that asks one thing)."""
        return getattr(self.field, "heading", False)

    @cached_property
    def hint(self) -> str:
        return str(self.field.help_text or "")

    @cached_property
    def errors(self) -> list[str]:
        return [str(error) for error in self.bound.errors]

    @cached_property
    def say(self) -> str:
        """Words to say to the person, beside the question."""
        return getattr(self.form, "say", {}).get(self.bound.name, "")

    @cached_property
    def note(self) -> "FieldView | None":
        """The note shown inside this answer's row."""
        name = self.form.note_of(self.bound.name) if hasattr(self.form, "note_of") else None
        return FieldView(self.form[name]) if name else None

    @property
    def describedby(self) -> str:
        parts = [("say", self.say), ("hint", self.hint), ("error", self.errors)]
        return " ".join(f"{self.id}-{part}" for part, there in parts if there)

    @cached_property
    def revealed_by(self) -> str:
        """The name on the page of the question whose answer shows this one, or ''."""
        rule = self._reveals
        return self.form.add_prefix(rule[0]) if rule else ""

    @property
    def revealed_when(self) -> str:
        return " ".join(self._reveals[1:]) if self._reveals else ""

    @property
    def _reveals(self) -> tuple[str, ...] | None:
        return getattr(self.form, "reveals", {}).get(self.bound.name)

    @property
    def low(self) -> str:
        return getattr(self.field, "low", "")

    @property
    def high(self) -> str:
        return getattr(self.field, "high", "")

    @cached_property
    def _widget(self) -> dict[str, Any]:
        return self.field.widget.get_context(self.name, showable(self.bound.value()), {"id": self.id})[
            "widget"
        ]

    @property
    def value(self) -> str:
        """What the control shows, exactly as it was typed where it was."""
        value = self._widget["value"]
        return "" if value is None else showable(str(value))

    @property
    def attrs(self) -> SafeString:
        """The control's attributes, in the order GOV.UK Frontend writes them."""
        block = {"select": "govuk-select", "textarea": "govuk-textarea"}.get(self.kind, "govuk-input")
        own = dict(self._widget["attrs"])
        classes = [block, own.pop("class", "")]
        if width := getattr(self.field, "width", ""):
            classes.append(f"{block}--width-{width}")
        if self.errors:
            classes.append(f"{block}--error")
        attrs: dict[str, Any] = {"class": " ".join(filter(None, classes)), "id": self.id, "name": self.name}
        own.pop("id", None)
        if self.kind == "input":
            attrs["type"] = own.pop("type", None) or getattr(self.field.widget, "input_type", "text")
            if self.value and attrs["type"] != "password":
                attrs["value"] = self.value
        attrs |= own
        if self.describedby:
            attrs["aria-describedby"] = self.describedby
        return flatatt(attrs)

    @cached_property
    def groups(self) -> list[OptionGroup]:
        """The answers of a list or group, in their headings. The first has the field's own id."""
        widget: Any = self.field.widget
        value = self.bound.value()
        count = 0
        found = []
        for heading, options, _ in widget.optgroups(self.name, widget.format_value(value), {}):
            made = []
            for option in options:
                count += 1
                made.append(self._option(option, count))
            found.append(OptionGroup(str(heading or ""), made))
        return found

    def _option(self, option: dict[str, Any], count: int) -> Option:
        value = "" if option["value"] is None else str(option["value"])
        hints = getattr(self.field, "option_hints", {})
        own_id = self.id if count == 1 else f"{self.id}-{count}"
        return Option(
            own_id, option["name"], value, str(option["label"]), option["selected"], hints.get(value, "")
        )

    @property
    def options(self) -> list[Option]:
        """All answers of a group, the empty one left out."""
        return [option for group in self.groups for option in group.options if option.value != ""]

    @property
    def checked(self) -> bool:
        """Whether a single tick box is ticked."""
        return bool(self.field.widget.check_test(self.bound.value()))

    @property
    def hidden(self) -> SafeString:
        value = self.value
        return format_html('<input type="hidden" name="{}" value="{}">', self.name, value)
