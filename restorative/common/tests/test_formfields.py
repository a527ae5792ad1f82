"""What each field accepts, how it is given back, and what it says when it cannot be accepted."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from restorative.common.formfields import (
    UNSAFE,
    ChoiceRadio,
    ChoiceSelect,
    CleanCharField,
    CleanTextField,
    DateField,
    EmailField,
    PersonNameField,
    PhoneField,
    RatingField,
    TicksField,
    TimeField,
    YesNoNotSureField,
    london,
    read_date,
    read_time,
    show_phone,
    showable,
)


def refused(field, value):
    """The sentence a field says about a value."""
    with pytest.raises(ValidationError) as caught:
        field.clean(value)
    (said,) = caught.value.messages
    return said


def hidden(*codes: int) -> str:
    return "".join(map(chr, codes))


@pytest.mark.parametrize(
    "code",
    [0x00, 0x01, 0x1B, 0x7F, 0x92, 0xD800, 0xDFFF, 0x202A, 0x202E, 0x2066, 0x2069, 0xFFFE, 0xFFFF],
    ids=hex,
)
def test_characters_that_cannot_be_kept_are_refused_and_taken_out_of_what_is_shown_again(code):
    typed = f"Sam{chr(code)}uel"
    assert refused(CleanCharField(), typed).startswith("Some hidden characters could not be kept")
    assert showable(typed) == "Samuel"
    assert CleanCharField().clean(showable(typed)) == "Samuel"


@pytest.mark.parametrize(
    "blank",
    ["", "   ", "\t\n", hidden(0x200B), hidden(0x200D, 0x2060), hidden(0xFEFF), hidden(0xA0, 0x3000), hidden(0x3164),
     hidden(0x2800), hidden(0x00AD), hidden(0xFE0F), hidden(0x200E)],
    ids=ascii,
)  # fmt: skip
def test_text_that_nobody_can_see_counts_as_nothing(blank):
    assert CleanCharField(required=False).clean(blank) == ""
    assert PersonNameField(required=False).clean(blank) == ""
    with pytest.raises(ValidationError):
        CleanTextField().clean(blank)


def test_composed_and_decomposed_letters_are_the_same_name():
    assert PersonNameField().clean(f"Zoe{hidden(0x308)}") == PersonNameField().clean("Zoë") == "Zoë"


@pytest.mark.parametrize(
    "text", ["👍", "👨‍👩‍👧", "مرحبا", "Łódź", "日本語", "<script>", "'; DROP TABLE", "a{{ b }}"]
)
def test_real_text_in_any_script_is_kept_as_it_is(text):
    assert CleanTextField().clean(text) == text


def test_one_line_stays_one_line_and_several_keep_their_breaks():
    assert CleanCharField().clean(" a \r\n b ") == "a b"
    assert CleanTextField().clean("a\r\nb\rc\x0bd ") == "a\nb\nc\nd"


def test_long_text_is_refused_with_the_limit_and_its_length():
    assert (
        refused(CleanTextField(), "x" * 5001) == "Shorten this to 5,000 characters or fewer. It has 5,001 now"
    )
    assert refused(CleanTextField(), "x" * 10_000_000).endswith("It has 10,000,000 now")
    assert CleanTextField().clean("x" * 5000) == "x" * 5000


@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_is_either_clean_or_refused_in_words(text):
    field = CleanTextField(required=False)
    if UNSAFE.search(text):
        assert refused(field, text).startswith("Some hidden characters")
    clean = field.clean(showable(text))
    assert clean.encode().decode() == clean
    assert field.clean(clean) == clean


@pytest.mark.parametrize(
    "name", ["Sam", "O’Neil", "O'Neil", "Anne-Marie", "de la Cruz", "J", "Nguyễn", "王", "Sam 2", "St. John"]
)
def test_names_are_taken_as_people_write_them(name):
    assert PersonNameField().clean(name) == name


@pytest.mark.parametrize("name", ["123", "...", "🙂", "-", "Sam\ufffd"])
def test_a_name_needs_a_letter(name):
    assert refused(PersonNameField(), name) == "Enter a name with at least one letter, like Sam"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("07700 900123", "+447700900123"),
        ("07700900123", "+447700900123"),
        ("+44 7700 900123", "+447700900123"),
        ("+44 (0)7700 900 123", "+447700900123"),
        ("+44(0)7700900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("(0113) 380 4300", "+441133804300"),
        ("0113-380-4300", "+441133804300"),
        ("01632 960001", "+441632960001"),
        ("0113 496 0000", "+441134960000"),
        ("tel:07700900123", "+447700900123"),
        ("07700\u2013900123", "+447700900123"),
        ("07700\u00a0900123", "+447700900123"),
        ("٠٧٧٠٠٩٠٠١٢٣", "+447700900123"),
        ("+33 1 42 68 53 00", "+33142685300"),
        ("0033142685300", "+33142685300"),
    ],
)
def test_phones_are_read_as_people_write_them(typed, kept):
    assert PhoneField().clean(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["garbage", "0770", "999", "077009001234567890", "0800 FLOWERS", "07700 900123, 07700 900124", "+999 12345678",
     "+", "()", "07700 900123;x", "12345", "<07700900123>"],
)  # fmt: skip
def test_what_is_not_a_phone_is_refused_with_an_example(typed):
    assert refused(PhoneField(), typed) == "Enter a phone number, like 07700 900123"


def test_an_extension_is_asked_for_elsewhere():
    assert "extension" in refused(PhoneField(), "0113 380 4300 ext 12")


def test_made_up_numbers_are_refused_in_production(settings):
    settings.RESTORATIVE_ENV = "production"
    assert refused(PhoneField(), "07700 900123").startswith("That is a made-up number")
    assert PhoneField().clean("0113 380 4300") == "+441133804300"


def test_a_phone_is_shown_as_it_is_read_aloud():
    assert show_phone("+447700900123") == "07700 900123"
    assert show_phone("+33142685300") == "+33 1 42 68 53 00"
    assert PhoneField().prepare_value("+447700900123") == "07700 900123"
    assert PhoneField().prepare_value("0770 nonsense") == "0770 nonsense"


def test_an_email_address_is_trimmed_and_its_domain_lowered():
    assert EmailField().clean(" Sam.O'Neil+1@Example.COM ") == "Sam.O'Neil+1@example.com"


@pytest.mark.parametrize(
    "typed",
    ["sam", "sam@", "@example.com", "sam@example", "sam @example.com", "sám@example.com", "a@b.c\r\nBcc: x@example.com",
     "a@example.com\nb@example.com", "Sam <sam@example.com>", "sam@@example.com"],
)  # fmt: skip
def test_what_is_not_an_email_address_is_refused_with_an_example(typed):
    assert refused(EmailField(), typed) == "Enter an email address, like name@example.com"


@pytest.mark.parametrize("typed", ["a@example.com, b@example.com", "a@example.com;b@example.com"])
def test_a_list_of_addresses_is_refused(typed):
    assert refused(EmailField(), typed) == "Enter one email address only, like name@example.com"


@pytest.mark.parametrize(
    "typed",
    ["3 March 2027", "3 march 2027", "03 Mar 2027", "3rd of March 2027", "Wed 3 March 2027", "Wednesday, 3 March 2027",
     "3/3/2027", "03/03/2027", "3.3.2027", "3-3-2027", "3 3 2027", "2027-03-03", "2027-3-3", " 3  March\u00a02027 "],
)  # fmt: skip
def test_days_are_read_as_people_write_them(typed):
    assert DateField().clean(typed) == date(2027, 3, 3)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("30 February 2027", "There is no 30 February 2027. Check the day and the month"),
        ("29/2/2027", "There is no 29 February 2027. Check the day and the month"),
        ("31 April 2027", "There is no 31 April 2027. Check the day and the month"),
        ("0/3/2027", "There is no 0 March 2027. Check the day and the month"),
        ("3/13/2027", "There are 12 months, so 13 cannot be one. Enter a date, like 3 March 2027"),
        ("1/1/0001", "Enter a year from 1900 to 2100"),
        ("3/3/1", "Enter a year from 1900 to 2100"),
        ("3 March 2101", "Enter a year from 1900 to 2100"),
        ("3 March 20277", "Enter a year from 1900 to 2100"),
        ("3/3/27", "Write the year in full, like 2027"),
        ("3 March", "Add the year, like 3 March 2027"),
        ("soon", "Enter a date, like 3 March 2027"),
        ("3 Octember 2027", "Enter a date, like 3 March 2027"),
        ("3 Ma 2027", "Enter a date, like 3 March 2027"),
        ("٣/٣/٢٠٢٧", "Enter a date, like 3 March 2027"),
        ("9" * 40, "Enter a date, like 3 March 2027"),
    ],
)
def test_days_that_cannot_be_are_refused_with_what_to_change(typed, said):
    assert refused(DateField(), typed) == said


def test_the_edges_of_the_calendar_are_accepted():
    assert DateField().clean("29 February 2028") == date(2028, 2, 29)
    assert DateField().clean("1 January 1900") == date(1900, 1, 1)
    assert DateField().clean("31 December 2100") == date(2100, 12, 31)


def test_near_days_have_names(time_machine):
    time_machine.move_to(datetime(2027, 3, 2, 23, 30, tzinfo=UTC), tick=False)
    assert [read_date(word) for word in ("yesterday", "Today", "tomorrow")] == [
        date(2027, 3, 1),
        date(2027, 3, 2),
        date(2027, 3, 3),
    ]


def test_a_day_can_be_held_to_the_past_or_the_future(time_machine):
    time_machine.move_to(datetime(2027, 3, 2, 12, tzinfo=UTC), tick=False)
    assert refused(DateField(past=True), "3 March 2027") == "Enter a date that is today or in the past"
    assert refused(DateField(future=True), "1 March 2027") == "Enter a date that is today or later"
    assert DateField(past=True, future=True).clean("2 March 2027") == date(2027, 3, 2)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_a_day_is_read_back_as_it_is_shown(day):
    assert DateField().clean(DateField().prepare_value(day)) == day


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("2pm", time(14)), ("2 PM", time(14)), ("2.30pm", time(14, 30)), ("14:30", time(14, 30)), ("9.40 am", time(9, 40)),
     ("12am", time(0)), ("12pm", time(12)), ("noon", time(12)), ("0930", time(9, 30)), ("2 p.m.", time(14)),
     ("00:00", time(0))],
)  # fmt: skip
def test_times_are_read_as_people_write_them(typed, kept):
    assert TimeField().clean(typed) == kept


def test_times_that_cannot_be_are_refused():
    assert refused(TimeField(), "2") == "Say whether 2 is am or pm, like 2pm"
    for typed in ("25:00", "14", "13pm", "12:60", "soon", "2pmm", "0pm"):
        assert refused(TimeField(), typed) == "Enter a time, like 2pm or 14:30"
        with pytest.raises(ValidationError):
            read_time(typed)


LONDON = ZoneInfo("Europe/London")


def test_a_day_and_a_time_are_read_in_london():
    assert london(read_date("3 March 2027"), read_time("2pm")) == datetime(2027, 3, 3, 14, tzinfo=LONDON)


def test_the_hour_that_the_clocks_skip_is_refused():
    with pytest.raises(ValidationError, match="The clocks go forward in that hour"):
        london(date(2027, 3, 28), time(1, 30))


def test_of_the_hour_that_comes_twice_the_first_is_meant():
    assert london(date(2027, 10, 31), time(1, 30)).astimezone(UTC) == datetime(
        2027, 10, 31, 0, 30, tzinfo=UTC
    )


def test_yes_no_and_not_sure_are_the_only_answers():
    assert YesNoNotSureField().clean("not_sure") == "not_sure"
    assert refused(YesNoNotSureField(yes_no=True), "not_sure") == "Choose one of the answers shown"
    assert refused(YesNoNotSureField(), "") == "Answer yes, no or not sure"
    assert refused(YesNoNotSureField(yes_no=True), None) == "Answer yes or no"
    assert YesNoNotSureField(required=False).clean("") == ""


@pytest.mark.parametrize("forged", ["maybe", "YES", "yes\x00", "\ud800", "yes "])
def test_unlisted_answers_are_refused_without_repeating_them(forged):
    for field in (YesNoNotSureField(), ChoiceRadio(choices=[("a", "A")]), ChoiceSelect(choices=[("a", "A")])):
        assert refused(field, forged) == "Choose one of the answers shown"
    assert refused(TicksField(choices=[("a", "A")]), ["a", forged]) == "Choose one of the answers shown"


def test_a_list_starts_with_an_empty_line_also_when_it_is_given_late():
    late = ChoiceSelect(choices="workers")
    late.offer([("a", "A")])
    for field in (late, ChoiceSelect(choices=[("a", "A")])):
        assert [value for value, _ in field.choices] == ["", "a"]
        assert field.clean("a") == "a"


def test_a_rating_is_a_number_from_nought_to_ten_or_nothing():
    assert RatingField().clean("0") == 0
    assert RatingField(required=False).clean("") is None
    assert refused(RatingField(), "11") == "Choose one of the answers shown"
    assert RatingField().prepare_value(7) == "7"
