"""The link in the mail about a visitor's order: from the first look to the claimed order."""

import pytest

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from shop.orders.models import Order
from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.steps import english_client, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(entry) -> Order:
    return place(make_cart(entry), email="alice@example.org")


def path_of_link(order) -> str:
    url = link_url(AddressLink.objects.get(purpose="claim", order_id=order.pk))
    return "/" + url.split("/", 3)[3]


def is_claimed(order) -> bool:
    order.refresh_from_db()
    return order.is_claimed


def test_opening_the_link_uses_nothing_up(visitor, order):
    for _look in range(2):
        assert visitor.get(path_of_link(order)).status_code == 200
    assert not is_claimed(order)


def test_somebody_new_owns_the_order_after_pressing_the_button(visitor, order):
    answer = visitor.post(path_of_link(order), follow=True)
    assert is_claimed(order)
    assert answer.status_code == 200
    shown = visitor.get(f"/orders/{order.token}/")
    assert shown.context["view"].sight.is_member
    assert order.number in visitor.get("/account/orders/", follow=True).content.decode()


def test_somebody_with_a_password_signs_in_as_usual_and_owns_it_then(visitor, order):
    UserFactory(email="alice@example.org")
    answer = visitor.post(path_of_link(order))
    assert not is_claimed(order)
    visitor.post(answer.url, {"login": "alice@example.org", "password": PASSWORD})
    assert is_claimed(order)
    assert visitor.get(f"/orders/{order.token}/").context["view"].sight.is_member


def test_the_link_is_of_no_use_to_somebody_else(order):
    bob = signed_in(MembershipFactory().user)
    bob.post(path_of_link(order))
    assert not is_claimed(order)
    assert not bob.get(f"/orders/{order.token}/").context["view"].sight.is_member


def test_the_claimants_own_accounts_are_offered_on_the_orders_page(order):
    alice = UserFactory(email="alice@example.org")
    own = MembershipFactory(user=alice, account__name="Alpha").account
    client = signed_in(alice)
    client.post(path_of_link(order), follow=True)
    page = client.get(f"/orders/{order.token}/")
    assert page.context["accounts_to_move_into"] == [own]
    assert "Move the order" in page.content.decode()
    # The page offers it to the claimant alone.
    assert english_client().get(f"/orders/{order.token}/").status_code == 302
