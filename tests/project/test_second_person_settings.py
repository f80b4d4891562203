"""Limits above which two people act, as the environment names them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured

from project.settings.second_person import amount


@pytest.mark.parametrize(("written", "read"), [("", None), (" ", None), ("0", Decimal(0)), ("99.90", Decimal("99.90"))])
def test_an_amount_is_read(monkeypatch, written, read):
    monkeypatch.setenv("SECOND_PERSON_CONFIRM_ABOVE", written)
    assert amount("SECOND_PERSON_CONFIRM_ABOVE") == read


@pytest.mark.parametrize("written", ["much", "-1", "1,5", "NaN", "Infinity"])
def test_anything_else_is_refused_in_a_sentence(monkeypatch, written):
    monkeypatch.setenv("SECOND_PERSON_CONFIRM_ABOVE", written)
    with pytest.raises(ImproperlyConfigured, match="SECOND_PERSON_CONFIRM_ABOVE is an amount like 500"):
        amount("SECOND_PERSON_CONFIRM_ABOVE")
