"""Lines that people type or paste are kept as people see them."""

import unicodedata

import pytest
from django import forms
from django.contrib import admin
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from accounts.people.models import User
from catalog.models.entries import Entry
from common.admin.made_from import CarriesMadeFrom
from common.fields import CodeLineField, LineField
from common.postal import PostalAddress
from common.typed import clean_code, clean_line


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


@pytest.mark.parametrize("dash", "-‐‑‒–—―−")
def test_a_code_has_the_dashes_of_the_keyboard(dash):
    assert clean_code(f" SST{dash}SESSION\u200b") == "SST-SESSION"
    assert CodeLineField().clean(f"ABC{dash}123") == "ABC-123"


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(typed):
    once = clean_line(typed)

    assert clean_line(once) == once
    assert once == unicodedata.normalize("NFC", once).strip()
    assert not set(once) & set("\n\r\t\x00\u2028\ufeff\u200b\u00ad")


def test_a_postal_address_is_clean_wherever_it_comes_from():
    address = PostalAddress(name="Alpha\u00ad SARL\n", city="\ufeffLyon")

    assert (address.name, address.city) == ("Alpha SARL", "Lyon")


@pytest.mark.django_db
def test_lines_and_addresses_are_cleaned_in_the_administration_too():
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    found = {}
    for page in admin.site._registry.values():
        if isinstance(page, CarriesMadeFrom):
            for name, field in page.get_form(request).base_fields.items():
                if not isinstance(field.widget, forms.Textarea):
                    found[f"{type(page).__name__}.{name}"] = type(field)

    kept_as_typed = {name for name, kind in found.items() if kind in (forms.CharField, forms.EmailField)}
    assert {name for name in kept_as_typed if not name.startswith(("GroupAdmin.", "EntryAdmin."))} == set()
    assert sum(kind is LineField for kind in found.values()) > 10


def test_an_entrys_code_is_typed_with_any_dash(db):
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)

    field = admin.site._registry[Entry].get_form(request).base_fields["code"]

    assert field.clean("SST–SESSION ") == "SST-SESSION"
