"""Whole numbers are read from ASCII digits, within a bound, and from nothing else."""

import pytest

from common.numbers import in_number_order, whole_number


@pytest.mark.parametrize(("text", "read"), [("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text, read):
    assert whole_number(text) == read


@pytest.mark.parametrize("text", ["", " 7", "-7", "+7", "7.0", "1e3", "٣", "²", "1_000", "9" * 19, "9" * 5000, "a"])
def test_anything_else_is_none(text):
    assert whole_number(text) is None


def test_a_bound_is_the_number_of_digits():
    assert whole_number("99999", digits=5) == 99999
    assert whole_number("100000", digits=5) is None


def test_numbers_in_texts_stand_by_their_size():
    assert sorted(["x:10:0", "x:9:1", "x:9:0", "w:11", "x:09:0"], key=in_number_order) == [
        "w:11", "x:09:0", "x:9:0", "x:9:1", "x:10:0",
    ]  # fmt: skip
