"""Formats of numbers, as merchants set them."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from documents.series.patterns import ALLOWED, MOST, BadPattern, check, number_of, shape
from project.settings.documents import FORMATS, read_formats


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("F{year}-{number:05}", "F2026-00017"),
        ("{year}/{number}", "2026/17"),
        ("INV+{number:03}_{year}", "INV+017_2026"),
        ("{number:09}-{year}", "000000017-2026"),
    ],
)
def test_fill_in_year_and_number(pattern, number):
    check(pattern)

    assert number_of(pattern, year=2026, number=17) == number


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "F", "F{year}", "F{number}", "{year}{number}", "{year}-{number}-{number}", "{year}-1{number}"),
        *("F {year}-{number}", "É{year}-{number}", "{year}-{number:5}", "{year}-{number:00}", "{year}-{number}-{x}"),
        *("{year!r}-{number}", "{year.real}-{number}", "F{year}-{number}\n", "x" * 22 + "{year}-{number}"),
    ],
)
def test_refuse_what_gives_no_number(pattern):
    with pytest.raises(BadPattern):
        check(pattern)


@given(
    pattern=st.text(alphabet="AF-_/+", max_size=8).map(lambda text: f"{text}{{year}}-{{number:05}}"),
    one=st.tuples(st.integers(2000, 2999), st.integers(1, MOST)),
    other=st.tuples(st.integers(2000, 2999), st.integers(1, MOST)),
)
def test_two_documents_never_have_one_number(pattern, one, other):
    check(pattern)
    numbers = {number_of(pattern, year=year, number=number) for year, number in {one, other}}

    assert len(numbers) == len({one, other})
    assert all(ALLOWED.fullmatch(number) for number in numbers)


def test_formats_that_differ_in_digits_only_have_one_shape():
    assert shape("F{year}-{number:05}") == shape("F{number}-{year}") != shape("A{year}-{number}")
    assert shape("F1-{year}-{number}") == shape("F{year}-{number}-2")


class TestSetting:
    def test_is_the_table_unless_the_environment_says_otherwise(self, monkeypatch):
        monkeypatch.setenv("NUMBERS_INVOICE", "INV{year}-{number}")

        assert read_formats() == FORMATS | {"invoice": "INV{year}-{number}"}

    @pytest.mark.parametrize("pattern", ["F{year}", "A{year}-{number}"])
    def test_refuses_a_format_that_gives_no_number_or_that_of_another_kind(self, monkeypatch, pattern):
        monkeypatch.setenv("NUMBERS_INVOICE", pattern)

        with pytest.raises(ImproperlyConfigured, match="NUMBERS_"):
            read_formats()
