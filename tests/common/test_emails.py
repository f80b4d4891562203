"""One spelling for each address."""

from __future__ import annotations

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from common.emails import normalise_email


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("alice@example.org", "alice@example.org"),
        ("  Alice@EXAMPLE.org\t", "alice@example.org"),
        ("\u00a0alice@example.org\u202f", "alice@example.org"),
        ("alice@ÉCOLE.fr", "alice@école.fr"),
        (unicodedata.normalize("NFD", "alice@école.fr"), "alice@école.fr"),
        (unicodedata.normalize("NFD", "alice@ÉCOLE.fr"), "alice@école.fr"),
        ("alice@xn--cole-9oa.fr", "alice@école.fr"),
        ("ALICE@XN--COLE-9OA.FR", "alice@école.fr"),
        ("alice@ｅxample.org", "alice@example.org"),
        ("alice@exam\u00adple.org", "alice@example.org"),
        ("alice+tag@example.org", "alice+tag@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
)
def test_spellings_of_one_address(typed, stored):
    assert normalise_email(typed) == stored
    assert normalise_email(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "alice", "@example.org", "alice@", "alice@example", "alice @example.org", "alice@exam ple.org",
        "alice@example.org, bob@example.org", "alice@example.org\nBcc: bob@example.org", "élise@example.org",
        "alice@example..org", "a@b@c", "alice@xn--.org", "a" * 250 + "@example.org", "alice@" + "é" * 70 + ".fr",
        "alice\x00@example.org", "<alice@example.org>",
    ],
)  # fmt: skip
def test_what_is_no_address(typed):
    with pytest.raises(ValidationError):
        normalise_email(typed)


@given(st.text(max_size=40), st.text(max_size=40))
def test_normalising_twice_changes_nothing(local, domain):
    try:
        once = normalise_email(f"{local}@{domain}.org")
    except ValidationError:
        return
    assert normalise_email(once) == once
    assert once == unicodedata.normalize("NFC", once)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["alice@école.fr", "bob@straße.de", "carol@ΑΘΗΝΑΣ.gr", "dan@İstanbul.tr"])
def test_the_database_agrees_with_what_is_normal(address):
    stored = normalise_email(address)

    with connection.cursor() as cursor:
        cursor.execute("SELECT lower(btrim(%s)) = %s AND %s IS NFC NORMALIZED", [stored, stored, stored])
        assert cursor.fetchone() == (True,)
