"""Unreadable requests are refused, not reported as faults of the page."""

import pytest

from accounts.members.models import CustomerAccount
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
