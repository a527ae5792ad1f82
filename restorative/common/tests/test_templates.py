"""Every layout and component with realistic data: no undefined variables, valid markup, one h1, no axe findings.
The content of pages is tested with the pages."""

import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Engine
from django.template.backends.django import get_installed_libraries
from django.template.context import make_context
from django.test import RequestFactory

from restorative.common.formfields import (
    ChoiceRadio,
    ChoiceSelect,
    CleanTextField,
    DateField,
    PersonNameField,
    PhoneField,
    RatingField,
    TicksField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Row, Section
from restorative.common.tests.markup import Page

TEMPLATES = Path(settings.BASE_DIR) / "templates"
ASHA = SimpleNamespace(is_authenticated=True, first_name="Asha", does_casework=True, safeguarding_lead=True)
NOBODY = SimpleNamespace(is_authenticated=False)


class Undefined(str):
    """Raises when a template uses an undefined variable."""

    __slots__ = ()

    def __contains__(self, _: object) -> bool:
        return True

    def __mod__(self, name: object) -> str:
        raise AssertionError(f"a template asks for {name}, which it was not given")


@pytest.fixture
def render(rf: RequestFactory):
    """Render a template by name or from source, as a page for Asha; undefined variables raise."""
    options = settings.TEMPLATES[0]["OPTIONS"]
    engine = Engine(
        dirs=[TEMPLATES],
        app_dirs=True,
        context_processors=options["context_processors"],
        libraries=get_installed_libraries(),
        builtins=options.get("builtins", []),
        string_if_invalid=Undefined("%s"),
    )

    def rendered(
        name: str = "", *, source: str = "", path: str = "/r/RP-7K3M-9Q/", user=ASHA, **context
    ) -> str:
        request = rf.get(path)
        request.user = user
        template = engine.get_template(name) if name else engine.from_string(source)
        return template.render(make_context(context, request))

    return rendered


class Talk(BaseForm):
    alone = YesNoNotSureField(label="Is Sam on his own?")
    aloud = YesNoNotSureField(label="Does Sam want anything read aloud?", yes_no=True)
    afraid = YesNoNotSureField(
        label="Is there anything that makes him afraid?",
        say="“Lots of people we see have been scared of someone close to them.”",
    )
    afraid_note = CleanTextField(label="In his words", required=False, rows=2)
    order = CleanTextField(label="What does the order say?", shown_if=("afraid", "yes", "not_sure"))
    given = PersonNameField(label="First name")
    phone = PhoneField(label="Phone number", help_text="Only if it is safe")
    when = DateField(label="Day", required=False)
    place = ChoiceSelect(
        label="What are they to each other?", choices=[("partner", "Partner"), ("parent", "Parent")]
    )
    reads = ChoiceRadio(
        label="Who can see his messages?",
        choices=[("nobody", "Nobody"), ("somebody", "Somebody")],
        option_hints={"somebody": "Then nothing is sent"},
    )
    days = TicksField(label="Days", choices=[("m", "Monday"), ("t", "Tuesday")], required=False)
    hope = RatingField(label="Hope", low="none", high="full", required=False)

    layout = [
        Section("Before you start", "alone", "aloud"),
        Section("Is it safe?", "afraid", "order", intro="Ask alone."),
        Section("How to reach him", Row("given", "phone"), "when", "place", "reads", "days"),
        Section("Where things are now", "hope"),
    ]


IDENTITY = {"name": "Sam and Jo", "facts": ["RP-7K3M-9Q", "Lead: you"]}
STAGES = [
    {"label": "Logged", "state": "done"},
    {"label": "Preparing", "state": "current"},
    {"label": "Booked", "state": "next"},
]
BLOCKERS = [
    {
        "sentence": "Sam has not approved the words",
        "whose": "Your turn",
        "action_text": "Ask Sam",
        "action_href": "/x",
    },
    {"sentence": "The records check is waiting", "whose": "Safeguarding lead", "action_text": "By 1pm today"},
    {"sentence": "Something is not settled yet with the other person", "whose": "Nothing for you to do"},
]
PEOPLE = [
    {
        "name": "Sam",
        "href": "/x",
        "about": "in treatment · you support him",
        "cells": [{"text": "Yes", "tone": "ok"}, {"text": "Not yet", "tone": "due", "href": "/y"}],
    },
    {"name": "Jo", "about": "partner", "said": "Not yet. Nothing for you to do."},
]
ENTRIES = [
    {"when": "Today, 9.40am", "title": "Records check asked for", "who": "You"},
    {
        "when": "Fri 20 November",
        "title": "Sam said yes",
        "text": "In person.",
        "who": "You",
        "visible_to": "Sam’s side",
    },
]
LINKS = [{"text": "Record a safety concern", "href": "/x"}]
REFERRAL = """
{% extends "layouts/page.html" %}
{% block above %}
  {% include "components/stage_strip.html" with stages=stages only %}
  {% include "components/banner.html" with kind="due" title="On hold" text="S" action_text="W" action_href="/x" only %}
  {% include "components/banner.html" with kind="quiet" title="Closed" only %}
{% endblock %}
{% block content %}
  {% include "components/next_step.html" with heading="Next" text="First" action_text="Ask" action_href="/x" only %}
  {% include "components/blockers.html" with title="What stands in the way of booking" rows=blockers only %}
  {% include "components/blockers.html" with title="What stands in the way of starting" rows=None empty="No." only %}
  {% include "components/people.html" with heads=heads rows=people only %}
  {% include "components/timeline.html" with title="History" entries=entries only %}
{% endblock %}
{% block aside %}
  {% include "components/box.html" with title="What Sam will be sent" lines=lines quiet="Text only." only %}
  {% include "components/box.html" with title="Other things you can do" links=links only %}
{% endblock %}
"""
LIST = """
{% extends "layouts/two_thirds.html" %}
{% block column_class %}rp-column--full{% endblock %}
{% block content %}
  {% include "components/data_table.html" with caption="Referrals" heads=heads rows=rows only %}
  {% include "components/data_table.html" with caption="Drafts" heads=heads rows=None empty="No drafts." only %}
  {% include "components/pagination.html" with page_obj=page_obj query="q=sam" only %}
{% endblock %}
"""
PARTY = """
{% extends "layouts/two_thirds.html" %}
{% block content %}
  {% include "components/task_list.html" with tasks=tasks only %}
  {% include "components/task_list.html" with tasks=tasks name="other" only %}
  {% include "components/summary_list.html" with rows=facts only %}
  {% include "components/message_box.html" with to="Sam" channel="text" when="Tue 3 March" body="Hi Sam." only %}
  {% include "components/warning.html" with text="This stops every message." only %}
  {% include "components/changed.html" with who="Kit" when="at 2.10pm" rows=changed only %}
{% endblock %}
"""
HEADS = [
    "Reference",
    {"text": "Stage", "sort_href": "?s", "sort": "ascending"},
    "Next",
    {"text": "Days", "numeric": True},
]
ASK, LATE = {"text": "Ask", "href": "/y", "tone": "due"}, {"text": "12", "numeric": True}
ROWS = [
    [{"text": "RP-7K3M-9Q", "href": "/x"}, "Preparing", ASK, LATE],
    ["RP-2H9D-4T", {"text": "Booked", "tone": "ok"}, {"text": "None", "quiet": True}, LATE],
]
TASKS = [
    {"title": "Consent", "href": "/x", "status": "Done"},
    {"title": "Safety", "href": "/y", "status": "Not yet", "tone": "due", "hint": "91 days ago"},
    {"title": "Stop", "status": "Open", "tone": "stop"},
]
FACTS = [
    {"key": "Name", "value": "Sam", "action_text": "Change", "action_href": "/x"},
    {"key": "Lead", "value": "Asha\nLeeds"},
]
FORM = {
    "title": "Talk with Sam",
    "submit_text": "Save",
    "back_href": "/r",
    "draft": True,
    "identity": IDENTITY,
}
MORE = {
    "intro": "Alone.",
    "warning": "Careful.",
    "cancel_href": "/",
    "second_text": "Later",
    "second_name": "later",
}

REFERRAL_PAGE = {"source": REFERRAL, "title": "Sam and Jo", "identity": IDENTITY, "stages": STAGES, "entries": ENTRIES,
                 "blockers": BLOCKERS, "heads": ["Consent", "Prepared"], "people": PEOPLE, "links": LINKS,
                 "lines": ["Nothing is waiting."]}  # fmt: skip
LIST_PAGE = {"source": LIST, "title": "Referrals", "heads": HEADS, "rows": ROWS, "path": "/referrals/"}
PARTY_PAGE = {"source": PARTY, "title": "Sam", "back_href": "/r", "tasks": TASKS, "facts": FACTS,
              "changed": [{"label": "Words", "yours": "Hello", "theirs": "Hi"}]}  # fmt: skip
FORM_PAGE = {"name": "form_page.html", **FORM}
ERRORS = ["400", "403", "404", "500", "csrf"]


class SignIn(forms.Form):
    login = forms.EmailField(label="Work email address")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)


PAGES = {
    "referral": lambda: REFERRAL_PAGE,
    "list": lambda: LIST_PAGE | {"page_obj": Paginator(range(60), 25).page(2)},
    "party": lambda: PARTY_PAGE,
    "form": lambda: FORM_PAGE | MORE | {"form": Talk()},
    "form with answers": lambda: FORM_PAGE | {"form": Talk(initial={"alone": "yes", "afraid": "yes"})},
    "form with errors": lambda: FORM_PAGE | {"form": Talk({"phone": "x", "afraid": "yes"})},
    "sign in": lambda: {"name": "account/login.html", "form": SignIn(), "user": NOBODY},
    "sign in again": lambda: {"name": "account/login.html", "form": SignIn({"login": "a"}), "user": NOBODY},
    "print": lambda: {"name": "layouts/print.html", "title": "Run sheet", "back_href": "/x"},
    **{f"error {code}": partial(dict, name=f"errors/{code}.html", request_id="7f3a") for code in ERRORS},
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_sound(render, name):
    page = Page(re.sub("<!doctype html>", "", render(**PAGES[name]())))
    assert [one.tag for one in page.all("h1", "main", "title")].count("h1") == 1
    assert len(page.all("main")) == len(page.all("title")) == 1
    ids = [one["id"] for one in page.elements if "id" in one]
    assert len(ids) == len(set(ids))
    pointed_at = {word for one in page.elements for word in one.get("aria-describedby", "").split()}
    assert pointed_at | {label["for"] for label in page.all("label")} <= set(ids)
    assert not [one for one in page.elements if "style" in one or any(key.startswith("on") for key in one)]
    assert all("src" in script for script in page.all("script"))


def test_the_first_two_stops_are_the_skip_links(render):
    page = Page(re.sub("<!doctype html>", "", render(**PAGES["referral"]())))
    stops = page.all("a", "button", "input", "summary", "textarea")
    assert [(one.text, one["href"]) for one in stops[:2]] == [
        ("Skip to main content", "#main"),
        ("Skip to search", "#search"),
    ]
    assert page.by_id("main").tag == "main"
    assert page.by_id("search").tag == "input"


def test_the_title_says_that_something_is_wrong(render):
    (title,) = Page(re.sub("<!doctype html>", "", render(**PAGES["form with errors"]()))).all("title")
    assert title.text == "Error: Talk with Sam"


NOT_OUTSIDE = ["alcohol", "drug", "treatment", "recovery", "rehab", "forward leeds", "5 ways", "carers", "clinic",
               "restorative", "referral", "case"]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith(("error ", "sign in"))])
def test_nothing_outside_signed_in_pages_says_what_the_service_is(render, name):
    html = render(**PAGES[name]()).lower()
    assert [word for word in NOT_OUTSIDE if re.search(rf"\b{word}\b", html)] == []


def test_every_component_is_shown_by_some_page_here():
    """Every component is rendered by some test."""
    everything = "".join(path.read_text() for path in TEMPLATES.rglob("*.html")) + REFERRAL + LIST + PARTY
    for path in sorted((TEMPLATES / "components").glob("*.html")):
        assert f'"components/{path.name}"' in everything, path.name


SIZES = {"desk": (1366, 768), "phone": (390, 844), "narrow": (320, 640)}


@pytest.fixture
def opened(page, render):
    """Open a rendered page in Chromium, with our own style sheets and scripts only."""
    types = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    asked = []

    def answer(route):
        path = route.request.url.removeprefix("http://house.test")
        asked.append(path)
        if path.startswith("/static/"):
            file = Path(settings.BASE_DIR) / path[1:]
            route.fulfill(body=file.read_bytes(), content_type=types[file.suffix])
        else:
            route.fulfill(body=page.html, content_type="text/html; charset=utf-8")

    page.route("**/*", answer)
    page.asked = asked
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))

    def go(html: str):
        page.html = html
        page.goto("http://house.test/r/RP-7K3M-9Q/")
        return page

    return go


def findings(page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], node["html"][:120]) for one in found for node in one["nodes"]]


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(opened, render, name):
    page = opened(render(**PAGES[name]()))
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        if width != 320:
            assert findings(page) == []
    assert page.errors == []
    assert len(page.asked) <= 6


@pytest.mark.browser
def test_the_next_step_is_above_the_fold(opened, render):
    page = opened(render(**PAGES["referral"]()))
    page.set_viewport_size({"width": 1366, "height": 768})
    box = page.locator(".rp-next").bounding_box()
    assert box["y"] + box["height"] < 600


@pytest.mark.browser
def test_an_answer_shows_what_it_asks_for_and_hides_it_again(opened, render):
    page = opened(render(**PAGES["form"]()))
    order = page.get_by_label("What does the order say?")
    afraid = page.get_by_role("group", name="Is there anything that makes him afraid?")
    assert not order.is_visible()
    afraid.get_by_label("Not sure", exact=True).check()
    assert order.is_visible()
    afraid.get_by_label("No", exact=True).check()
    assert not order.is_visible()


@pytest.mark.browser
def test_answers_are_given_with_the_keyboard_alone(opened, render):
    page = opened(render(**PAGES["form"]()))
    first = page.get_by_role("group", name="Is Sam on his own?").get_by_label("Yes", exact=True)
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("group", name="Is Sam on his own?").get_by_label("Not sure").is_checked()
    outline = "el => getComputedStyle(el.labels[0]).outlineStyle"
    assert page.locator("input:focus").evaluate(outline) == "solid"


@pytest.mark.browser
def test_the_summary_leads_to_the_question(opened, render):
    page = opened(render(**PAGES["form with errors"]()))
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    page.get_by_role("link", name="Is Sam on his own? Answer yes, no or not sure").click()
    assert page.evaluate("document.activeElement.id") == "id_alone"


@pytest.fixture
def sent(page):
    """The page's POST requests, and the response they get (a list that tests change)."""
    posts, answers = [], [204]

    def answer(route):
        if route.request.method != "POST":
            route.fallback()
        elif answers[0] is None:
            route.abort()
        else:
            posts.append(route.request)
            route.fulfill(status=answers[0], body="")

    return posts, answers, lambda: page.route("**/r/**", answer)


@pytest.mark.browser
def test_what_is_typed_is_saved_on_leaving_the_field_and_says_so(opened, render, sent):
    posts, _, listen = sent
    page = opened(render(**PAGES["form"]()))
    listen()
    page.get_by_label("In his words").fill("His own idea")
    page.get_by_label("First name").focus()
    page.get_by_text("Saved just now").first.wait_for()
    (post,) = posts
    assert post.headers["x-draft"] == "1"
    assert "His own idea" in post.post_data
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


@pytest.mark.browser
def test_nothing_new_is_not_sent(opened, render, sent):
    posts, _, listen = sent
    page = opened(render(**PAGES["form"]()))
    listen()
    page.get_by_label("First name").focus()
    page.get_by_label("Day", exact=True).focus()
    page.wait_for_timeout(300)
    assert posts == []


@pytest.mark.browser
def test_it_says_when_it_could_not_save_and_tries_again(opened, render, sent):
    posts, answers, listen = sent
    page = opened(render(**PAGES["form"]()))
    listen()
    answers[0] = None
    page.get_by_label("First name").fill("Sam")
    page.get_by_label("Day", exact=True).focus()
    page.get_by_text("Not saved").first.wait_for()
    answers[0] = 204
    page.get_by_label("First name").focus()
    page.get_by_label("Day", exact=True).focus()
    page.get_by_text("Saved just now").first.wait_for()
    assert len(posts) == 1


@pytest.mark.browser
def test_a_form_is_sent_once_however_often_the_button_is_pressed(opened, render, sent):
    posts, _, listen = sent
    page = opened(render(**PAGES["form"]()))
    listen()
    press = "button => { for (let i = 0; i < 20; i++) button.click(); }"
    page.get_by_role("button", name="Save").evaluate(press)
    page.wait_for_timeout(300)
    assert len(posts) == 1


@pytest.mark.browser
def test_chosen_answers_are_seen_in_forced_colours(opened, render):
    page = opened(render(**PAGES["form with answers"]()))
    page.emulate_media(forced_colors="active")
    chosen = page.locator("#id_alone + label").evaluate("el => getComputedStyle(el).backgroundColor")
    other = page.locator("#id_alone-2 + label").evaluate("el => getComputedStyle(el).backgroundColor")
    assert chosen != other
