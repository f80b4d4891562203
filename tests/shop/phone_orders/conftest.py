"""Staff at the telephone, and an order being entered."""

import pytest
from django.utils import timezone

from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import begin, entering, put_on
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.shop.merchants import browser_of, staff
from tests.shop.steps import VISITOR_DETAILS


@pytest.fixture
def seller(db):
    return staff("shop.enter_order", "shop.view_order", first_name="Stella", last_name="Standard")


@pytest.fixture
def desk(seller):
    return browser_of(seller)


@pytest.fixture
def entered(seller, probe_entry) -> PhoneOrder:
    """Enter an order of two units for a new customer."""
    row = begin(account=None, language="fr", actor=seller)
    put_on(phone_order=row, entry=probe_entry, quantity=2, now=timezone.now())
    row.cart.details = dict(VISITOR_DETAILS)
    row.cart.save()
    return fresh(row)


def fresh(row: PhoneOrder) -> PhoneOrder:
    return PhoneOrder.objects.select_related("cart", "buyer").get(pk=row.pk)


def shown(row: PhoneOrder):
    from shop.checkout.place import Shown

    draft = entering(fresh(row), now=timezone.now()).draft
    assert draft is not None
    return Shown.of(draft)


@pytest.fixture
def buyer(db):
    """Make a buyer of an account with an owner."""
    owner = MembershipFactory(is_owner=True, user=UserFactory(first_name="Zoé", last_name="Zed"))
    return MembershipFactory(account=owner.account, is_owner=False, is_buyer=True, user=UserFactory(last_name="Abel"))
