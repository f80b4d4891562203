from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from common.vat import normalise_vat_id


@pytest.mark.parametrize(
    ("typed", "country", "stored"),
    [
        ("", "FR", ""),
        ("  ", "FR", ""),
        ("FR 61 954 506 077", "FR", "FR61954506077"),
        ("fr61.954.506.077", "FR", "FR61954506077"),
        ("61954506077", "FR", "FR61954506077"),
        ("DE136695976", "FR", "DE136695976"),
        ("BE 0697.449.992", "BE", "BE0697449992"),
        ("EL094259216", "GR", "EL094259216"),
        ("GR094259216", "GR", "EL094259216"),
        ("094259216", "GR", "EL094259216"),
        ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
        ("12 345", "US", "12345"),
    ],
)
def test_numbers_as_they_are_written_on_invoices(typed, country, stored):
    assert normalise_vat_id(typed, country=country) == stored


@pytest.mark.parametrize(
    ("typed", "country"),
    [("FR61954506078", "FR"), ("12345", "FR"), ("DE136695975", "FR"), ("FR" + "1" * 30, "FR"), ("<b>", "US")],
)
def test_numbers_that_cannot_be_one(typed, country):
    with pytest.raises(ValidationError):
        normalise_vat_id(typed, country=country)
