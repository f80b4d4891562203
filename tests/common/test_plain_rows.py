"""Rows read in plain SQL are those that the ORM reads, value by value."""

import pytest
from django.forms import model_to_dict

from common.plain_rows import plain_row, plain_rows
from shop.cart.models import Cart, CartLine
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.seller.models import FrozenSeller, ShopIdentity
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place

pytestmark = pytest.mark.django_db

MODELS = (Cart, CartLine, Order, OrderLine, OrderEvent, Payment, PaymentEvent, Settlement, FrozenSeller, ShopIdentity)


def test_rows_are_those_of_the_orm():
    pay(place(make_cart(EntryFactory(handler="std_generateseats"), quantity=2)))
    for model in MODELS:
        [expected] = model.objects.order_by("pk")[:1]
        found = plain_rows(model, "ORDER BY id LIMIT 1", [])
        assert found == [expected]
        columns = [field.attname for field in model._meta.concrete_fields]
        assert [getattr(found[0], name) for name in columns] == [getattr(expected, name) for name in columns]
        assert model_to_dict(found[0]) == model_to_dict(expected)
        assert not found[0]._state.adding


def test_nothing_found_is_none():
    assert plain_row(Cart, "WHERE token = %s", ["nobody's"]) is None
