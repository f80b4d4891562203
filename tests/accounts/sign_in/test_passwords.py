"""Passwords that others would try first are refused wherever one is chosen; those that exist go on working."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.people.models import User
from shop.seller.models import ShopIdentity
from tests.accounts.sign_in.test_sign_in import sign_in, signed_in_as
from tests.factories.accounts import PASSWORD, CustomerAccountFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return UserFactory(email="a.petit@lycee-voltaire.example", first_name="Élodie", last_name="Le Goff")


def codes(password, user=None):
    """Return the codes of all reasons why a password is refused."""
    try:
        validate_password(password, user)
    except ValidationError as refused:
        return {each.code for each in refused.error_list}
    return set()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("nine bottles", None),
        ("nine bottle", "password_too_short"),
        ("123456789012", "password_entirely_numeric"),
        ("1qaz2wsx3edc", "password_too_common"),
    ],
)
def test_it_has_twelve_characters_and_is_not_a_common_one(password, code):
    assert codes(password) >= ({code} if code else set())
    assert code or codes(password) == set()


@pytest.mark.parametrize(
    "password",
    [
        "elodie likes tea", "ÉLODIE likes tea", "tea for a legoff and goff!", "petit pain 2026", "voltaire-2026-x",
        "ateliers and tea", "Académie 2026 x", "amphi amphi tea",
    ],
)  # fmt: skip
def test_it_holds_no_name_of_the_person_their_organisation_or_the_shop(alice, password):
    MembershipFactory(user=alice, account=CustomerAccountFactory(name="Les Ateliers d’Éluard"))
    ShopIdentity.objects.update_or_create(pk=1, defaults={"name": "Académie du Rhône"})

    assert "password_has_a_name" in codes(password, alice)


def test_short_words_and_names_of_others_may_stand_in_it(alice):
    CustomerAccountFactory(name="Les Ateliers d’Éluard")

    assert codes("ateliers and tea", alice) == set()
    assert codes("le vent se leve", alice) == set()


def test_a_sign_up_tells_nothing_of_whom_the_address_belongs_to(alice):
    MembershipFactory(user=alice, account=CustomerAccountFactory(name="Les Ateliers d’Éluard"))
    posted = {"email": alice.email, "password1": "ateliers and tea", "password2": "ateliers and tea"}

    answer = Client().post(reverse("account_signup"), posted)

    assert answer["Location"] == reverse("account_email_verification_sent")


def test_the_page_says_why(alice):
    visitor = Client(headers={"accept-language": "en"})
    visitor.force_login(alice)
    posted = {"oldpassword": PASSWORD, "password1": "elodie likes tea", "password2": "elodie likes tea"}

    page = visitor.post(reverse("account_change_password"), posted)

    assert "The password contains “elodie”, which others would try." in page.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_reset_asks_as_much(alice, code_for):
    visitor = Client()
    visitor.post(reverse("account_reset_password"), {"email": alice.email})
    visitor.post(reverse("account_confirm_password_reset_code"), {"code": code_for(alice.email)})

    page = visitor.post(
        reverse("account_complete_password_reset"), {"password1": "elodie likes tea", "password2": "elodie likes tea"}
    )

    assert page.context["form"].errors


def test_a_password_that_exists_goes_on_working(alice):
    alice.set_password("elodie")
    alice.save()
    visitor = Client()

    sign_in(visitor, alice.email, "elodie")

    assert signed_in_as(visitor) == alice.email
    assert User.objects.get(pk=alice.pk).check_password("elodie")
