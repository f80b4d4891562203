"""What nobody can read is refused, and no fault of the page."""

import pytest

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address", ["/admin/enrolments/seat/?state__exact=assigned%00", "/admin/shop/order/?status__exact=%00"]
)
def test_a_filter_for_a_nul_is_refused(client, address):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert client.get(address).status_code == 400
