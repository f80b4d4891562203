"""Followers of a sign-in; allauth's mails; people made at the command line."""

from __future__ import annotations

from pathlib import Path

import allauth
import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.urls import reverse

from accounts.people.models import User
from accounts.sign_in import followers as registry
from accounts.sign_in.mails import ALLAUTH_MAILS, UNKNOWN_ACCOUNT, queue_allauth_mail
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.accounts.sign_in.test_sign_in import sign_in, signed_in_as
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def followers():
    """Leave only the followers that the test registers."""
    with registry.FOLLOWERS.emptied():
        yield


def test_followers_find_what_the_visitor_left_in_their_session(visitor, followers):
    UserFactory(email="alice@example.org")
    session = visitor.session
    session["cart"] = "token"
    session.save()
    seen = []
    registry.FOLLOWERS.add(lambda request, user: seen.append((request.session["cart"], user.email, request.user.email)))

    sign_in(visitor, "alice@example.org")

    assert seen == [("token", "alice@example.org", "alice@example.org")]


def test_a_follower_is_called_once_however_often_it_registers(visitor, followers):
    seen = []

    def follow(request, user):
        seen.append(user.email)

    registry.FOLLOWERS.add(follow)
    registry.FOLLOWERS.add(follow)
    UserFactory(email="alice@example.org")
    sign_in(visitor, "alice@example.org")

    assert seen == ["alice@example.org"]


def test_a_broken_follower_locks_nobody_out(visitor, followers, caplog):
    def broken(request, user):
        raise RuntimeError("the cart is broken")

    registry.FOLLOWERS.add(broken)
    UserFactory(email="alice@example.org")

    sign_in(visitor, "alice@example.org")

    assert signed_in_as(visitor) == "alice@example.org"
    assert "the cart is broken" in caplog.text


def test_followers_follow_every_way_in(visitor, followers, code_for):
    seen = []
    registry.FOLLOWERS.add(lambda request, user: seen.append(user.email))
    UserFactory(email="alice@example.org", password=None)
    visitor.post(reverse("account_request_login_code"), {"email": "alice@example.org"})
    visitor.post(reverse("account_confirm_login_code"), {"code": code_for("alice@example.org")})

    assert seen == ["alice@example.org"]


# --- Mails -----------------------------------------------------------------------------------------------------------


def test_every_mail_of_the_library_has_a_kind_of_ours():
    theirs = Path(allauth.__file__).parent / "templates"
    prefixes = {
        str(path.relative_to(theirs)).removesuffix("_subject.txt")
        for app in ("account", "mfa")
        for path in theirs.glob(f"{app}/email/*_subject.txt")
    }
    # Not used here: confirming and resetting by link, removing an address, security keys.
    unused = {
        "account/email/email_confirm", "account/email/password_reset", "account/email/password_reset_key",
        "mfa/email/webauthn_added", "mfa/email/webauthn_removed",
    }  # fmt: skip

    assert prefixes - unused <= set(ALLAUTH_MAILS) | {UNKNOWN_ACCOUNT}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("prefix", ALLAUTH_MAILS)
def test_every_mail_is_written_in_both_forms(prefix, language):
    alice = UserFactory(email="alice@example.org", language="")
    context = {
        "code": "ABCD-EFGH", "user": alice, "to_email": "new@example.org", "from_email": "alice@example.org",
        "timestamp": alice.date_joined, "ip": "192.0.2.1", "request": object(),
    }  # fmt: skip

    queue_allauth_mail(prefix, recipient=alice.email, context=context, language=language)

    mail = Mail.objects.get()
    rendered = render_mail(mail, blank_secrets=False)
    assert rendered.subject
    has_code = ALLAUTH_MAILS[prefix].has_code
    assert ("ABCD-EFGH" in rendered.text, "ABCD-EFGH" in rendered.html) == (has_code, has_code)
    assert (mail.language, mail.person_id) == (language, alice.pk)
    assert "192.0.2.1" not in str(mail.context)
    assert "None" not in rendered.text


def test_an_unknown_mail_of_the_library_is_not_sent_silently():
    with pytest.raises(KeyError):
        queue_allauth_mail("account/email/brand_new", recipient="a@b.org", context={}, language="en")


# --- The command line ------------------------------------------------------------------------------------------------


def test_createsuperuser_makes_an_unproved_address(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")

    call_command("createsuperuser", "--noinput", "--email", "Root@Example.org", verbosity=0)

    root = User.objects.get()
    assert (root.email, root.is_staff, root.is_superuser) == ("root@example.org", True, True)
    assert root.check_password("correct horse battery")
    assert EmailAddress.objects.get().verified is False


def test_a_natural_key_is_any_spelling_of_the_address():
    alice = UserFactory(email="alice@example.org")

    assert User.objects.get_by_natural_key("ALICE@example.org ") == alice
