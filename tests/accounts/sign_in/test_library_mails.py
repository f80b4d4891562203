"""Each of the library's mails as it is recorded: kind, occasion, code, language, whose it is, and until when."""

from datetime import datetime, timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from accounts.sign_in.adapter import AccountAdapter
from accounts.sign_in.mails import ALLAUTH_MAILS, UNKNOWN_ACCOUNT, pretend_to_mail, queue_allauth_mail
from accounts.sign_in.second_factor.services import remove_second_factor
from common.secrets import decrypt
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

MAILS = {
    "account/email/email_confirmation_signup": ("address_code", "sign_up", True),
    "account/email/email_confirmation": ("address_code", "address", True),
    "account/email/login_code": ("sign_in_code", "", True),
    "account/email/code_again": ("sign_in_code", "again", True),
    "account/email/password_reset_code": ("password_reset_code", "", True),
    "account/email/account_already_exists": ("account_exists", "", False),
    "account/email/email_changed": ("security_notice", "address_changed", False),
    "account/email/email_deleted": ("security_notice", "address_removed", False),
    "account/email/password_changed": ("security_notice", "password_changed", False),
    "account/email/password_reset": ("security_notice", "password_changed", False),
    "account/email/password_set": ("security_notice", "password_set", False),
    "mfa/email/totp_activated": ("security_notice", "second_factor_on", False),
    "mfa/email/totp_deactivated": ("security_notice", "second_factor_off", False),
    "mfa/email/webauthn_added": ("security_notice", "passkey_added", False),
    "mfa/email/webauthn_removed": ("security_notice", "passkey_removed", False),
    "mfa/email/recovery_codes_generated": ("security_notice", "recovery_codes", False),
}


@pytest.fixture
def alice():
    return UserFactory(email="alice@example.org", language="en")


def minutes_left(mail: Mail) -> int | None:
    return mail.expires_at and round((mail.expires_at - timezone.now()).total_seconds() / 60)


def test_every_mail_of_the_library_is_listed():
    assert set(ALLAUTH_MAILS) == set(MAILS)


@pytest.mark.parametrize("prefix", MAILS)
def test_a_mail_is_recorded_as_what_it_is(prefix, alice, settings):
    kind, event, has_code = MAILS[prefix]

    queue_allauth_mail(prefix, recipient="a@example.org", context={"user": alice, "code": 4711}, language="fr")

    mail = Mail.objects.get()
    assert (mail.kind, mail.context, mail.has_secret) == (kind, {"event": event}, has_code)
    assert mail.key.startswith(f"{kind}:")
    assert (mail.recipient, mail.person_id) == ("a@example.org", alice.pk)
    # A notice is in the person's language, a code in that of the page that asked for it.
    assert mail.language == ("en" if kind in ("security_notice", "account_exists") else "fr")
    assert (decrypt(mail.secret) if has_code else mail.secret) == ("4711" if has_code else "")
    assert minutes_left(mail) == (settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT / 60 if has_code else None)


def test_a_notice_to_nobody_known_is_in_the_pages_language():
    queue_allauth_mail("account/email/email_changed", recipient="a@example.org", context={}, language="fr")

    assert Mail.objects.values_list("language", "person_id").get() == ("fr", None)


def test_a_mail_keeps_the_time_and_the_new_address_and_nothing_else(alice):
    context = {"user": alice, "timestamp": timezone.now(), "to_email": "new@example.org", "ip": "192.0.2.1"}

    queue_allauth_mail("account/email/email_changed", recipient=alice.email, context=context, language="fr")

    kept = Mail.objects.get().context
    assert (set(kept), kept["new_address"]) == ({"event", "at", "new_address"}, "new@example.org")
    assert abs(datetime.fromisoformat(kept["at"]) - context["timestamp"]) < timedelta(seconds=1)


def test_without_a_user_it_is_the_signed_in_persons(alice):
    request = RequestFactory().get("/")
    request.user = alice

    queue_allauth_mail("account/email/email_changed", recipient=alice.email, context={"request": request}, language="")

    assert Mail.objects.values_list("language", "person_id").get() == ("en", alice.pk)


@pytest.mark.parametrize("pretend", ["for nobody", "by the library"])
def test_nothing_is_left_of_a_mail_to_nobody(pretend):
    if pretend == "for nobody":
        pretend_to_mail(recipient="nobody@example.org", language="en")
    else:
        queue_allauth_mail(UNKNOWN_ACCOUNT, recipient="nobody@example.org", context={}, language="en")

    assert not Mail.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize("is_active", [True, False])
def test_a_sign_up_with_a_known_address_is_told_to_its_owner_unless_closed(alice, is_active):
    type(alice).objects.filter(pk=alice.pk).update(is_active=is_active, language="")

    with translation.override("en"):
        AccountAdapter().send_account_already_exists_mail(alice.email)

    told = Mail.objects.values_list("kind", "recipient", "person_id", "language")
    assert list(told) == ([("account_exists", alice.email, alice.pk, "en")] if is_active else [])


def test_a_lost_second_factor_is_told_in_the_persons_language(alice):
    from allauth.mfa.models import Authenticator

    other = UserFactory()
    now = timezone.now()
    for user in (alice, other):
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})

    assert remove_second_factor(user=alice, now=now) is True
    assert remove_second_factor(user=alice, now=now) is False

    assert Authenticator.objects.get().user == other
    mail = Mail.objects.get()
    assert (mail.kind, mail.recipient, mail.language, mail.person_id) == (
        "security_notice", alice.email, "en", alice.pk,
    )  # fmt: skip
    assert mail.key.startswith("security_notice:")
    assert mail.context["event"] == "second_factor_off"
    assert abs(datetime.fromisoformat(mail.context["at"]) - now) < timedelta(seconds=1)
