"""Encrypted texts are read through every rotation of keys, and by nobody else."""

import pytest

from common.secrets import Purpose, Undecryptable, decrypt, encrypt, keyed_hash, keyed_hashes, under_first_key
from common.tokens import derive_token, hash_token

OLD, NEW, FIRST, SECOND = ("old-" + "o" * 40, "new-" + "n" * 40, "first-" + "f" * 40, "second-" + "s" * 40)


@pytest.fixture(autouse=True)
def old_key(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS, settings.ENCRYPTION_KEYS = OLD, [], []


@pytest.mark.parametrize("purpose", Purpose)
def test_a_former_key_reads_while_it_is_named(settings, purpose):
    stored = encrypt("483920", purpose)

    settings.SECRET_KEY = NEW
    with pytest.raises(Undecryptable):
        decrypt(stored, purpose)
    settings.SECRET_KEY_FALLBACKS = [OLD]
    assert decrypt(stored, purpose) == "483920"


def test_a_key_of_its_own_encrypts_and_what_is_older_is_still_read(settings):
    stored = encrypt("483920")

    settings.ENCRYPTION_KEYS = [FIRST]
    assert decrypt(stored) == "483920"
    newer = encrypt("483920")
    settings.SECRET_KEY = NEW
    assert decrypt(newer) == "483920"
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(Undecryptable):
        decrypt(newer)


def test_a_former_secret_key_may_stand_last_among_the_encryption_keys(settings):
    stored = encrypt("483920")

    settings.SECRET_KEY, settings.ENCRYPTION_KEYS = NEW, [FIRST, OLD]

    assert decrypt(stored) == "483920"


def test_what_is_under_an_older_key_is_encrypted_anew_and_nothing_else(settings):
    stored = encrypt("483920")
    assert under_first_key(stored, Purpose.MAIL) is None

    settings.ENCRYPTION_KEYS = [FIRST]
    anew = under_first_key(stored, Purpose.MAIL)

    assert anew is not None
    assert under_first_key(anew, Purpose.MAIL) is None
    settings.SECRET_KEY = NEW
    assert decrypt(anew) == "483920"
    settings.ENCRYPTION_KEYS = [SECOND]
    with pytest.raises(Undecryptable):
        under_first_key(anew, Purpose.MAIL)


def test_one_purpose_opens_nothing_of_another():
    with pytest.raises(Undecryptable):
        decrypt(encrypt("483920", Purpose.MAIL), Purpose.SESSION)


def test_a_hash_is_found_under_a_former_key(settings):
    stored = keyed_hash("session key", "abc")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]

    assert keyed_hash("session key", "abc") != stored
    assert stored in keyed_hashes("session key", "abc")


def test_a_link_written_again_is_the_one_that_is_stored_whatever_the_key(settings):
    stored = hash_token(derive_token("invitation", 7, "nonce"))

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]

    assert hash_token(derive_token("invitation", 7, "nonce", stored_hash=stored)) == stored
    assert hash_token(derive_token("invitation", 7, "nonce")) != stored
    settings.SECRET_KEY_FALLBACKS = []
    assert hash_token(derive_token("invitation", 7, "nonce", stored_hash=stored)) != stored
