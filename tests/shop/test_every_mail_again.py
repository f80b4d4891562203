"""A mail of whatever kind that is sent again carries links that work, or is refused with its reason."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.links.models import AddressLink
from outbox.errors import ResendRefused
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from outbox.mails.services import resend_mail
from tests.shop.every_mail import every_mail

pytestmark = pytest.mark.django_db(transaction=True)

# Of these, nothing but the code itself would be of use; or they speak of what is no longer so.
REFUSED = {
    "address_code": "one-time code",
    "sign_in_code": "one-time code",
    "password_reset_code": "one-time code",
    "payment_instructions": "no longer waits for money",
    "payer_instructions": "no longer waits for money",
    "weekly_digest": "until a date that is past",
    "waiting_offered": "until a date that is past",
    "waiting_lapsed": "until a date that is past",
}


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def test_every_kind_is_sent_again_with_a_living_link_or_refused(client, probe_entry, diary):
    mails = every_mail(probe_entry, diary)
    now = timezone.now()
    # Two months later: every link has expired, every mail with a date is past it.
    long_ago = now - timedelta(days=60)
    AddressLink.objects.update(created_at=long_ago, expires_at=long_ago + timedelta(days=30))
    Mail.objects.filter(expires_at__isnull=False).update(expires_at=long_ago + timedelta(days=30))
    Mail.objects.update(state="failed", sent_at=None, secret="")

    refused = {}
    for kind, mail in mails.items():
        try:
            copy = resend_mail(mail_id=mail.pk, now=now)
        except ResendRefused as refusal:
            # A page that was asked for meanwhile has chosen a language of its own.
            with translation.override("en"):
                refused[kind] = str(refusal)
            continue
        assert copy.expires_at is None or copy.expires_at > now
        rendered = render_mail(copy, blank_secrets=False)
        for link in re.findall(r"https?://[^/\s]+(/accounts/link/\S+)", rendered.text):
            assert Client().get(link).status_code == 200, kind
    assert sorted(refused) == sorted(REFUSED)
    for kind, reason in REFUSED.items():
        assert reason in refused[kind]


def test_an_invitation_of_who_needs_none_is_refused(probe_entry, diary):
    mails = every_mail(probe_entry, diary)
    Mail.objects.update(state="failed", sent_at=None, secret="")
    user = AddressLink.objects.get(pk=mails["invitation"].context["link_id"]).user
    user.emailaddress_set.update(verified=True)

    with pytest.raises(ResendRefused, match="proved their address already"):
        resend_mail(mail_id=mails["invitation"].pk, now=timezone.now())
