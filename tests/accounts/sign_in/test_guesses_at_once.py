"""Guesses made at the same moment: no more are compared than one after another would be."""

from __future__ import annotations

import threading

import pytest
from allauth.account import forms as allauth_forms
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from accounts.people.models import User
from accounts.sign_in import forms
from accounts.sign_in.adapter import AccountAdapter
from tests.accounts.sign_in.test_sign_in import SIGN_UP, sign_in, signed_in_as
from tests.factories.accounts import UserFactory
from tests.outbox.jobs.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 9
ADDRESS = "alice@example.org"
BY_MAIL = {
    "signing in": ("account_request_login_code", {"email": ADDRESS}, "account_confirm_login_code"),
    "a new password": ("account_reset_password", {"email": ADDRESS}, "account_confirm_password_reset_code"),
    "a new address": ("account_signup", SIGN_UP, "account_email_verification_sent"),
}


@pytest.fixture
def together(monkeypatch):
    """Return a function that makes requests wait for each other just before a function of a module is called."""

    def wait(owner, name):
        gate, original = threading.Barrier(AT_ONCE), getattr(owner, name)

        def waiting(*args, **kwargs):
            gate.wait(120)
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, waiting)

    return wait


@pytest.fixture
def compared(monkeypatch):
    """Return a function that counts the calls of a function, in a list that grows."""

    def count(owner, name):
        calls, original = [], getattr(owner, name)

        def counting(*args, **kwargs):
            calls.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, counting)
        return calls

    return count


def guess(visitor, name, field="code", **more):
    """Post as many wrong guesses at once from one browser."""
    cookies = {key: morsel.value for key, morsel in visitor.cookies.items()}

    def post(number):
        browser = Client()
        for key, value in cookies.items():
            browser.cookies[key] = value
        browser.post(reverse(name), {field: f"WRNG{number:02}", **more})

    threads = [in_thread(lambda number=number: post(number)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("way", BY_MAIL)
def test_of_a_mailed_code_three_are_compared(visitor, together, compared, way):
    ask, typed, confirm = BY_MAIL[way]
    if way != "a new address":
        UserFactory(email=ADDRESS)
    visitor.post(reverse(ask), typed)
    together(forms.CountedGuess, "clean_code")
    calls = compared(allauth_forms, "compare_user_code")

    guess(visitor, confirm)

    assert len(calls) == 3


def test_control_without_the_count_all_are_compared(visitor, together, compared, monkeypatch):
    UserFactory(email=ADDRESS)
    visitor.post(reverse("account_request_login_code"), {"email": ADDRESS})
    monkeypatch.setattr(forms, "count_attempt", lambda **_what: None)
    together(forms.CountedGuess, "clean_code")
    calls = compared(allauth_forms, "compare_user_code")

    guess(visitor, "account_confirm_login_code")

    assert len(calls) == AT_ONCE


def test_of_a_password_five_are_compared(visitor, together, compared):
    UserFactory(email=ADDRESS)
    together(AccountAdapter, "pre_authenticate")
    calls = compared(User, "check_password")

    guess(visitor, "account_login", "password", login=ADDRESS)

    assert 0 < len(calls) <= 5


def test_of_a_second_factor_five_are_compared(visitor, together, compared):
    alice = UserFactory(email=ADDRESS)
    totp.TOTP.activate(alice, totp.generate_totp_secret())
    RecoveryCodes.activate(alice)
    sign_in(visitor, ADDRESS)
    together(forms, "check_rate_limit")
    calls = compared(forms, "use_code")

    guess(visitor, "mfa_authenticate")

    assert 0 < len(calls) <= 5


def test_the_right_code_is_taken_after_two_wrong_ones(visitor, code_for):
    UserFactory(email=ADDRESS)
    visitor.post(reverse("account_request_login_code"), {"email": ADDRESS})
    for number in range(2):
        visitor.post(reverse("account_confirm_login_code"), {"code": f"WRNG{number:02}"})

    visitor.post(reverse("account_confirm_login_code"), {"code": code_for(ADDRESS)})

    assert signed_in_as(visitor) == ADDRESS
