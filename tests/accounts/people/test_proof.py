"""A password typed before the address was proved dies when it is proved by another route."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links
from accounts.people.models import User
from accounts.people.services import PersonTyped, find_or_create_people
from tests.accounts.sign_in.test_sign_in import sign_in, signed_in_as
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

VICTIM = "victim@example.org"
ATTACKERS_PASSWORD = "typed by the attacker"
SIGN_UP = {"email": VICTIM, "password1": ATTACKERS_PASSWORD, "password2": ATTACKERS_PASSWORD}


@pytest.fixture(params=["at sign-up", "stored with the user"])
def attackers_password(request, attacker):
    """Store a password typed for the victim's address by a person who does not own the mailbox."""
    if request.param == "at sign-up":
        attacker.post(reverse("account_signup"), SIGN_UP)
    else:
        UserFactory(email=VICTIM, is_address_proved=False, password=ATTACKERS_PASSWORD)
    assert User.objects.filter(email=VICTIM).exists()


def assert_attacker_is_out(attacker):
    """Check that neither the attacker's password nor the sign-up they began lets them in."""
    assert EmailAddress.objects.get().verified is True
    assert not User.objects.get().check_password(ATTACKERS_PASSWORD)
    attacker.post(reverse("account_email_verification_sent"), {"code": ""})
    attacker.get(reverse("account_email_verification_sent"))
    sign_in(attacker, VICTIM, ATTACKERS_PASSWORD)
    assert signed_in_as(attacker) is None


@pytest.mark.usefixtures("attackers_password")
def test_dead_after_a_sign_in_code(attacker, victim, code_for):
    victim.post(reverse("account_request_login_code"), {"email": VICTIM})
    victim.post(reverse("account_confirm_login_code"), {"code": code_for(VICTIM)})

    assert signed_in_as(victim) == VICTIM
    assert_attacker_is_out(attacker)


@pytest.mark.usefixtures("attackers_password")
def test_dead_after_the_code_of_a_reset_even_if_no_new_password_follows(attacker, victim, code_for):
    victim.post(reverse("account_reset_password"), {"email": VICTIM})
    victim.post(reverse("account_confirm_password_reset_code"), {"code": code_for(VICTIM)})

    assert_attacker_is_out(attacker)


@pytest.mark.usefixtures("attackers_password")
def test_dead_after_a_reset(attacker, victim, code_for):
    victim.post(reverse("account_reset_password"), {"email": VICTIM})
    victim.post(reverse("account_confirm_password_reset_code"), {"code": code_for(VICTIM)})
    new = {"password1": "my own good one", "password2": "my own good one"}
    victim.post(reverse("account_complete_password_reset"), new)

    assert signed_in_as(victim) == VICTIM
    assert User.objects.get().check_password("my own good one")
    assert_attacker_is_out(attacker)


@pytest.mark.usefixtures("attackers_password")
@pytest.mark.parametrize("purpose", ["invitation", "membership"])
def test_dead_after_a_link(attacker, victim, path_of, purpose, django_user_model):
    [link] = create_links(links=[NewLink(purpose=AddressLink.Purpose(purpose), email=VICTIM)], now=timezone.now())

    victim.post(path_of(link))

    assert_attacker_is_out(attacker)


@pytest.mark.usefixtures("attackers_password")
def test_dead_after_a_sign_up_of_the_owner(attacker, victim, code_for):
    new = {"email": VICTIM, "password1": "my own good one", "password2": "my own good one"}
    cache.clear()
    victim.post(reverse("account_signup"), new)
    victim.post(reverse("account_email_verification_sent"), {"code": code_for(VICTIM)})

    assert signed_in_as(victim) == VICTIM
    assert User.objects.get().check_password("my own good one")
    assert_attacker_is_out(attacker)


def test_a_sign_up_begun_before_the_proof_sets_no_password_after_it(attacker, victim, code_for):
    """Both codes go to the owner's mailbox; one that comes late, from a stranger's browser, must not count."""
    attacker.post(reverse("account_signup"), SIGN_UP)
    attackers_code = code_for(VICTIM)
    victim.post(reverse("account_request_login_code"), {"email": VICTIM})
    victim.post(reverse("account_confirm_login_code"), {"code": code_for(VICTIM)})

    attacker.post(reverse("account_email_verification_sent"), {"code": attackers_code})

    assert signed_in_as(attacker) is None
    assert_attacker_is_out(attacker)


def test_a_sign_up_signs_nobody_in_whose_address_was_proved_in_the_same_moment(attacker, monkeypatch):
    """The rival proof falls between the form's look at the address and the sign-in."""
    from accounts.sign_in import forms

    UserFactory(email=VICTIM, password="the owner's own one")
    with monkeypatch.context() as patch:
        patch.setattr(forms, "is_address_proved", lambda user: False)
        response = attacker.post(reverse("account_signup"), SIGN_UP)

    assert response.status_code == 302
    assert signed_in_as(attacker) is None
    assert User.objects.get().check_password("the owner's own one")


def test_a_person_who_moved_on_before_the_code_came_is_not_dragged_back(attacker, code_for):
    """An operator has mended the mistyped address: the owner of the mistyped one must not get the person."""
    found = find_or_create_people(
        people=[PersonTyped(email="typo@example.org")], account=None, language="en", now=timezone.now()
    )
    person = found["typo@example.org"].user
    attacker.post(reverse("account_signup"), SIGN_UP | {"email": "typo@example.org"})
    code = code_for("typo@example.org")
    User.objects.filter(pk=person.pk).update(email="right@example.org")
    EmailAddress.objects.filter(user=person).update(email="right@example.org")

    attacker.post(reverse("account_email_verification_sent"), {"code": code})

    assert signed_in_as(attacker) is None
    person.refresh_from_db()
    assert person.email == "right@example.org"
    assert EmailAddress.objects.get(user=person).verified is False


def test_a_proved_password_survives_codes_and_links(victim, code_for, path_of):
    user = UserFactory(email=VICTIM, password="my own good one")
    [link] = create_links(links=[NewLink(purpose="invitation", email=VICTIM)], now=timezone.now())
    victim.post(path_of(link))
    victim.post(reverse("account_request_login_code"), {"email": VICTIM})
    victim.post(reverse("account_confirm_login_code"), {"code": code_for(VICTIM)})

    user.refresh_from_db()
    assert user.check_password("my own good one")
