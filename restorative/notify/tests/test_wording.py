"""What the lint finds and what it accepts.
Each app checks its own templates with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorative.notify.checks import neutral_sender
from restorative.notify.tests.lint import lint, parts, reading_age
from restorative.notify.wording import forbidden


@pytest.mark.parametrize(
    "text",
    [
        "Can you ring me? Asha",
        "Received. If it can go further we will ring you.",
        "Hi Sam, see you on Tue 2 March, 2pm. Any change, call 0113 496 0000. Asha",
        "We met by the suitcase shop in Forward Street.",
        "See https://example.org/m/8c1d",
    ],
)
def test_plain_words_pass(text):
    assert lint(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "your alcohol worker",
        "DRUGS",
        "Drug-free",
        "the clinic's door",
        "two clinics",
        "your cases",
        "in case",
        "a CASE, closed",
        "referral/meeting",
        "referrals",
        "a restorative talk",
        "treatments",
        "recoveries",
        "in rehab.",
        "Carers' week",
        "one carer",
        "Forward  Leeds",
        "ForwardLeeds",
        "forward-leeds",
        "Forward\u00a0Leeds",
        "5 WAYS",
        "5ways",
        "five ways",
        "re\u200bferral",  # an invisible space
        "ｄｒｕｇ",  # wide letters
        "write to asha@forwardleeds.co.uk",
        "https://carersleeds.org.uk/x",
        "https://example.org/restorative-meeting",
        "https://example.org/case/7",
        "hidden_case_here",
    ],
)
def test_forbidden_words_are_found(text):
    assert forbidden(text)


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("See you and Sam", ["Sam"], True),
        ("see you and SAM's sister", ["sam"], True),
        ("The same day", ["Sam"], False),
        ("Hello José", ["Jose"], True),
        ("Hello Jose", ["José"], True),
        ("Hello Mary Ann", ["Mary Ann"], True),
        ("We will ring you", ["Will"], False),
        ("Will you ring me?", ["Will"], False),
        ("Ring me. Will you?", ["Will"], False),
        ("You and Will are welcome", ["Will"], True),
        ("You and WILL", ["Will"], True),
        ("Tue 4 May, 2pm", ["May"], False),
        ("Ask for May", ["May"], True),
        ("Anything", ["", " "], False),
        ("At No-Name's", ["Name's"], True),
        ("a (b", ["(b"], True),
    ],
)
def test_names_of_others_are_found(text, names, found):
    assert (forbidden(text, names) == ["names another person"]) is found


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("€" * 153, "GSM-7", 3),  # 76 fit in a part: none is split
        ("é" * 160, "GSM-7", 1),
        ("’" + "a" * 69, "UCS-2", 1),
        ("’" + "a" * 70, "UCS-2", 2),
        ("’" + "a" * 133, "UCS-2", 2),
        ("’" + "a" * 134, "UCS-2", 3),
        ("🙂" * 35, "UCS-2", 1),
        ("🙂" * 36, "UCS-2", 2),
        ("", "GSM-7", 1),
    ],
)
def test_parts_are_counted_as_networks_count_them(text, encoding, count):
    assert parts(text) == (encoding, count)


def test_three_parts_are_a_problem_in_texts_only():
    text = "Can you ring me? " * 20
    assert lint(text) == ["takes 3 parts as a text (GSM-7); at most 2"]
    assert lint(text, is_text=False) == []


def test_hard_words_are_a_problem():
    hard = "Notwithstanding circumstances necessitating postponement, kindly communicate availability immediately."
    assert reading_age(hard) > 15
    assert lint(hard)[0].startswith("reads for age")
    assert reading_age("See you on Tue 2 March at 2pm. Call me if that is not good for you.") < 9
    assert reading_age("") == 5


@given(st.text(max_size=400), st.lists(st.text(max_size=12), max_size=3))
def test_any_text_can_be_checked(text, names):
    assert isinstance(lint(text, names), list)


@given(
    st.sampled_from(["alcohol", "drugs", "treatment", "Recovery", "REHAB", "clinics", "referral", "case"]),
    st.text(),
)
def test_a_forbidden_word_is_found_in_any_context(word, text):
    assert forbidden(f"{text} {word} {text}")


def test_the_sender_is_neutral(settings):
    assert neutral_sender() == []
    settings.DEFAULT_FROM_EMAIL = "Restorative Practice <hello@example.org>"
    assert [problem.id for problem in neutral_sender()] == ["notify.E001"]
    settings.DEFAULT_FROM_EMAIL = "hello@forwardleeds.co.uk"
    assert len(neutral_sender()) == 1
