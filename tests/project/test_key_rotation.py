"""A rotation of keys: everybody stays signed in, nothing that was sent or stored becomes useless."""

from __future__ import annotations

import time
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.sessions.backends.db import SessionStore as PlainStore
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.browser_sessions.models import BrowserSession
from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links, find_link
from common import made_from
from common.secrets import Purpose, decrypt
from outbox.mails.models import Mail
from project import key_rotation
from tests.accounts.sign_in.test_sign_in import sign_in, signed_in_as
from tests.factories.accounts import UserFactory
from tests.shop.payments.configured.given import saved

pytestmark = pytest.mark.django_db

OLD, NEW, FIRST = "old-" + "o" * 50, "new-" + "n" * 50, "first-" + "f" * 50


@pytest.fixture(autouse=True)
def old_key(settings, monkeypatch):
    settings.SECRET_KEY = OLD
    new_signer(monkeypatch)


def new_signer(monkeypatch):
    """Sign notes as a process does that starts with the present keys."""
    monkeypatch.setattr(made_from, "_signer", signing.Signer(salt="made from"))


@pytest.fixture
def rotated(settings, monkeypatch):
    """Return a function that starts the shop with a new key, the old one as a fallback; or without the old one."""

    def rotate(*, forget=False):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [] if forget else [OLD]
        new_signer(monkeypatch)

    return rotate


@pytest.fixture
def alice():
    return UserFactory(email="alice@example.org")


def rotate_keys() -> str:
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    return said.getvalue()


def test_everybody_stays_signed_in_and_keeps_the_cart(alice, rotated):
    browser = Client()
    browser.force_login(alice)
    session = browser.session
    session["cart"] = "abc"
    session.save()

    rotated()

    assert browser.get(reverse("account-profile")).status_code == 200
    assert browser.session["cart"] == "abc"
    rotated(forget=True)
    assert browser.get(reverse("account-profile")).status_code == 200
    assert browser.session["cart"] == "abc"


def test_links_that_were_mailed_or_wait_to_be_open_as_before(alice, rotated):
    now = timezone.now()
    new = NewLink(purpose=AddressLink.Purpose.INVITATION, email=alice.email, user=alice, account=None, language="en")
    [link] = create_links(links=[new], now=now)
    mailed = link_url(link)

    rotated()

    assert link_url(link) == mailed
    assert find_link(token=mailed.rstrip("/").rpartition("/")[2], now=now) == link


def test_a_code_that_waits_to_be_mailed_is_sent_and_taken(alice, rotated):
    browser = Client()
    browser.post(reverse("account_request_login_code"), {"email": alice.email})

    rotated()

    code = decrypt(Mail.objects.get(has_secret=True).secret)
    browser.post(reverse("account_confirm_login_code"), {"code": code})
    assert signed_in_as(browser) == alice.email


def test_authenticator_apps_and_recovery_codes_work_on_after_the_old_key_is_gone(alice, rotated):
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    codes = RecoveryCodes.activate(alice).get_unused_codes()

    rotated()
    assert rotate_keys().count("second factor: 2 of 2 encrypted anew") == 1
    rotated(forget=True)

    browser = Client()
    sign_in(browser, alice.email)
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    browser.post(reverse("mfa_authenticate"), {"code": code})
    assert signed_in_as(browser) == alice.email
    kept = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
    assert RecoveryCodes(kept).get_unused_codes() == codes


def test_a_form_that_is_open_says_what_it_was_made_from(rotated):
    note = made_from.note("catalog.entry 7", {"name": "1"})

    rotated()

    assert made_from.read_note(note, "catalog.entry 7") == {"name": "1"}


def test_a_signed_cookie_is_believed(rotated):
    signed = signing.get_cookie_signer(salt="messages").sign("text")

    rotated()

    assert signing.get_cookie_signer(salt="messages").unsign(signed) == "text"


def test_everything_stored_is_encrypted_anew_once(settings, alice):
    Client().force_login(alice)
    Client().post(reverse("account_request_login_code"), {"email": alice.email})
    TOTP.activate(alice, "secret")
    saved("stripe")

    settings.ENCRYPTION_KEYS = [FIRST]
    first, second = rotate_keys(), rotate_keys()

    assert "mail secret: 1 of 1" in first
    assert "second factor: 1 of 1" in first
    assert "session data: 2 of 2" in first
    assert "provider settings: 1 of 1" in first
    assert second.count(" 0 of ") == len(Purpose)
    settings.SECRET_KEY = NEW
    assert decrypt(Mail.objects.get(has_secret=True).secret)
    assert decrypt(BrowserSession.objects.first().data, Purpose.SESSION)


def test_it_goes_by_batches(monkeypatch, settings):
    monkeypatch.setattr(key_rotation, "BATCH", 2)
    for _each in range(5):
        Client().force_login(UserFactory())
    settings.ENCRYPTION_KEYS = [FIRST]
    heard = []

    key_rotation.rotate(told=lambda outcome: heard.append((outcome.purpose, outcome.read, outcome.anew)))

    assert heard == [(Purpose.SESSION, 2, 2), (Purpose.SESSION, 4, 4), (Purpose.SESSION, 5, 5)]


def test_a_row_that_was_written_meanwhile_is_left_alone(monkeypatch, settings, alice):
    Client().force_login(alice)
    settings.ENCRYPTION_KEYS = [FIRST]
    under_first_key = key_rotation.under_first_key

    def written_before(token, purpose):
        BrowserSession.objects.update(data="gAAAAABwritten")
        return under_first_key(token, purpose)

    monkeypatch.setattr(key_rotation, "under_first_key", written_before)
    key_rotation.rotate()

    assert BrowserSession.objects.get().data == "gAAAAABwritten"


def test_what_no_key_opens_is_told_and_left_as_it_is(settings, alice):
    TOTP.activate(alice, "secret")
    stored = Authenticator.objects.get().data

    settings.SECRET_KEY = NEW
    with pytest.raises(CommandError, match="No present key opens these: second factor: 1"):
        rotate_keys()

    assert Authenticator.objects.get().data == stored


def test_readable_sessions_of_the_release_before_are_encrypted_too():
    store = PlainStore()
    store["cart"] = "abc"
    store.save()

    assert "sessions of the release before: 1 encrypted" in rotate_keys()
    assert not Session.objects.exists()


def test_every_purpose_is_rotated():
    assert set(key_rotation.STORED) == set(Purpose)
