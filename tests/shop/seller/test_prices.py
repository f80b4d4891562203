"""Prices of the shop read with tax or net: fixed once there are sales, unless the merchant confirms."""

from __future__ import annotations

import pytest
from django.urls import reverse

from catalog.models.entries import Entry
from catalog.services.prices import read_prices
from shop.checkout.errors import TotalChanged
from shop.seller.models import ShopIdentity
from shop.seller.services import SellerRefused, save_seller
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place, shown_now
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db


def test_prices_are_read_anew_before_the_first_sale():
    entry = EntryFactory()
    seller = ShopIdentity.current()
    seller.prices_include_tax = True
    save_seller(seller=seller)

    assert entry.tiers.get().includes_tax
    assert Entry.objects.get(pk=entry.pk).version == entry.version + 1


def test_prices_are_fixed_once_there_are_sales_unless_the_merchant_confirms():
    entry = EntryFactory()
    sold = place(make_cart(entry))
    seller = ShopIdentity.current()
    seller.prices_include_tax = True
    with pytest.raises(SellerRefused) as refused:
        save_seller(seller=seller)
    assert "rereads_prices" in refused.value.errors
    assert not entry.tiers.get().includes_tax

    save_seller(seller=seller, rereads_prices=True)

    assert entry.tiers.get().includes_tax
    assert place(make_cart(entry)).gross == 100
    assert sold.lines.get().gross == 120


def test_nobody_pays_another_total_than_was_shown():
    entry = EntryFactory()
    cart = make_cart(entry)
    shown = shown_now(cart, user=None)
    read_prices(with_tax=True)

    with pytest.raises(TotalChanged):
        place(cart, shown=shown)


@pytest.mark.parametrize(
    ("with_tax", "said"), [(True, ["€83.33 excl. tax", "incl. tax"]), (False, ["€120.00 incl. tax"])]
)
def test_pages_show_first_what_was_typed(with_tax, said):
    entry = EntryFactory()
    read_prices(with_tax=with_tax)
    visitor = english_client()

    home = visitor.get(reverse("home")).content.decode()
    assert all(each in home for each in said)
    page = visitor.get(reverse("entry", args=[entry.code])).content.decode()
    assert ("incl. tax per unit" if with_tax else "excl. tax per unit") in page
    visitor.post(reverse("entry", args=[entry.code]), {"quantity": "1"})
    cart = visitor.get(reverse("cart")).content.decode()
    assert ("Unit, incl. tax" in cart) == with_tax
    assert ("€100.00" if with_tax else "€120.00") in cart


def test_merchants_read_how_prices_are_typed(admin_client):
    ShopIdentity.current()
    ShopIdentity.objects.update(prices_include_tax=True)

    assert (
        "Price with tax"
        in admin_client.get(reverse("admin:catalog_entry_add"), headers={"accept-language": "en"}).content.decode()
    )
