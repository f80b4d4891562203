"""Lines that people type or paste are kept as people see them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.postal import PostalAddress
from common.typed import clean_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Marie Dupont", "Marie Dupont"),
        ("  Marie\u00a0\u202f Dupont\t", "Marie Dupont"),
        ("E\u0301lodie", "Élodie"),
        ("\ufeffMarie\u200b", "Marie"),
        ("co\u00adope\u00adration", "cooperation"),
        ("Marie\r\nDupont", "Marie Dupont"),
        ("Marie\u2028Dupont", "Marie Dupont"),
        ("\u202eevil\u202c", "evil"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u200d", ""),
        ("\ufeff\u200b\u2060", ""),
    ],
)
def test_a_line_is_kept_as_it_is_seen(typed, kept):
    assert clean_line(typed) == kept


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(typed):
    once = clean_line(typed)

    assert clean_line(once) == once
    assert once == unicodedata.normalize("NFC", once).strip()
    assert not set(once) & set("\n\r\t\x00\u2028\ufeff\u200b\u00ad")


def test_a_postal_address_is_clean_wherever_it_comes_from():
    address = PostalAddress(name="Alpha\u00ad SARL\n", city="\ufeffLyon")

    assert (address.name, address.city) == ("Alpha SARL", "Lyon")
