"""A code of an authenticator app counts once, however long the shop would take it for one of now."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.urls import reverse

from accounts.security_log.models import SecurityEvent
from accounts.sign_in.second_factor.codes import USED_STEP, use_code
from tests.accounts.sign_in.proofs import code_of, code_of_secret, give_app
from tests.accounts.sign_in.test_sign_in import sign_in, signed_in_as
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> Authenticator:
    return give_app(UserFactory(email="alice@example.org"))


def test_a_code_signs_in_once(visitor, attacker, app):
    code = code_of(app)
    for browser in (visitor, attacker):
        sign_in(browser, app.user.email)
        browser.post(reverse("mfa_authenticate"), {"code": code})
        # allauth's own note of used codes is gone after half a minute, while the code is taken for longer.
        cache.clear()

    assert signed_in_as(visitor) == app.user.email
    assert signed_in_as(attacker) is None
    assert SecurityEvent.objects.filter(kind="factor_failed", user_id=app.user_id).count() == 1


def test_neither_does_it_after_the_next_step_of_time(app, monkeypatch):
    now = time.time()
    code = code_of(app)
    assert use_code(user=app.user, code=code) is not None

    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: now + 33)

    assert use_code(user=app.user, code=code) is None


def test_an_older_code_is_void_once_a_newer_one_was_used(app):
    assert use_code(user=app.user, code=code_of(app, steps=1)) is not None
    assert use_code(user=app.user, code=code_of(app)) is None
    app.refresh_from_db()
    assert app.data[USED_STEP] >= int(time.time()) // 30


def test_the_code_that_set_the_app_up_is_used(visitor):
    alice = UserFactory(email="alice@example.org")
    sign_in(visitor, alice.email)
    visitor.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    code = code_of_secret(visitor.get(reverse("mfa_activate_totp")).context["form"].secret)

    visitor.post(reverse("mfa_activate_totp"), {"code": code})

    assert Authenticator.objects.filter(user=alice, type="totp").exists()
    assert use_code(user=alice, code=code) is None


def test_a_passkey_is_passed_over_where_a_code_is_typed():
    alice = UserFactory()
    Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}})
    app = give_app(alice)

    assert use_code(user=alice, code="000000") is None
    assert use_code(user=alice, code=code_of(app)) == app


def test_a_recovery_code_counts_once_and_is_noted(visitor, app):
    [code, *_others] = RecoveryCodes.activate(app.user).get_unused_codes()
    sign_in(visitor, app.user.email)

    visitor.post(reverse("mfa_authenticate"), {"code": code})

    assert signed_in_as(visitor) == app.user.email
    assert use_code(user=app.user, code=code) is None
    assert SecurityEvent.objects.filter(kind="recovery_code_used", user_id=app.user_id).count() == 1
