"""Reasons for which refunds failed: known codes in words of both languages, unknown ones as they came."""

from django.utils import translation

from shop.payments.refunds.problems import problem_in_words


def test_known_codes_are_told_in_words():
    with translation.override("en"):
        assert problem_in_words("account_closed") == "the account is closed"
    with translation.override("fr"):
        assert problem_in_words("account_closed") == "le compte est fermé"


def test_others_stay_as_they_came():
    assert [problem_in_words(code) for code in ("R_01", "")] == ["R_01", ""]
