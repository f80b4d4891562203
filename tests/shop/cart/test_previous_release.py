"""Needs of the previous release from the tables of carts while both run."""

import pytest
from django.db import connection

from shop.cart.services import open_cart

pytestmark = pytest.mark.django_db


def test_the_day_of_the_last_change_is_filled_and_may_be_written():
    cart = open_cart(token=None, user=None)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_cart SET updated_at = now() WHERE id = %s AND updated_at IS NOT NULL", [cart.pk])
        assert cursor.rowcount == 1
