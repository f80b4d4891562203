"""Tokens of our own links: the same each time, useless to whoever reads the database."""

import re

from common.secrets import derive_key
from common.tokens import derive_token, hash_token


def test_the_same_row_gives_the_same_token():
    assert derive_token("invitation", 7, "nonce") == derive_token("invitation", 7, "nonce")


def test_everything_about_the_row_matters():
    tokens = {
        derive_token("invitation", 7, "nonce"),
        derive_token("claim", 7, "nonce"),
        derive_token("invitation", 8, "nonce"),
        derive_token("invitation", 7, "other"),
        derive_token("invitation", 71, "7nonce"),
    }
    assert len(tokens) == 5


def test_a_token_is_256_bits_and_safe_in_an_address():
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", derive_token("invitation", 7, "nonce"))


def test_another_shop_makes_other_tokens(settings):
    before = derive_token("invitation", 7, "nonce")
    settings.SECRET_KEY = "another" * 10
    assert derive_token("invitation", 7, "nonce") != before


def test_each_purpose_has_a_key_of_its_own():
    assert derive_key("link token") != derive_key("mail secret")


def test_the_hash_is_hexadecimal_and_takes_any_text():
    assert re.fullmatch(r"[0-9a-f]{64}", hash_token("token"))
    assert hash_token("é\ud800\0") != hash_token("é")
