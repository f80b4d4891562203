"""Events that Django, allauth and the rate limits announce, in the security log."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from accounts.rate_limits.services import TooOften, count_attempt
from accounts.security_log.models import SecurityEvent
from accounts.security_log.services import mark_of
from common.afterwards import run_waiting
from tests.accounts.sign_in.test_sign_in import sign_in
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = "alice@example.org"
NEW_PASSWORD = "grumpy-otter-91-lake"


@pytest.fixture
def alice():
    return UserFactory(email=ADDRESS)


@pytest.fixture
def visitor(alice):
    return Client()


def events() -> list[tuple[str, int | None]]:
    return list(SecurityEvent.objects.order_by("id").values_list("kind", "user_id"))


def kinds() -> list[str]:
    return [kind for kind, _user in events()]


def details() -> dict:
    return SecurityEvent.objects.latest("id").details


def test_signing_in_and_out(visitor, alice):
    sign_in(visitor, ADDRESS)
    assert details() == {"by": ["password"]}
    visitor.post(reverse("account_logout"))

    assert events() == [("signed_in", alice.pk), ("signed_out", alice.pk)]


def test_a_failed_sign_in_of_a_known_and_of_an_unknown_address(visitor, alice):
    sign_in(visitor, ADDRESS, "wrong")
    assert details() == {"by": "password", "address": mark_of(ADDRESS)}
    sign_in(visitor, "nobody@example.org", "wrong")
    assert details() == {"by": "password", "address": mark_of("nobody@example.org")}

    assert events() == [("sign_in_failed", alice.pk), ("sign_in_failed", None)]
    assert not SecurityEvent.objects.filter(details__icontains="example").exists()


def test_known_and_unknown_addresses_take_the_same_statements(visitor):
    def statements(address: str) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            sign_in(Client(), address, "wrong")
        return [
            each["sql"].split(" WHERE")[0].split(" VALUES")[0]
            for each in captured
            if "securityevent" in each["sql"] or each["sql"].startswith('SELECT "accounts_user"."id" AS "pk"')
        ]

    assert statements(ADDRESS) == statements("nobody@example.org")
    assert len(statements(ADDRESS)) == 2


def test_too_many_failed_ones(visitor, alice):
    for _ in range(7):
        sign_in(visitor, ADDRESS, "wrong")

    assert kinds().count("sign_in_failed") == 5
    assert kinds().count("locked_out") == 1
    assert details() == {"page": "account_login"}


def test_a_page_of_allauth_under_a_limit(visitor, alice, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "signup": "1/m/ip"}
    for _ in range(3):
        answer = visitor.post(reverse("account_signup"), {"email": "bob@example.org"})

    assert answer.status_code == 429
    assert kinds() == ["locked_out"]
    assert details() == {"page": "account_signup"}


def test_a_limit_of_ours(settings):
    settings.RATE_LIMITS = {"mail of a link": "2/h/key"}
    for _ in range(5):
        with suppress(TooOften):
            count_attempt(what="mail of a link", who=ADDRESS, now=timezone.now())
    run_waiting()

    assert kinds() == ["locked_out"]
    assert details() == {"limit": "mail_of_a_link", "who": mark_of(ADDRESS)}


@pytest.mark.parametrize("address", [ADDRESS, "nobody@example.org"])
def test_a_wrong_mailed_code_names_nobody(visitor, address):
    visitor.post(reverse("account_request_login_code"), {"email": address})
    visitor.post(reverse("account_confirm_login_code"), {"code": "WRONG"})

    assert events() == [("code_rejected", None)]
    assert details() == {"page": "account_confirm_login_code"}


def test_a_wrong_password_of_a_person_who_is_signed_in_is_no_sign_in(visitor, alice):
    sign_in(visitor, ADDRESS)
    visitor.post(reverse("account_reauthenticate"), {"password": "wrong"})

    assert "sign_in_failed" not in kinds()


def test_a_changed_password(visitor, alice):
    sign_in(visitor, ADDRESS)
    passwords = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    visitor.post(reverse("account_change_password"), passwords)

    assert ("password_changed", alice.pk) in events()


def test_a_reset_password(visitor, alice, code_for):
    visitor.post(reverse("account_reset_password"), {"email": ADDRESS})
    visitor.post(reverse("account_confirm_password_reset_code"), {"code": code_for(ADDRESS)})
    visitor.post(reverse("account_complete_password_reset"), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert kinds()[0] == "password_reset"


def test_a_changed_address(visitor, alice, code_for):
    sign_in(visitor, ADDRESS)
    visitor.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    visitor.post(reverse("account_email"), {"email": "alice@example.com", "action_add": ""})
    visitor.post(reverse("account_email_verification_sent"), {"code": code_for("alice@example.com")})

    assert ("address_changed", alice.pk) in events()


def test_staff_from_the_start():
    boss = User.objects.create_superuser(email="boss@example.org", password=PASSWORD)
    UserFactory(email="customer@example.org")

    assert events() == [("staff_made", boss.pk)]
    assert details() == {"all": True}
