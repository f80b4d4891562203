"""The list of orders in the account area."""

import pytest

from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.steps import signed_in

pytestmark = pytest.mark.django_db


def listed(client, account) -> set[str]:
    return {order.number for order in client.get(f"/account/{account.pk}/orders/").context["page"]}


def bought_by(member, entry):
    return place(make_cart(entry, user=member.user), user=member.user, account=member.account)


@pytest.fixture
def owner():
    return MembershipFactory()


def colleague(owner, **roles):
    return MembershipFactory(account=owner.account, is_owner=False, **roles)


def test_a_visitor_is_asked_to_sign_in(visitor):
    assert visitor.get("/account/orders/").url == "/auth/login/?next=/account/orders/"


def test_owner_and_accountant_see_all_and_a_buyer_their_own(owner, entry):
    buyer = MembershipFactory(account=owner.account)
    by_owner, by_buyer = bought_by(owner, entry), bought_by(buyer, entry)
    buyer.is_owner, buyer.is_buyer = False, True
    buyer.save()
    accountant = colleague(owner, is_accountant=True)
    for member in (owner, accountant):
        assert listed(signed_in(member.user), owner.account) == {by_owner.number, by_buyer.number}
    assert listed(signed_in(buyer.user), owner.account) == {by_buyer.number}


def test_operators_strangers_and_newcomers_find_nothing(owner, entry):
    bought_by(owner, entry)
    place(make_cart(entry), email="visitor@example.org")
    for user in (colleague(owner, is_operator=True).user, MembershipFactory().user, UserFactory()):
        assert signed_in(user).get(f"/account/{owner.account_id}/orders/").status_code == 404


def test_a_visitors_order_is_nobodys_before_it_is_claimed(entry):
    alice = MembershipFactory(user__email="alice@example.org")
    place(make_cart(entry), email="alice@example.org")
    assert listed(signed_in(alice.user), alice.account) == set()


def test_the_list_leads_to_the_orders_page(owner, entry):
    order = bought_by(owner, entry)
    client = signed_in(owner.user)
    assert f'href="/orders/{order.token}/"' in client.get(f"/account/{owner.account_id}/orders/").content.decode()
    assert client.get(f"/orders/{order.token}/").status_code == 200


def test_of_several_accounts_the_one_in_the_address_is_shown(owner, entry):
    second = MembershipFactory(user=owner.user)
    first_order, second_order = bought_by(owner, entry), bought_by(second, entry)
    client = signed_in(owner.user)
    assert listed(client, second.account) == {second_order.number}
    assert listed(client, owner.account) == {first_order.number}


def test_the_address_without_a_number_leads_to_the_account_used_last(owner, entry):
    second = MembershipFactory(user=owner.user)
    client = signed_in(owner.user)
    client.get(f"/account/{second.account_id}/orders/")
    assert client.get("/account/orders/?page=2").url == f"/account/{second.account_id}/orders/?page=2"
    client.get(f"/account/{owner.account_id}/orders/")
    assert client.get("/account/orders/").url == f"/account/{owner.account_id}/orders/"
