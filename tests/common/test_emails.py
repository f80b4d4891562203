"""One spelling for each address."""

from __future__ import annotations

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from common.emails import erased_address, is_erased, normalise_email, reachable_email
from common.fields import AddressField, KnownAddressField, LineField


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
        ("\ufeffalice@example.org\u200b", "alice@example.org"),
        ("alice@example.org;", "alice@example.org"),
        (" alice@example.org , ", "alice@example.org"),
        ("mailto:alice@example.org", "alice@example.org"),
        ("Alice Martin <alice@example.org>", "alice@example.org"),
        ('"Martin, Alice" <Alice@example.org>;', "alice@example.org"),
        ("<alice@example.org>", "alice@example.org"),
        ("\u2068alice@example.org\u2069", "alice@example.org"),
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
        "alice\x00@example.org", "<alice@example.org> <bob@example.org>", "alice@example.org; bob@example.org",
        "mailto:alice@example.org?cc=bob@example.org", ";", "<>", "\ufeff",
    ],
)  # fmt: skip
def test_what_is_no_address(typed):
    with pytest.raises(ValidationError):
        normalise_email(typed)


@pytest.mark.parametrize("typed", ["jd@localhost", "jd@shop.localhost", "jd@127.0.0.1", "jd@[127.0.0.1]", "jd@[::1]"])
def test_an_address_that_no_mail_reaches_is_refused_where_it_is_new_only(typed):
    with pytest.raises(ValidationError, match=r"n’atteint|valide"):
        reachable_email(typed)
    with pytest.raises(ValidationError):
        AddressField().clean(typed)


def test_somebody_with_such_an_address_from_before_may_still_sign_in():
    assert KnownAddressField().clean("jd@localhost") == "jd@localhost"


def test_a_text_that_nobody_sees_is_no_answer():
    for unseen in ("\ufeff\u200b", "\u00ad", "\u200d \u200d", "\u202e"):
        assert AddressField(required=False).clean(unseen) == ""
        assert LineField(required=False).clean(unseen) == ""
        with pytest.raises(ValidationError, match="obligatoire"):
            LineField().clean(unseen)


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


def test_the_address_of_an_erased_person_cannot_be_typed():
    with pytest.raises(ValidationError) as refused:
        reachable_email(erased_address(12))

    assert refused.value.code == "unreachable"
    assert is_erased(erased_address(12))
    assert not is_erased("alice@example.org")
