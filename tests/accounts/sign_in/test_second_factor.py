"""A second factor: optional for customers, required of staff."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import reverse

from accounts.people.models import User
from outbox.mails.models import Mail
from tests.accounts.sign_in.test_sign_in import sign_in, signed_in_as
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = "alice@example.org"


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def secret():
    return generate_totp_secret()


@pytest.fixture
def alice():
    return UserFactory(email=ADDRESS)


def test_it_is_set_up_with_an_app(visitor, alice):
    sign_in(visitor, ADDRESS)
    visitor.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = visitor.get(reverse("mfa_activate_totp"))
    assert "data:image/svg+xml" in page.content.decode()

    response = visitor.post(reverse("mfa_activate_totp"), {"code": code_of(page.context["form"].secret)})

    assert response["Location"] == reverse("mfa_view_recovery_codes")
    assert Authenticator.objects.filter(user=alice).count() == 2
    codes = visitor.get(response["Location"]).context["unused_codes"]
    assert len(codes) == 10


def test_the_key_is_unreadable_in_the_database(alice, secret):
    TOTP.activate(alice, secret)

    stored = Authenticator.objects.get().data["secret"]
    assert secret not in stored


@pytest.mark.parametrize("way", ["password", "code"])
def test_signing_in_asks_for_it(visitor, alice, secret, code_for, way):
    TOTP.activate(alice, secret)

    if way == "password":
        response = sign_in(visitor, ADDRESS)
    else:
        visitor.post(reverse("account_request_login_code"), {"email": ADDRESS})
        response = visitor.post(reverse("account_confirm_login_code"), {"code": code_for(ADDRESS)})

    assert response["Location"] == reverse("mfa_authenticate")
    assert signed_in_as(visitor) is None
    visitor.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert signed_in_as(visitor) is None
    visitor.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert signed_in_as(visitor) == ADDRESS


def test_a_new_password_does_not_get_round_it(visitor, alice, secret, code_for):
    TOTP.activate(alice, secret)
    visitor.post(reverse("account_reset_password"), {"email": ADDRESS})
    visitor.post(reverse("account_confirm_password_reset_code"), {"code": code_for(ADDRESS)})

    response = visitor.post(
        reverse("account_complete_password_reset"),
        {"password1": "another good one", "password2": "another good one"},
    )

    assert response["Location"] == reverse("mfa_authenticate")
    assert signed_in_as(visitor) is None


def test_switching_it_off_is_told(visitor, alice, secret):
    TOTP.activate(alice, secret)
    visitor.force_login(alice)
    visitor.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)})

    visitor.post(reverse("mfa_deactivate_totp"))

    assert Authenticator.objects.count() == 0
    assert Mail.objects.get().context["event"] == "second_factor_off"


# --- Staff -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def merchant():
    return User.objects.create_superuser("merchant@example.org", PASSWORD, is_address_proved=True)


def test_the_administration_has_no_sign_in_of_its_own():
    response = Client().get(reverse("admin:login"))
    assert response["Location"].startswith(reverse("account_login"))
    response = Client().post(reverse("admin:login"), {"username": "merchant@example.org", "password": PASSWORD})
    assert response["Location"].startswith(reverse("account_login"))


def test_customers_do_not_get_into_the_administration(visitor, alice):
    visitor.force_login(alice)

    response = visitor.get(reverse("admin:index"), follow=True)

    assert response.status_code == 403


def test_staff_without_a_second_factor_is_led_to_it(settings, visitor, merchant):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    visitor.force_login(merchant)

    for url in (reverse("admin:index"), reverse("admin:accounts_user_changelist")):
        response = visitor.get(url, follow=True)
        assert response.redirect_chain == [(reverse("accounts-second-factor"), 302)]
        assert reverse("mfa_activate_totp") in response.content.decode()
    assert visitor.post(reverse("admin:accounts_user_add"), {"email": "x@y.org"}).status_code == 302
    assert User.objects.count() == 1


def test_staff_with_a_second_factor_gets_in(settings, visitor, merchant, secret):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    TOTP.activate(merchant, secret)
    sign_in(visitor, merchant.email)
    visitor.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert visitor.get(reverse("admin:index")).status_code == 200
    assert visitor.get(reverse("accounts-second-factor"))["Location"] == reverse("admin:index")


def test_the_rule_is_on_unless_debugging():
    from project.settings import base

    assert base.STAFF_NEEDS_SECOND_FACTOR is not base.DEBUG
    assert "accounts.sign_in.step_up.middleware.StepUpMiddleware" in base.MIDDLEWARE
