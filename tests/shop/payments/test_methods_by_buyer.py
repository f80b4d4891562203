"""Methods that an order is offered follow from who buys, by the table of `shop.checkout.buyers`."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from accounts.members.models import CustomerAccount
from shop.orders.models import Order
from shop.payments.providers.on_account import provider as on_account
from shop.payments.providers.public_mandate import provider as public_mandate
from shop.payments.registry import temporary
from shop.payments.services import MethodNotAllowed, allowed_method, methods_for
from tests.factories.accounts import MembershipFactory
from tests.factories.shop import make_cart, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(probe_entry) -> Order:
    """Order of an account that may owe it."""
    member = MembershipFactory(is_owner=True)
    CustomerAccount.objects.update(credit_limit=10_000)
    return place(make_cart(probe_entry, user=member.user), user=member.user, account=member.account)


@pytest.mark.parametrize(
    ("kind", "promises"),
    [
        ({"is_organisation": True, "is_public_body": False}, {"on_account"}),
        ({"is_organisation": True, "is_public_body": True}, {"on_account", "public_mandate"}),
        ({"is_organisation": False, "is_public_body": False}, set()),
    ],
    ids=["company", "public body", "private person"],
)
def test_promises_are_offered_to_those_who_may_make_them(order, kind, promises):
    Order.objects.filter(pk=order.pk).update(**kind)
    order.refresh_from_db()

    with ExitStack() as chosen:
        for provider in (on_account, public_mandate):
            chosen.enter_context(temporary(provider))
        assert {method.name for method in methods_for(order)} & {"on_account", "public_mandate"} == promises
        for refused in {"on_account", "public_mandate"} - promises:
            with pytest.raises(MethodNotAllowed):
                allowed_method(order, refused)
