"""Prices of the shop typed net or with tax."""

from __future__ import annotations

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.services.prices import lock_prices, read_prices
from shop.orders.lines.models import OrderLine
from shop.seller.models import ShopIdentity

NOT_CONFIRMED: str | Promise = _(
    "There are sales already. Every price of the catalogue keeps its figure and is read the other way: "
    "100.00 net becomes 100.00 with tax, or the reverse. Tick the box if you want that."
)

_READ = "SELECT prices_include_tax FROM shop_shopidentity WHERE id = 1"
# A lock that many who write prices share, for which Django has no word.
_READ_AND_KEEP = f"{_READ} FOR SHARE"


def prices_are_typed_with_tax(*, keeps: bool) -> bool:
    """Tell whether prices are typed with tax. With `keeps` the seller's row is locked against a change until the
    transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_READ_AND_KEEP if keeps else _READ)
        row = cursor.fetchone()
    return row is not None and row[0]


def needs_confirming(seller: ShopIdentity) -> bool:
    """Tell whether prices would be read another way than those of earlier sales. Two queries at most."""
    return seller.prices_include_tax != prices_are_typed_with_tax(keeps=False) and OrderLine.objects.exists()


def lock_if_read_anew(seller: ShopIdentity) -> None:
    """Lock the entries, which come before the seller's row, if their prices are about to be read another way."""
    if seller.prices_include_tax != prices_are_typed_with_tax(keeps=False):
        lock_prices()


def read_as(seller: ShopIdentity, stored: ShopIdentity | None) -> None:
    """Read the prices as the seller's row says, where that differs from the stored one."""
    if seller.prices_include_tax != (stored is not None and stored.prices_include_tax):
        read_prices(with_tax=seller.prices_include_tax)
