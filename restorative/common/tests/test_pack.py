"""Our templates beside govuk-frontend's own fixtures, and what was vendored."""

import gzip
import json
import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template

from restorative.common.formfields import ChoiceRadio, CleanTextField, TicksField
from restorative.common.tests.markup import Page

FIXTURES = Path(__file__).parent / "govuk_fixtures"
STATIC = Path(settings.BASE_DIR) / "static"

# Intended differences: smaller radios and boxes; none of their scripts on them (it sets aria-expanded on radios); our
# own markup for revealed questions; autocomplete off; no disabled answers.
DROP = frozenset(
    {
        "govuk-radios--small",
        "govuk-checkboxes--small",
        "data-module",
        "autocomplete",
        "spellcheck",
        "disabled",
    }
)


def known(component: str, name: str) -> tuple[dict, Page]:
    """A fixture's options and its markup."""
    fixtures = json.loads((FIXTURES / f"{component}.json").read_text())["fixtures"]
    (found,) = [one for one in fixtures if one["name"] == name]
    return found["options"], Page(found["html"])


def plain(text: str) -> str:
    return " ".join(text.split())


def field_from(component: str, options: dict) -> forms.Field:
    """A form field that corresponds to the fixture."""
    label = options.get("label") or options.get("fieldset", {}).get("legend", {})
    hint = plain(options.get("hint", {}).get("text", ""))
    asked = {"label": label["text"], "help_text": hint, "required": False}
    items = [item for item in options.get("items", []) if item]
    choices = [(str(item.get("value", item["text"])), item["text"]) for item in items]
    hints = {str(item["value"]): plain(item["hint"]["text"]) for item in items if item.get("hint")}
    made = {
        "input": lambda: forms.CharField(**asked),
        "textarea": lambda: CleanTextField(rows=5, **asked),
        "select": lambda: forms.ChoiceField(choices=choices, **asked),
        "radios": lambda: ChoiceRadio(choices=choices, option_hints=hints, **asked),
        "checkboxes": lambda: TicksField(choices=choices, option_hints=hints, **asked),
    }
    return made[component]()


def ours(component: str, options: dict) -> Page:
    field = field_from(component, options)
    name = options.get("name") or options["idPrefix"]
    field.widget.attrs["id"] = options.get("id") or options.get("idPrefix") or name

    class Form(forms.Form):
        use_required_attribute = False

    chosen = [
        str(item["value"])
        for item in options.get("items", [])
        if item and (item.get("selected") or item.get("checked"))
    ]
    value = options.get(
        "value", options.get("values", chosen if component == "checkboxes" else next(iter(chosen), None))
    )
    form = (
        Form(initial={name: value} if value is not None else {})
        if "errorMessage" not in options
        else Form({})
    )
    form.fields[name] = field
    if error := options.get("errorMessage"):
        form.add_error(None, "")
        form.errors[name] = form.error_class([error["text"]])
    return Page(form[name].as_field_group())


SAME = {
    "input": ["default", "with hint text", "with error message", "with error and hint", "value", "zero value"],
    "textarea": ["default", "with hint", "with error message", "with hint and error message", "with default value"],
    "select": ["default", "with hint text and error message", "with selected value"],
    "radios": ["default", "with hint", "small", "small with hint", "small with error",
               "with hint and error message", "with very long option text"],
    "checkboxes": ["default", "small", "with error message", "small with hint"],
}  # fmt: skip


@pytest.mark.parametrize(("component", "name"), [(kind, name) for kind in SAME for name in SAME[kind]])
def test_a_field_is_marked_up_as_in_govuk_frontend(component, name):
    options, theirs = known(component, name)
    assert ours(component, options).shape(DROP) == theirs.shape(DROP)


def component(name: str, **context) -> Page:
    """A component, called the way pages call it."""
    given = " ".join(f"{key}={key}" for key in context)
    include = f'{{% include "components/{name}.html" with {given} only %}}'
    return Page(Template(include).render(Context(context)))


def test_the_error_summary_is_marked_up_as_in_govuk_frontend():
    options, theirs = known("error-summary", "default")

    class Form(forms.Form):
        one = forms.CharField(widget=forms.TextInput(attrs={"id": "example-error-1"}))
        two = forms.CharField(widget=forms.TextInput(attrs={"id": "example-error-2"}))

    form = Form({"one": "x", "two": "y"})
    for name, error in zip(("one", "two"), options["errorList"], strict=True):
        form.add_error(name, error["text"])
    assert component("error_summary", form=form).shape() == theirs.shape()


def test_no_error_no_summary():
    assert component("error_summary", form=forms.Form({})).shape() == []


@pytest.mark.parametrize(
    ("tone", "name"), [("quiet", "grey"), ("ok", "green"), ("stop", "red"), ("due", "yellow")]
)
def test_a_tag_is_marked_up_as_in_govuk_frontend(tone, name):
    options, theirs = known("tag", name)
    assert component("tag", text=options["text"], tone=tone).shape() == theirs.shape()


def test_a_task_list_is_marked_up_as_in_govuk_frontend():
    options, theirs = known("task-list", "default")
    tasks = [
        {
            "title": item["title"]["text"],
            "href": item["href"],
            "status": item["status"].get("text") or item["status"]["tag"]["text"],
            "tone": "quiet" if "tag" in item["status"] else "",
        }
        for item in options["items"]
    ]
    other_colours = frozenset({"govuk-tag--blue", "govuk-tag--grey"})
    assert component("task_list", tasks=tasks).shape(other_colours) == theirs.shape(other_colours)


@pytest.mark.parametrize(("name", "action"), [("with actions", "Change"), ("with some actions", "")])
def test_a_row_of_a_summary_list_is_marked_up_as_in_govuk_frontend(name, action):
    _, theirs = known("summary-list", name)
    (given,) = [row for row in theirs.all("div") if "13/08/1980" in row.text]
    row = {
        "key": "Date of birth",
        "value": "13/08/1980",
        "action_text": action,
        "action_href": action and "#",
    }
    (made,) = component("summary_list", rows=[row]).all("div")
    # Theirs repeats the question in lower case.
    assert str(made.shape()).lower() == str(given.shape()).lower()


def test_a_warning_is_marked_up_as_in_govuk_frontend():
    options, theirs = known("warning-text", "default")
    assert component("warning", text=options["text"]).shape() == theirs.shape()


def test_the_next_steps_button_is_marked_up_as_in_govuk_frontend():
    options, theirs = known("button", "link")
    page = component(
        "next_step", heading="h", text="t", action_text=options["text"], action_href=options["href"]
    )
    assert [link.shape() for link in page.all("a")] == theirs.shape()


def test_pages_are_counted_in_words():
    page = component("pagination", page_obj=Paginator(range(60), 25).page(2), query="q=o%27neil&page=9")
    assert [(link.text, link["href"]) for link in page.all("a")] == [
        ("Previous page", "?q=o%27neil&page=1"),
        ("Next page", "?q=o%27neil&page=3"),
    ]
    assert "Page 2 of 3" in page.root.text


# Vendored files


def weight(*patterns: str) -> int:
    """The size of the files, each gzipped as served."""
    files = [file for pattern in patterns for file in sorted(STATIC.glob(pattern))]
    assert files
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_the_style_sheets_weigh_at_most_20_kilobytes():
    assert weight("vendor/govuk-frontend/*.css", "css/*.css") <= 20_000


def test_the_scripts_weigh_at_most_12_kilobytes():
    assert weight("vendor/govuk-frontend/*.js", "js/*.js") <= 12_000


def test_nothing_vendored_asks_for_a_font_a_map_or_another_address():
    for file in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        text = file.read_text()
        assert not re.search(r"url\(|@font-face|@import|GDS Transport|sourceMappingURL|https?://", text), (
            file.name
        )


def test_the_licence_is_beside_what_was_vendored():
    assert "MIT License" in (STATIC / "vendor/govuk-frontend/LICENCE.txt").read_text()


def classes_in(text: str) -> set[str]:
    return set(re.findall(r"\b((?:govuk|rp)-[a-zA-Z0-9_-]*[a-zA-Z0-9])", text))


def test_every_class_a_template_uses_has_a_style():
    """A class of a block that was not vendored would have no style."""
    styled = classes_in("".join(file.read_text() for file in STATIC.rglob("*.css")))
    scripts = {"govuk-error-summary", "govuk-button", "govuk-skip-link"}
    unstyled = {
        "govuk-checkboxes", "govuk-radios", "rp-columns__main", "rp-columns__aside", "rp-table__do",
        "rp-timeline__what", "rp-timeline__title", "rp-timeline__when", "rp-work__what", "rp-packet", "rp-ids",
    }  # fmt: skip
    used = set()
    for file in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        for value in re.findall(r'class="([^"]*)"', re.sub(r"{%.*?%}|{{.*?}}", " ", file.read_text())):
            used |= {
                word
                for word in value.split()
                if word.startswith(("govuk-", "rp-")) and not word.endswith("-")
            }
    assert used - styled - scripts - unstyled == set()
