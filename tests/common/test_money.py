"""Amounts and rates as the reader writes them."""

from decimal import Decimal

import pytest
from django.utils import translation

from common.templatetags.money import grouped, money, percent

NARROW, WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "amount", "written"),
    [
        ("fr", "1234.50", f"1{NARROW}234,50{WIDE}€"),
        ("fr", "0.00", f"0,00{WIDE}€"),
        ("en", "1234.50", "€1,234.50"),
    ],
)
def test_money(language, amount, written):
    with translation.override(language):
        assert money(Decimal(amount)) == written


def test_no_amount_is_written_as_nothing():
    assert money(None) == ""


def test_another_currency_is_named():
    with translation.override("en"):
        assert money(Decimal("5.00"), "CHF") == "CHF5.00"


@pytest.mark.parametrize(
    ("language", "rate", "written"),
    [("fr", "20.00", f"20{WIDE}%"), ("fr", "5.50", f"5,5{WIDE}%"), ("en", "5.50", "5.5%"), ("en", "20.00", "20%")],
)
def test_percent(language, rate, written):
    with translation.override(language):
        assert percent(Decimal(rate)) == written


def test_grouped():
    with translation.override("fr"):
        assert grouped(100_000) == f"100{NARROW}000"
