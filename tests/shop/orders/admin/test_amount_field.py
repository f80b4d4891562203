"""Amounts as merchants type them, and texts that are no amount."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from shop.orders.admin.forms import AmountField, ConfirmPaymentForm


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("120", "120.00"),
        ("120.5", "120.50"),
        ("120,50", "120.50"),
        (" 1 234,50 ", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1\u00a0234\u00a0567,00", "1234567.00"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("504,00\u00a0€", "504.00"),
        ("€1,234.50", "1234.50"),
        ("1.234.567", "1234567.00"),
        ("0.01", "0.01"),
        ("9999999999.99", "9999999999.99"),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_is_read_in_either_notation(typed, amount, language):
    with translation.override(language):
        assert AmountField().clean(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "-1", "abc", "1e3", "1e999", "NaN", "nan", "Infinity", "-inf", "٣", "１２", "½", "0x10", "1_000",
        "1,234", "1.234", "1.2.3", "1,2,3", "12,34.56.7", "120.005", "0", "0.00", "10000000000", "9" * 30, "1 2", "1;2",
    ],
)  # fmt: skip
def test_refuses_what_is_no_amount_of_money(typed):
    with pytest.raises(ValidationError):
        AmountField().clean(typed)


def test_a_reference_that_grows_when_written_large_is_bounded():
    grows = "ﬃ" * 140
    form = ConfirmPaymentForm({"amount": "1", "reference": grows})
    assert list(form.errors) == ["reference"]
    assert ConfirmPaymentForm({"amount": "1", "reference": "x" * 140}).is_valid()
    assert list(ConfirmPaymentForm({"amount": "1", "reference": "x" * 141}).errors) == ["reference"]
    assert list(ConfirmPaymentForm({"amount": "1", "reference": "a\0b"}).errors) == ["reference"]
