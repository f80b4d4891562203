"""Sessions and cookies of the release before: no cart and no sign-in is lost at the update."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as PlainStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.browser_sessions.models import BrowserSession
from accounts.browser_sessions.services import end_sessions
from accounts.browser_sessions.store import SessionStore
from common.tidying import tidy
from tests.factories.accounts import UserFactory
from tests.project.test_settings import COMPLETE, settings_with

pytestmark = pytest.mark.django_db

HOST_NAMES = {
    "SESSION_COOKIE_NAME": "__Host-sessionid",
    "CSRF_COOKIE_NAME": "__Host-csrftoken",
    "LANGUAGE_COOKIE_NAME": "__Host-language",
}


@pytest.fixture
def alice():
    return UserFactory(email="alice@example.org")


def plain(user=None, **data) -> str:
    """Store a session as the release before did and return its cookie."""
    store = PlainStore()
    store.update(data)
    if user is not None:
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return store.session_key


def browser_with(**cookies: str) -> Client:
    browser = Client(enforce_csrf_checks=True)
    for name, value in cookies.items():
        browser.cookies[name] = value
    return browser


def test_a_visitors_session_is_read_where_both_releases_find_it():
    key = plain(cart="abc")

    store = SessionStore(key)

    assert store["cart"] == "abc"
    assert not store.modified
    assert PlainStore(key)["cart"] == "abc"
    assert not BrowserSession.objects.exists()


def test_what_is_written_to_it_is_encrypted_and_the_readable_row_goes():
    key = plain(cart="abc")

    store = SessionStore(key)
    store["code"] = "483920"
    store.save()

    assert store.session_key == key
    assert dict(SessionStore(key).items()) == {"cart": "abc", "code": "483920"}
    assert not Session.objects.exists()
    assert BrowserSession.objects.count() == 1


def test_two_requests_at_once_move_one_row():
    key = plain(cart="abc")
    one, other = SessionStore(key), SessionStore(key)
    one["one"], other["other"] = 1, 2

    one.save()
    other.save()

    assert dict(SessionStore(key).items()) == {"cart": "abc", "other": 2}
    assert BrowserSession.objects.count() == 1


def test_one_ended_meanwhile_is_not_brought_back():
    key = plain(cart="abc")
    under_way = SessionStore(key)
    under_way["code"] = "483920"
    SessionStore(key).flush()

    with pytest.raises(UpdateError):
        under_way.save()
    assert not Session.objects.exists()


def test_who_is_signed_in_stays_so_and_the_readable_row_goes_at_once(alice):
    browser = browser_with(sessionid=plain(alice, cart="abc"))

    assert browser.get(reverse("account-profile")).status_code == 200

    assert not Session.objects.exists()
    assert BrowserSession.objects.get().user == alice
    assert browser.session["cart"] == "abc"
    assert browser.get(reverse("account-profile")).status_code == 200


def test_a_sign_in_or_a_new_key_leaves_no_readable_row():
    key = plain(cart="abc")
    store = SessionStore(key)
    store.cycle_key()

    assert not Session.objects.exists()
    assert SessionStore(store.session_key)["cart"] == "abc"


def test_the_rest_moves_a_day_later_and_cookies_go_on_opening_it(alice):
    kept, gone = plain(cart="abc"), plain(cart="xyz")
    of_alice = plain(alice)
    Session.objects.filter(pk=gone).update(expire_date=timezone.now() - timedelta(days=1))

    assert tidy("sessions", now=timezone.now()) == 1
    assert Session.objects.count() == 2
    assert tidy("sessions", now=timezone.now() + timedelta(days=1, minutes=1)) == 2

    assert not Session.objects.exists()
    assert SessionStore(kept)["cart"] == "abc"
    assert SessionStore(gone).get("cart") is None
    assert browser_with(sessionid=of_alice).get(reverse("account-profile")).status_code == 200
    assert BrowserSession.objects.filter(user=alice).count() == 1


def test_all_sessions_of_a_person_end_those_of_the_release_before_too(alice):
    of_alice, kept = plain(alice), plain(cart="abc")

    assert end_sessions(user_id=alice.pk) == 1

    assert browser_with(sessionid=of_alice).get(reverse("account-profile")).status_code == 302
    assert SessionStore(kept)["cart"] == "abc"


def test_the_release_before_does_not_fall_over_a_cookie_of_this_one():
    store = SessionStore()
    store["cart"] = "abc"
    store.save()

    assert dict(PlainStore(store.session_key).items()) == {}


@pytest.mark.parametrize("name", HOST_NAMES)
def test_names_are_bound_to_the_host_under_https_alone(name):
    https, http = (settings_with(COMPLETE | site, "production", name) for site in ({}, {"SITE_URL": "http://shop"}))

    assert https == {name: HOST_NAMES[name]}
    assert not http[name].startswith("__Host-")


@pytest.fixture
def with_host_names(settings):
    for name, value in HOST_NAMES.items():
        setattr(settings, name, value)
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.LANGUAGE_COOKIE_SECURE = True


def test_a_cookie_by_its_former_name_is_read_and_gets_its_new_one(with_host_names, alice):
    browser = browser_with(sessionid=plain(alice, cart="abc"), django_language="fr")

    answer = browser.get(reverse("account-profile"), secure=True)

    assert (answer.status_code, answer.headers["Content-Language"]) == (200, "fr")
    cookie = answer.cookies["__Host-sessionid"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert answer.cookies["sessionid"].value == ""
    browser.cookies.pop("sessionid")
    assert browser.get(reverse("account-profile"), secure=True).status_code == 200


def test_a_planted_cookie_by_the_former_name_does_not_replace_the_own_one(with_host_names, alice):
    browser = Client()
    browser.force_login(alice)
    browser.cookies["sessionid"] = plain(UserFactory())

    assert alice.email in browser.get(reverse("account-profile"), secure=True).content.decode()


def test_a_form_opened_before_the_update_is_taken(with_host_names):
    secret = "c" * 32
    browser = browser_with(csrftoken=secret)

    posted = {"login": "nobody@example.org", "password": "wrong", "csrfmiddlewaretoken": secret}
    answer = browser.post(reverse("account_login"), posted, secure=True, headers={"referer": "https://testserver/"})

    assert answer.status_code == 200


def test_a_form_of_this_release_is_taken_by_the_one_before(with_host_names):
    cookies = Client().get(reverse("account_login"), secure=True).cookies

    assert cookies["csrftoken"].value == cookies["__Host-csrftoken"].value
    assert cookies["csrftoken"]["secure"]
