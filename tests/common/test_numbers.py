"""Whole numbers are read from ASCII digits, within a bound, and from nothing else."""

import pytest

from common.numbers import whole_number


@pytest.mark.parametrize(("text", "read"), [("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text, read):
    assert whole_number(text) == read


@pytest.mark.parametrize("text", ["", " 7", "-7", "+7", "7.0", "1e3", "٣", "²", "1_000", "9" * 19, "9" * 5000, "a"])
def test_anything_else_is_none(text):
    assert whole_number(text) is None


def test_a_bound_is_the_number_of_digits():
    assert whole_number("99999", digits=5) == 99999
    assert whole_number("100000", digits=5) is None
