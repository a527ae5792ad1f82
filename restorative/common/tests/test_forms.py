"""How BaseForm lays out, says errors in plain words, keeps what was typed and knows a second press of a button."""

import uuid

import pytest
from crispy_forms.utils import render_crispy_form
from django import forms
from django.http import QueryDict

from restorative.common.formfields import (
    ChoiceRadio,
    ChoiceSelect,
    CleanCharField,
    CleanTextField,
    DateField,
    PhoneField,
    TicksField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Row, Section, Whom, errors_as_list
from restorative.common.tests.markup import Page


class Talk(BaseForm):
    alone = YesNoNotSureField(label="Is {name} alone?", say="“Can you talk?”")
    alone_note = CleanTextField(label="Note", required=False, rows=2)
    agrees = YesNoNotSureField(label="Agrees to these words", say="“You can say no.”")
    agrees_note = CleanTextField(label="The words", required=False)
    phone = PhoneField(label="Phone number", help_text="Only if it is safe")
    starts = DateField(label="First day", required=False)
    ends = DateField(label="Last day", required=False)
    last = CleanCharField(label="Left out of the layout", shown_if=("alone", "no", "not_sure"))

    layout = [
        Section("Before you start", "alone", intro="Ask alone."),
        "agrees",
        Row("starts", "ends"),
        "phone",
    ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, name="Sam", **kwargs)

    def clean(self):
        if self.cleaned_data.get("starts") and self.cleaned_data["ends"] < self.cleaned_data["starts"]:
            self.add_error("ends", "This must not be before “First day”")


def shown(form) -> Page:
    return Page(render_crispy_form(form))


def test_every_field_is_there_once_in_the_order_of_the_layout():
    names = [control["name"] for control in shown(Talk()).all("input", "textarea")]
    assert list(dict.fromkeys(names)) == [
        "alone", "alone_note", "agrees", "agrees_note", "starts", "ends", "phone", "last", "submission",
    ]  # fmt: skip
    assert len(names) == 3 + 1 + 3 + 1 + 1 + 1 + 1 + 1 + 1


def test_words_to_say_belong_to_their_question():
    page = shown(Talk())
    assert page.text_of("id_alone-say") == "“Can you talk?”"
    assert page.text_of("id_agrees-say") == "“You can say no.”"
    assert [group["aria-describedby"] for group in page.all("fieldset")] == ["id_alone-say", "id_agrees-say"]


def test_a_note_is_named_after_its_question():
    assert shown(Talk()).label_of("id_alone_note") == "Note: Is Sam alone?"
    assert shown(Talk()).label_of("id_agrees_note") == "The words: Agrees to these words"


def test_what_an_answer_reveals_says_so():
    (part,) = [div for div in shown(Talk()).all("div") if "data-reveals" in div]
    assert (part["data-reveals"], part["data-reveals-when"]) == ("alone", "no not_sure")


def test_a_form_may_take_fields_away_and_add_others():
    form = Talk()
    del form.fields["starts"], form.fields["agrees"]
    form.fields["more"] = CleanCharField(label="More")
    names = [control["name"] for control in shown(form).all("input", "textarea")]
    assert "starts" not in names
    # Its own row went: the note is asked by itself.
    assert {"ends", "more", "agrees_note"} <= set(names)


def test_a_section_whose_fields_are_all_gone_goes_too():
    form = Talk()
    del form.fields["alone"], form.fields["alone_note"]
    assert "Before you start" not in [title.text for title in shown(form).all("h2")]


class Asking(BaseForm):
    kind = ChoiceRadio(label="What does {name} ask {others}?", choices="kinds")
    why = CleanTextField(label="Why?", shown_if=("kind", "b"), needed="Say why")
    who = CleanCharField(label="Who?", shown_if=("why", "help"), needed="Say who")
    worker = ChoiceSelect(label="Which worker?", choices="workers", empty="Nobody", required=False)
    layout = [Section("About {name}", "kind", intro="Tell {others} nothing.")]


def test_a_form_speaks_of_the_people_it_is_about():
    page = shown(Asking(whom=Whom("Sam", "Jo")))
    assert [page.all(tag)[0].text for tag in ("legend", "h2", "p")] == [
        "What does Sam ask Jo?",
        "About Sam",
        "Tell Jo nothing.",
    ]


class Numbered(BaseForm):
    kind = ChoiceRadio(
        label="Kind", choices=[("a", "A")], option_hints={"a": "It holds for {rules.sign_off_days} days"}
    )
    when = DateField(label="When?", help_text="Empty: in {rules.draft_days} days")
    layout = [Section("Kept for {rules.draft_days} days", "kind", "when")]


def test_numbers_of_the_rules_are_read_for_each_page(settings):
    settings.RULES = {"sign_off_days": 20, "draft_days": 15}
    page = shown(Numbered())
    assert page.all("h2")[0].text == "Kept for 15 days"
    assert [page.text_of(f"id_{name}-hint") for name in ("kind-item", "when")] == [
        "It holds for 20 days",
        "Empty: in 15 days",
    ]


@pytest.mark.parametrize("name", ["{name}", "{others}", "{0}", "{", "%s"])
def test_a_name_is_never_read_as_a_place_for_one(name):
    form = Asking(whom=Whom(name, "{name}"), kinds=[("a", "{name}, {others}")])
    assert form["kind"].label == f"What does {name} ask {{name}}?"
    assert form["kind"].options[0]["label"] == "{name}, {others}"


def test_answers_to_choose_from_are_given_with_their_hints():
    form = Asking(kinds=[("a", "A", "first"), ("b", "B")], workers=[("1", "Asha")])
    assert [(one["value"], one["label"], one["hint"]) for one in form["kind"].options] == [
        ("a", "A", "first"),
        ("b", "B", ""),
    ]
    assert form.fields["worker"].choices == [("", "Nobody"), ("1", "Asha")]
    assert form["kind"].value() is None
    assert Asking(kinds=[("b", "B", "second")]).fields["kind"].option_hints == {"b": "second"}


def test_one_answer_that_is_given_alone_is_chosen_and_a_first_answer_may_be_given():
    assert Asking(kinds=[("a", "A")])["kind"].value() == "a"
    assert Asking(kinds=[("a", "A"), ("b", "B")], kind="b")["kind"].value() == "b"


def test_an_unknown_keyword_is_refused():
    with pytest.raises(TypeError):
        Asking(kinds=[], worker_names=[])


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"kind": "a"}, {}),
        ({"kind": "b"}, {"why": ["Say why"]}),
        ({"kind": "b", "why": "help"}, {"who": ["Say who"]}),
        ({"kind": "a", "why": "help"}, {}),  # not shown, so what hangs on it is not shown either
    ],
)
def test_what_is_shown_is_needed(sent, errors):
    assert Asking(sent, kinds=[("a", "A"), ("b", "B")]).errors == errors


def test_two_forms_on_a_page_do_not_share_names_or_ids():
    page = shown(Talk(prefix="b"))
    assert page.label_of("id_b-alone_note") == "Note: Is Sam alone?"
    (part,) = [div for div in page.all("div") if "data-reveals" in div]
    assert part["data-reveals"] == "b-alone"


def test_errors_are_listed_in_the_order_of_the_page_and_lead_to_their_fields():
    form = Talk({"phone": "999", "starts": "3 March 2027", "ends": "2 March 2027"})
    form.add_error(None, "Somebody changed this meanwhile")
    assert errors_as_list(form) == [
        {"text": "Somebody changed this meanwhile", "href": ""},
        {"text": "Is Sam alone? Answer yes, no or not sure", "href": "#id_alone"},
        {"text": "Agrees to these words: Answer yes, no or not sure", "href": "#id_agrees"},
        {"text": "This must not be before “First day”", "href": "#id_ends"},
        {"text": "Enter a phone number, like 07700 900123", "href": "#id_phone"},
    ]


def test_every_link_of_the_summary_leads_to_something_on_the_page():
    form = Talk({"starts": "x", "ends": "y", "last": "\x00", "alone_note": "x" * 6000})
    page = shown(form)
    for error in errors_as_list(form):
        assert page.by_id(error["href"][1:])


def test_the_summary_tells_equal_errors_apart():
    form = Talk({"alone": "yes", "agrees": "yes", "phone": "07700900123", "starts": "x", "ends": "x"})
    assert [error["text"] for error in errors_as_list(form)] == [
        "First day: Enter a date, like 3 March 2027",
        "Last day: Enter a date, like 3 March 2027",
    ]


class Plain(BaseForm):
    name = CleanCharField(label="First name")
    nhs = CleanCharField(label="NHS number")
    hope = CleanTextField(label="What is hoped for?")
    kind = ChoiceRadio(label="Kind", choices=[("a", "A")])
    place = ChoiceSelect(label="Place", choices=[("a", "A")])
    days = TicksField(label="Days", choices=[("m", "Monday")])
    sure = forms.BooleanField(label="Sure")
    own = CleanCharField(label="Own", error_messages={"required": "Say it in your words"})


def test_a_missing_answer_is_asked_for_by_what_it_is():
    assert {name: said[0] for name, said in Plain({}).errors.items()} == {
        "name": "Enter first name",
        "nhs": "Enter NHS number",
        "hope": "Answer this",
        "kind": "Choose an answer",
        "place": "Choose an answer",
        "days": "Choose an answer",
        "sure": "Tick this to carry on",
        "own": "Say it in your words",
    }


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("phone", "my number is <b>999</b>"),
        ("starts", "30 February 2027"),
        ("last", "x" * 300),
        ("alone_note", "y" * 6000),
    ],
)
def test_what_was_typed_is_shown_again_beside_its_error(name, typed):
    form = Talk({name: typed})
    assert form.errors[name]
    page = shown(form)
    control = page.by_id(f"id_{name}")
    assert control.get("value", page.inside(f"id_{name}")) == typed
    assert f"id_{name}-error" in control["aria-describedby"]


def test_answers_given_are_still_chosen_when_something_else_is_wrong():
    chosen = [one["value"] for one in shown(Talk({"alone": "not_sure"})).all("input") if "checked" in one]
    assert chosen == ["not_sure"]


@pytest.mark.parametrize("typed", ["a\x00b", "a\ud800b", "a\u202eb"], ids=ascii)
def test_what_cannot_be_kept_never_breaks_the_page(typed):
    form = Talk({"last": typed, "alone_note": typed})
    html = render_crispy_form(form)
    html.encode()
    assert shown(form).by_id("id_last")["value"] == "ab"


def test_the_token_is_fresh_for_each_page_and_kept_when_the_form_comes_back():
    token = str(uuid.uuid4())
    assert shown(Talk()).value_of("submission") != shown(Talk()).value_of("submission")
    assert shown(Talk({"submission": token})).value_of("submission") == token


@pytest.mark.parametrize("forged", ["", "1", "'; --", "\x00", "x" * 5000])
def test_a_token_that_is_none_counts_as_none_and_is_made_afresh(forged):
    form = Talk({"submission": forged})
    assert "submission" not in form.errors
    assert form.cleaned_data["submission"] is None
    uuid.UUID(shown(form).value_of("submission"))


def test_what_was_typed_goes_into_a_draft_and_back():
    sent = QueryDict("alone=yes&days=m&days=t&starts=30+February&submission=x&unknown=1")

    class Both(Talk):
        days = TicksField(label="Days", choices=[("m", "Monday"), ("t", "Tuesday")], required=False)
        secret = forms.CharField(widget=forms.PasswordInput, required=False)

    typed = Both(sent).typed()
    assert typed == {"alone": "yes", "days": ["m", "t"], "starts": "30 February"}
    page = shown(Both(initial=typed))
    assert page.by_id("id_starts")["value"] == "30 February"
    assert [one["value"] for one in page.all("input") if "checked" in one] == ["yes", "m", "t"]


def test_nothing_is_required_or_cut_off_by_the_browser():
    for control in shown(Talk()).all("input", "textarea", "select"):
        assert not {"required", "maxlength", "pattern", "minlength"} & set(control)


def test_the_browser_is_told_not_to_remember():
    for control in shown(Talk()).all("textarea"):
        assert control["autocomplete"] == "off"
    assert shown(Talk()).by_id("id_phone")["autocomplete"] == "off"
