"""Signing up, in and out; a new password; a code by mail; another address."""

from __future__ import annotations

import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import override

from accounts.people.models import User
from common.emails import INVALID_ADDRESS
from outbox.mails.models import Mail
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

SIGN_UP = {"email": "alice@example.org", "password1": PASSWORD, "password2": PASSWORD}


def signed_in_as(client) -> str | None:
    user_id = client.session.get("_auth_user_id")
    return User.objects.get(pk=user_id).email if user_id else None


def sign_in(client, email, password=PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": email, "password": password, **extra})


def test_sign_up_asks_for_a_code_before_anything_else(visitor, code_for):
    response = visitor.post(reverse("account_signup"), SIGN_UP)

    assert response.status_code == 302
    assert response["Location"] == reverse("account_email_verification_sent")
    assert signed_in_as(visitor) is None
    user = User.objects.get()
    assert user.has_usable_password() is False
    assert EmailAddress.objects.get().verified is False

    response = visitor.post(reverse("account_email_verification_sent"), {"code": code_for("alice@example.org")})

    assert response.status_code == 302
    assert signed_in_as(visitor) == "alice@example.org"
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert EmailAddress.objects.get().verified is True
    assert visitor.get(reverse("account-home")).status_code == 200


def test_a_wrong_code_proves_nothing(visitor):
    visitor.post(reverse("account_signup"), SIGN_UP)

    for _ in range(3):
        visitor.post(reverse("account_email_verification_sent"), {"code": "WRONG"})
    response = visitor.post(reverse("account_email_verification_sent"), {"code": "WRONG"})

    assert response["Location"] == reverse("account_login")
    assert signed_in_as(visitor) is None
    assert EmailAddress.objects.get().verified is False


def test_sign_up_of_a_person_whom_others_named_completes_them(visitor, code_for):
    named = UserFactory(email="alice@example.org", password=None, is_address_proved=False, first_name="Alice")

    visitor.post(reverse("account_signup"), SIGN_UP)
    visitor.post(reverse("account_email_verification_sent"), {"code": code_for("alice@example.org")})

    assert signed_in_as(visitor) == "alice@example.org"
    user = User.objects.get()
    assert user.pk == named.pk
    assert user.first_name == "Alice"
    assert user.check_password(PASSWORD)


def test_sign_in_with_a_password_whatever_the_spelling_of_the_address(visitor):
    UserFactory(email="alice@école.example.org")

    sign_in(visitor, "  ALICE@E\u0301COLE.example.org ")

    assert signed_in_as(visitor) == "alice@école.example.org"


def test_sign_in_with_an_unproved_address_asks_for_a_code_and_keeps_the_password(visitor, code_for):
    user = UserFactory(email="root@example.org", is_address_proved=False)

    response = sign_in(visitor, "root@example.org")

    assert response["Location"] == reverse("account_email_verification_sent")
    assert signed_in_as(visitor) is None

    visitor.post(reverse("account_email_verification_sent"), {"code": code_for("root@example.org")})

    assert signed_in_as(visitor) == "root@example.org"
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_sign_out_is_a_post(visitor):
    UserFactory(email="alice@example.org")
    sign_in(visitor, "alice@example.org")

    assert visitor.get(reverse("account_logout")).status_code == 200
    assert signed_in_as(visitor) == "alice@example.org"
    visitor.post(reverse("account_logout"))
    assert signed_in_as(visitor) is None


def test_sign_in_with_a_mailed_code(visitor, code_for):
    UserFactory(email="alice@example.org", password=None)

    response = visitor.post(reverse("account_request_login_code"), {"email": "Alice@Example.org"})
    assert response["Location"] == reverse("account_confirm_login_code")
    visitor.post(reverse("account_confirm_login_code"), {"code": code_for("alice@example.org").lower()})

    assert signed_in_as(visitor) == "alice@example.org"


def test_a_code_is_used_up_by_three_wrong_ones(visitor, code_for):
    UserFactory(email="alice@example.org")
    visitor.post(reverse("account_request_login_code"), {"email": "alice@example.org"})

    for _ in range(3):
        visitor.post(reverse("account_confirm_login_code"), {"code": "WRONG"})
    visitor.post(reverse("account_confirm_login_code"), {"code": code_for("alice@example.org")})

    assert signed_in_as(visitor) is None


def test_a_code_works_in_no_other_browser(visitor, attacker, code_for):
    UserFactory(email="alice@example.org")
    visitor.post(reverse("account_request_login_code"), {"email": "alice@example.org"})

    attacker.post(reverse("account_confirm_login_code"), {"code": code_for("alice@example.org")})

    assert signed_in_as(attacker) is None


def test_password_reset_by_code(visitor, code_for):
    user = UserFactory(email="alice@example.org")
    response = visitor.post(reverse("account_reset_password"), {"email": "alice@example.org"})
    assert response["Location"] == reverse("account_confirm_password_reset_code")
    visitor.post(reverse("account_confirm_password_reset_code"), {"code": code_for("alice@example.org")})
    new = {"password1": "another good one", "password2": "another good one"}

    visitor.post(reverse("account_complete_password_reset"), new)

    user.refresh_from_db()
    assert user.check_password("another good one")
    assert signed_in_as(visitor) == "alice@example.org"
    assert Mail.objects.filter(kind="security_notice", recipient="alice@example.org").count() == 1


def test_password_reset_without_the_code_changes_nothing(visitor):
    user = UserFactory(email="alice@example.org")
    visitor.post(reverse("account_reset_password"), {"email": "alice@example.org"})
    new = {"password1": "another good one", "password2": "another good one"}

    visitor.post(reverse("account_complete_password_reset"), new)

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def reauthenticated(client):
    """Sign a person in whose password was typed again a moment ago."""
    sign_in(client, "alice@example.org")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def test_a_changed_address_counts_once_proved_and_the_old_one_is_told(visitor, code_for):
    user = UserFactory(email="alice@example.org")
    reauthenticated(visitor)

    visitor.post(reverse("account_email"), {"email": "ALICE@new.example.org", "action_add": ""})

    user.refresh_from_db()
    assert user.email == "alice@example.org"
    assert [row.email for row in EmailAddress.objects.all()] == ["alice@example.org"]

    visitor.post(reverse("account_email_verification_sent"), {"code": code_for("alice@new.example.org")})

    user.refresh_from_db()
    assert user.email == "alice@new.example.org"
    [row] = EmailAddress.objects.all()
    assert (row.email, row.verified, row.primary) == ("alice@new.example.org", True, True)
    told = Mail.objects.get(kind="security_notice")
    assert told.recipient == "alice@example.org"
    assert told.context["event"] == "address_changed"
    assert user.check_password(PASSWORD)


def test_changing_the_address_asks_for_the_password_again(visitor):
    UserFactory(email="alice@example.org")
    sign_in(visitor, "alice@example.org")

    response = visitor.post(reverse("account_email"), {"email": "new@example.org", "action_add": ""})

    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert Mail.objects.count() == 0


def test_an_address_of_somebody_else_cannot_be_taken(visitor, code_for):
    UserFactory(email="bob@example.org")
    user = UserFactory(email="alice@example.org")
    reauthenticated(visitor)
    visitor.post(reverse("account_email"), {"email": "bob@example.org", "action_add": ""})

    visitor.post(reverse("account_email_verification_sent"), {"code": code_for("bob@example.org")})

    user.refresh_from_db()
    assert user.email == "alice@example.org"


def test_an_address_taken_while_its_code_was_on_its_way_is_refused(visitor, code_for):
    user = UserFactory(email="alice@example.org")
    reauthenticated(visitor)
    visitor.post(reverse("account_email"), {"email": "bob@example.org", "action_add": ""})
    UserFactory(email="bob@example.org")

    visitor.post(reverse("account_email_verification_sent"), {"code": code_for("bob@example.org")})

    user.refresh_from_db()
    assert user.email == "alice@example.org"


@pytest.mark.parametrize("is_proved", [True, False], ids=["proved by them", "named by others"])
def test_an_address_that_another_person_has_by_now_is_refused_in_words(visitor, is_proved):
    user = UserFactory(email="alice@example.org")
    request = visitor.get("/").wsgi_request
    request.user = user
    taken = EmailAddress.objects.create(user=user, email="bob@example.org", verified=False)
    UserFactory(email="bob@example.org", is_address_proved=is_proved)

    with override("en"):
        assert get_adapter(request).confirm_email(request, taken) is False

    [message] = get_messages(request)
    assert str(message).startswith("This address belongs to another person of the shop.")
    user.refresh_from_db()
    assert user.email == "alice@example.org"


def test_what_is_no_address_is_refused_in_words():
    with override("en"), pytest.raises(ValidationError) as refused:
        get_adapter().clean_email("bob@@example.org")

    assert (refused.value.code, refused.value.messages) == ("invalid", [str(INVALID_ADDRESS)])


def test_a_code_to_an_address_since_left_signs_nobody_in(visitor, attacker, code_for):
    user = UserFactory(email="old@example.org")
    attacker.post(reverse("account_request_login_code"), {"email": "old@example.org"})
    code = code_for("old@example.org")
    EmailAddress.objects.update(email="new@example.org")
    User.objects.update(email="new@example.org")

    attacker.post(reverse("account_confirm_login_code"), {"code": code})

    assert signed_in_as(attacker) is None
    user.refresh_from_db()
    assert user.email == "new@example.org"


def test_a_reset_code_to_an_address_since_left_gives_no_password(attacker, code_for):
    user = UserFactory(email="old@example.org")
    attacker.post(reverse("account_reset_password"), {"email": "old@example.org"})
    attacker.post(reverse("account_confirm_password_reset_code"), {"code": code_for("old@example.org")})
    EmailAddress.objects.update(email="new@example.org")
    User.objects.update(email="new@example.org")

    new = {"password1": "another good one", "password2": "another good one"}
    attacker.post(reverse("account_complete_password_reset"), new)

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_closed_person_gets_no_code(visitor):
    UserFactory(email="alice@example.org", is_active=False)

    visitor.post(reverse("account_request_login_code"), {"email": "alice@example.org"})

    assert Mail.objects.count() == 0


def test_the_language_of_a_person_comes_with_the_sign_in(visitor):
    UserFactory(email="alice@example.org", language="en")

    response = sign_in(visitor, "alice@example.org")

    assert response.cookies["django_language"].value == "en"


def test_a_code_is_stored_unreadable(visitor, code_for):
    UserFactory(email="alice@example.org")
    visitor.post(reverse("account_request_login_code"), {"email": "alice@example.org"})

    mail = Mail.objects.get()
    assert code_for("alice@example.org") not in mail.secret
    assert code_for("alice@example.org") not in str(mail.context)
    assert mail.has_secret is True
    assert mail.expires_at is not None
