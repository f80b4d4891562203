"""Unreadable requests are refused, not reported as faults of the page."""

from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from accounts.members.models import CustomerAccount
from shop.payments.providers.sandbox import bank
from tests.factories.accounts import CustomerAccountFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address", ["/admin/enrolments/seat/?state__exact=assigned%00", "/admin/shop/order/?status__exact=%00"]
)
def test_a_filter_for_a_nul_is_refused(client, address):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert client.get(address).status_code == 400


@pytest.mark.parametrize("method", ["get", "head", "post"])
@pytest.mark.parametrize("page", ["delete", "change"])
def test_a_lookup_by_a_field_without_a_name_is_refused(client, page, method):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    account = CustomerAccountFactory()

    answer = getattr(client, method)(f"/admin/accounts/customeraccount/{account.pk}/{page}/?_to_field=a&_to_field=")

    assert answer.status_code == 400
    assert CustomerAccount.objects.get() == account


def test_a_list_narrowed_by_a_secret_is_refused_with_a_page_in_both_languages(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    address = "/admin/accounts/user/?password__startswith=a"

    for language, heading in (("en", "This request was not understood"), ("fr", "Cette demande n’a pas été comprise")):
        answer = client.get(address, headers={"accept-language": language})
        assert (answer.status_code, heading in answer.content.decode()) == (400, True)


DEEP = "[" * 8_000


@pytest.mark.parametrize(
    ("address", "status"),
    [("/policy-reports/", 400), ("/payments/sandbox/webhook/", 400), ("/auth/2fa/webauthn/login/", 302)],
)
def test_json_nested_too_deep_is_refused(client, address, status):
    signed = {"X-Sandbox-Signature": bank.signature(DEEP.encode())}
    is_form = address.startswith("/auth/")
    body = urlencode({"credential": DEEP}) if is_form else DEEP
    sent_as = "application/x-www-form-urlencoded" if is_form else "application/json"

    answer = client.post(address, body, content_type=sent_as, headers=signed)

    assert answer.status_code == status
    assert "_auth_user_id" not in client.session


def test_every_form_of_passkeys_refuses_json_nested_too_deep():
    forms = [form for name, form in settings.MFA_FORMS.items() if name.endswith("webauthn") and name != "edit_webauthn"]
    assert len(forms) == 4
    for form in map(import_string, forms):
        with pytest.raises(ValidationError):
            form.base_fields["credential"].clean(DEEP)
