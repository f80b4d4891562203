"""Texts that our fonts can print."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.pdf.fonts import signs
from documents.pdf.readable import printable, readable


@pytest.mark.parametrize(
    "text", ["Éluard & Fils", "Ωμέγα", "Яблоко", "مدينة تونس", "רוטשילד", "12 400,50 €", "“œuf” – 3 × 4"]
)
def test_scripts_of_our_fonts_stay_as_they_are(text):
    assert printable(text) == (text, False)


@pytest.mark.parametrize(
    ("text", "printed"),
    [("株式会社", "ZhuShiHuiShe"), ("한국", "HanGug"), ("मराठी", "mrathi"), ("a😀b", "a:grinning:b")],
)
def test_other_scripts_are_written_in_latin_letters(text, printed):
    found, changed = printable(text)

    assert (found.lower(), changed) == (printed.lower(), True)


def test_what_nobody_sees_goes_without_a_word():
    assert printable("a\x00\x07b\u202ec\ufeff") == ("abc", False)
    assert printable("a\tb\r\nc\u2028d") == ("a b \nc\nd", False)


def test_letters_in_two_parts_are_put_together():
    assert printable("E\u0301luard") == ("Éluard", False)


def test_a_long_word_may_be_broken():
    assert printable("W" * 41)[0].replace("\u200b", "") == "W" * 41
    assert "\u200b" in printable("W" * 41)[0]
    assert "\u200b" not in printable("a-long-address.of-a-person@example.com")[0]


def test_values_are_walked_through():
    assert readable({"a": ["x", 1, None, "日"], "b": True}) == ({"a": ["x", 1, None, "Ri"], "b": True}, True)


@given(st.text(max_size=60))
def test_every_text_becomes_one_of_signs_that_the_fonts_have(text):
    printed, _changed = printable(text)

    assert all(ord(sign) in signs() or sign == "\n" for sign in printed), [unicodedata.name(s, s) for s in printed]
