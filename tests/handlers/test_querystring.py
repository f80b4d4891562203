"""The URL-encoded string: what is read, refused and written, without losing a value."""

import datetime
import string

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from handlers.contract import ParametersForm
from handlers.parameter_fields import (
    CountField,
    CourseField,
    CoursePatternsField,
    DaysField,
    MomentField,
    RoleField,
    SwitchField,
    TextField,
)
from handlers.querystring import Readings, encode, parse


class SampleForm(ParametersForm):
    course = CourseField()
    courselist = CoursePatternsField()
    role = RoleField(initial="teacher")
    note = TextField()
    packsize = CountField(min_value=1, max_value=100, initial=1)
    days = DaysField()
    starttime = MomentField()
    endtime = MomentField(ends=True)
    switch = SwitchField(initial=True)


def parameters_of(text):
    form = parse(text, SampleForm).form()
    assert form.is_valid(), form.errors
    return form.to_parameters()


def test_a_string_is_read_into_typed_parameters():
    assert parameters_of("course=SEC-01&packsize=5&days=30&starttime=2026-03-01&endtime=2026-03-31&switch=0") == {
        "course": "SEC-01",
        "courselist": None,
        "role": "teacher",
        "note": None,
        "packsize": 5,
        "days": 30,
        "starttime": "2026-03-01",
        "endtime": "2026-03-31",
        "switch": False,
    }


def test_what_a_string_leaves_out_or_blank_takes_its_default():
    assert parameters_of("role=&packsize=&switch=&days=") == SampleForm.default_parameters()
    assert parameters_of("") == SampleForm.default_parameters()
    assert SampleForm.default_parameters()["switch"] is True


def test_a_plus_is_a_plus():
    parsed = parse("note=1+1", SampleForm)
    assert parsed.values == {"note": "1+1"}
    assert parsed.both_readings == {}


@pytest.mark.parametrize("text", ["SEC-%", "%", "SEC-%,BUR-%", "100 %", "%2", "%G1", "%%"])
def test_a_percent_sign_without_two_hexadecimal_digits_stands_for_itself(text):
    parsed = parse(f"courselist={text}", SampleForm)
    assert parsed.values == {"courselist": text.strip()}
    assert parsed.errors == {}
    assert parsed.both_readings == {}


def test_both_readings_are_told_where_decoding_changes_a_value():
    parsed = parse("courselist=SEC-%20&note=plain", SampleForm)
    assert parsed.values["courselist"] == "SEC- "
    assert parsed.both_readings == {"courselist": Readings(literal="SEC-%20", decoded="SEC- ")}


def test_accents_are_decoded_as_utf_8_and_the_text_may_hold_equals_signs():
    assert parse("note=%C3%A9t%C3%A9=chaud", SampleForm).values == {"note": "été=chaud"}


def test_an_encoded_sign_that_is_no_utf_8_is_an_error_at_its_key():
    parsed = parse("note=%E9t%E9", SampleForm)
    assert list(parsed.errors) == ["note"]
    form = parsed.form()
    assert "“%E9t%E9”" in form.errors["note"][0]
    assert "%25" in form.errors["note"][0]


def test_half_a_letter_is_read_as_the_sign_for_what_cannot_be_read():
    parsed = parse("course=SEC\ud800&\udfff=1", SampleForm)

    assert parsed.values == {"course": "SEC\ufffd"}
    assert list(parsed.errors) == ["\ufffd"]


def test_an_unknown_key_is_an_error_at_that_key():
    parsed = parse("cours=SEC-01&packsize=2", SampleForm)
    assert list(parsed.errors) == ["cours"]
    assert "“cours” is not a parameter of this handler" in str(parsed.errors["cours"][0])
    assert parsed.values == {"packsize": "2"}
    assert not parsed.form().is_valid()


def test_a_repeated_key_is_an_error_at_that_key_even_with_the_same_value():
    parsed = parse("packsize=2&packsize=2", SampleForm)
    assert list(parsed.errors) == ["packsize"]
    assert list(parsed.form().errors) == ["packsize"]


def test_an_encoded_key_is_the_same_key():
    assert list(parse("packsize=2&pack%73ize=3", SampleForm).errors) == ["packsize"]


def test_empty_pairs_and_line_ends_around_the_string_mean_nothing():
    assert parameters_of("\n&course=SEC-01&&\n")["course"] == "SEC-01"


def test_a_bad_value_is_an_error_at_its_field():
    form = parse("starttime=tomorrow&packsize=many&switch=perhaps&days=-1&role=a b", SampleForm).form()
    assert sorted(form.errors) == ["days", "packsize", "role", "starttime", "switch"]


def test_errors_are_told_in_the_reader_s_language():
    parsed = parse("cours=1", SampleForm)
    with translation.override("en"):
        english = str(parsed.errors["cours"][0])
    assert english.startswith("“cours” is not a parameter")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("endtime=1774994400", "2026-03-31"),  # 1 April 2026, 00:00 in Paris: 24:00 of the day before
        ("endtime=2026-03-31", "2026-03-31"),
        ("endtime=2026-03-31T22:00:00Z", "2026-03-31"),
        ("starttime=1774994400", "2026-04-01"),
        ("starttime=2026-04-01T00:00", "2026-04-01"),
        ("starttime=2026-04-01T14:30", "2026-04-01T14:30:00+02:00"),
        ("starttime=20260401", "2026-04-01"),
        ("endtime=20270331", "2027-03-31"),
        ("starttime=100000000", "1973-03-03T10:46:40+01:00"),
        ("starttime=0", None),
        ("endtime=0", None),
        ("days=0", None),
    ],
)
def test_dates_are_read_from_seconds_and_from_iso_8601(text, stored):
    assert parameters_of(text)[text.partition("=")[0]] == stored


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "text",
    [
        "31/03/2026", "10/01/2027", "01.10.2027", "2026-02-30", "20261331", "2026-03-31T10:00:00.5", "1774994400000",
        "99999999999999", "-3600", "2027", "00", "soon",
    ],
)  # fmt: skip
def test_anything_else_is_no_date_in_any_language(text, language):
    with translation.override(language):
        errors = parse(f"starttime={text}", SampleForm).form().errors

    assert {name: len(messages) for name, messages in errors.items()} == {"starttime": 1}


@pytest.mark.parametrize("kept", ["1970-05-01", "2300-01-01", "1969-12-31T10:00:00+01:00"])
def test_a_date_whose_seconds_would_be_misread_is_written_in_iso_8601(kept):
    written = encode({"starttime": kept}, SampleForm)

    assert parameters_of(written)["starttime"] == kept


def test_a_parameter_of_older_shops_is_told_and_left_out():
    class Older(SampleForm):
        without_effect = frozenset({"enrolname"})

    parsed = parse("course=SEC-01&enrolname=manual", Older)

    assert (parsed.errors, parsed.without_effect) == ({}, ["enrolname"])
    assert encode(parsed.values, Older) == "course=SEC-01"


def test_every_value_is_written_encoded_and_dates_in_seconds():
    parameters = parameters_of("courselist=SEC-*, BUR_%&endtime=2026-03-31&note=a%26b=c%2Bd é")
    assert encode(parameters, SampleForm) == (
        "courselist=SEC-%2A%2C%20BUR_%25&role=teacher&note=a%26b%3Dc%2Bd%20%C3%A9&packsize=1&endtime=1774994400&switch=1"
    )


def test_blank_parameters_are_not_written():
    assert encode({"course": None, "note": "", "packsize": 3}, SampleForm) == "packsize=3"


def test_what_is_written_is_read_in_one_way_only_when_nothing_needed_encoding():
    assert parse("course=SEC-01&packsize=3", SampleForm).both_readings == {}


texts = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=40)
    .map(str.strip)
    .filter(bool)
)
moments = st.integers(-2_200_000_000, 7_200_000_000).map(lambda s: datetime.datetime.fromtimestamp(s, datetime.UTC))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "course": texts.filter(lambda text: not set(text) & set(",*%&=/")),
            "courselist": texts.filter(lambda text: not set(text) & set("&=/")),
            "role": st.text(string.ascii_letters + string.digits, min_size=1, max_size=20),
            "note": texts,
            "packsize": st.integers(1, 100),
            "days": st.integers(1, 36_500),
            "starttime": moments,
            "endtime": moments,
            "switch": st.booleans(),
        },
    )
)
def test_the_round_trip_loses_nothing(values):
    # From the form through the string and back, any number of times.
    form = SampleForm({"switch": False} | values)
    assert form.is_valid(), form.errors
    parameters = form.to_parameters()

    written = encode(parameters, SampleForm)
    read = parse(written, SampleForm)

    assert read.errors == {}
    again = read.form()
    assert again.is_valid(), again.errors
    assert again.to_parameters() == parameters
    assert {name: again.cleaned_data[name] for name in ("starttime", "endtime")} == {
        name: form.cleaned_data[name] for name in ("starttime", "endtime")
    }
    assert encode(again.to_parameters(), SampleForm) == written


@given(st.text(st.sampled_from("abAB019%&=+-*, é\n"), max_size=60))
def test_any_text_is_read_without_an_exception_and_its_readings_agree(text):
    parsed = parse(text, SampleForm)
    parsed.form().is_valid()
    for key, readings in parsed.both_readings.items():
        assert parsed.values[key] == readings.decoded != readings.literal


@given(moments, st.sampled_from(["starttime", "endtime"]))
def test_a_moment_shown_on_screen_and_sent_back_unchanged_is_the_same_moment(moment, name):
    field = SampleForm.base_fields[name]
    shown = field.prepare_value(field.to_json(moment))
    assert field.clean(shown) == moment
