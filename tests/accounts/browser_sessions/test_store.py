"""Sessions: a copy of the database opens nothing, and no request loses what another has ended or written."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.browser_sessions import store as store_module
from accounts.browser_sessions.models import BrowserSession
from accounts.browser_sessions.store import SessionStore
from common.secrets import Purpose, Undecryptable, decrypt
from common.tidying import tidy
from tests.constraints import broken, run
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

INSERT = """
INSERT INTO accounts_browsersession (key, data, expires_at, created_at, last_seen_at, browser)
VALUES (%s, %s, now(), now(), now() + %s::interval, %s)
"""
HASHED, ENCRYPTED = "0a" * 32, "gAAAAAB"


@pytest.fixture
def alice():
    return UserFactory(email="alice@example.org")


def stored(**data):
    """Store a session with these data and return its store."""
    store = SessionStore()
    store.update(data)
    store.save()
    return store


def rows_as_text() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(kept)::text FROM accounts_browsersession kept")
        return "\n".join(text for (text,) in cursor.fetchall())


def test_what_is_put_in_is_found_again():
    store = stored(cart="abc", number=7)

    assert dict(SessionStore(store.session_key).items()) == {"cart": "abc", "number": 7}


def test_a_copy_of_the_database_opens_nothing(alice):
    visitor = Client()
    visitor.force_login(alice)
    rows = BrowserSession.objects.values_list("key", "data")

    for text in [*rows.get(), json.dumps(list(rows))]:
        thief = Client()
        thief.cookies["sessionid"] = text
        assert "_auth_user_id" not in thief.session
        assert thief.get(reverse("account-profile")).status_code == 302
    assert visitor.cookies["sessionid"].value not in rows_as_text()


def test_a_sign_in_code_cannot_be_read_in_the_rows(alice, code_for):
    visitor = Client()
    visitor.post(reverse("account_request_login_code"), {"email": alice.email})

    code = code_for(alice.email)
    assert code in json.dumps(dict(visitor.session.items()))
    assert code not in rows_as_text()
    assert not Session.objects.exists()


def test_a_session_begun_after_another_was_ended_has_its_own_beginning(alice):
    store = stored(**{SESSION_KEY: str(alice.pk)})
    BrowserSession.objects.update(created_at="2020-01-01T00:00Z", last_seen_at="2020-01-01T00:00Z")
    store = SessionStore(store.session_key)
    assert store[SESSION_KEY] == str(alice.pk)

    store.flush()
    store[SESSION_KEY] = str(alice.pk)
    before = timezone.now()
    store.save()

    assert BrowserSession.objects.get().created_at >= before


def test_data_are_read_after_a_rotation_and_written_under_the_new_keys(settings):
    store = stored(cart="abc")
    former = settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new-" + "n" * 50, [former]
    again = SessionStore(store.session_key)
    again["more"] = 1
    again.save()
    settings.SECRET_KEY_FALLBACKS = []

    assert dict(SessionStore(store.session_key).items()) == {"cart": "abc", "more": 1}
    assert BrowserSession.objects.count() == 1


def test_under_other_keys_a_session_is_over(settings):
    store = stored(cart="abc")

    settings.SECRET_KEY = "new-" + "n" * 50

    found = SessionStore(store.session_key)
    assert (dict(found.items()), found.session_key) == ({}, None)


def test_reading_costs_one_statement_and_writing_one(django_assert_num_queries):
    store = stored(cart="abc")

    again = SessionStore(store.session_key)
    with django_assert_num_queries(1):
        again.get("cart")
    again["cart"] = "abcd"
    with django_assert_num_queries(1):
        again.save()


def test_a_visitor_who_puts_nothing_in_leaves_no_row(client):
    for name in ("account_login", "account_signup", "home", "cart"):
        client.get(reverse(name))
    client.post(reverse("account_login"), {"login": "nobody@example.org", "password": "wrong"})

    assert not BrowserSession.objects.exists()
    assert "sessionid" not in client.cookies


def test_a_session_that_was_ended_is_not_brought_back_by_a_request_under_way():
    under_way = SessionStore(stored(cart="abc").session_key)
    under_way["cart"] = "abcd"
    SessionStore(under_way.session_key).flush()

    with pytest.raises(UpdateError):
        under_way.save()
    assert not BrowserSession.objects.exists()


def test_a_new_key_keeps_the_data_and_ends_the_old_one():
    store = stored(cart="abc")
    old = store.session_key

    store.cycle_key()

    assert store.session_key != old
    assert dict(SessionStore(store.session_key).items()) == {"cart": "abc"}
    assert dict(SessionStore(old).items()) == {}
    assert BrowserSession.objects.count() == 1


def test_of_two_requests_the_last_write_wins():
    key = stored(cart="abc").session_key
    one, other = SessionStore(key), SessionStore(key)
    one["one"], other["other"] = 1, 2

    one.save()
    other.save()

    assert dict(SessionStore(key).items()) == {"cart": "abc", "other": 2}


def test_a_key_that_is_taken_is_not_taken_twice(monkeypatch):
    taken = stored(cart="abc").session_key
    keys = iter([taken, "k" * 32])
    monkeypatch.setattr(SessionStore, "_get_new_session_key", lambda _self: next(keys))

    other = stored(cart="xyz")

    assert other.session_key == "k" * 32
    assert SessionStore(taken)["cart"] == "abc"


def test_expired_sessions_are_over_and_tidied():
    store = stored(cart="abc")
    kept = stored(cart="kept")
    BrowserSession.objects.exclude(pk=kept.row_id).update(expires_at="2020-01-01T00:00Z")

    assert dict(SessionStore(store.session_key).items()) == {}
    tidy("sessions", now=timezone.now())
    assert BrowserSession.objects.get().pk == kept.row_id


@pytest.mark.parametrize("expired", [0, 1, 2, 5])
def test_djangos_own_command_clears_what_has_expired_a_batch_at_a_time(monkeypatch, expired):
    monkeypatch.setattr(store_module, "BATCH", 2)
    kept = stored(cart="kept")
    for _ in range(expired):
        stored(cart="abc")
    BrowserSession.objects.exclude(pk=kept.row_id).update(expires_at="2020-01-01T00:00Z")

    call_command("clearsessions")

    assert BrowserSession.objects.get().pk == kept.row_id


def test_a_row_says_whose_it_is_while_they_are_signed_in(alice):
    store = SessionStore()
    store.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    store["cart"] = "abc"
    store.save()
    row = BrowserSession.objects.get()
    assert (row.user, row.browser, row.system) == (None, "", "")

    store[SESSION_KEY] = str(alice.pk)
    store.save()

    row.refresh_from_db()
    assert (row.user, row.browser, row.system) == (alice, "Firefox", "Linux")


def test_data_of_another_purpose_are_no_session():
    token = BrowserSession.objects.get(pk=stored(cart="abc").row_id).data

    with pytest.raises(Undecryptable):
        decrypt(token, Purpose.MAIL)


def test_accounts_browsersession_key_is_unique():
    run(INSERT, HASHED, ENCRYPTED, "0", "")

    with broken("accounts_browsersession_key_key"):
        run(INSERT, HASHED, ENCRYPTED, "0", "")


def test_accounts_browsersession_key_hashed():
    with broken("accounts_browsersession_key_hashed"):
        run(INSERT, "k" * 32, ENCRYPTED, "0", "")


def test_accounts_browsersession_data_encrypted():
    with broken("accounts_browsersession_data_encrypted"):
        run(INSERT, HASHED, '{"cart": "abc"}', "0", "")


def test_accounts_browsersession_seen_since():
    with broken("accounts_browsersession_seen_since"):
        run(INSERT, HASHED, ENCRYPTED, "-1 second", "")


def test_accounts_browsersession_visitor_unnamed():
    with broken("accounts_browsersession_visitor_unnamed"):
        run(INSERT, HASHED, ENCRYPTED, "0", "Firefox")
