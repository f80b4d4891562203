"""Refusals of placing an order: nothing was written, the cart is as it was."""

from __future__ import annotations

from collections.abc import Sequence

from common.refusals import Refused, Sentence
from shop.cart.units import UnitError


class CheckoutRefused(Refused):
    """The order was not placed."""


class CartEmpty(CheckoutRefused):
    """Nothing to order."""


class TotalChanged(CheckoutRefused):
    """The price or the contents differ from what was shown; the review is shown again."""


class EntryNotOnSale(CheckoutRefused):
    """An entry cannot be bought like this (any more)."""


class DetailsRefused(CheckoutRefused):
    """Account, operator or address cannot be used."""


class HandlerRefused(CheckoutRefused):
    """A handler refused the order before payment: no place left, a closed course …"""


class TooManyUnpaidOrders(CheckoutRefused):
    """The visitor, account or address holds enough unpaid orders."""


class UnitsIncomplete(CheckoutRefused):
    """Some micro-forms are not right yet."""

    def __init__(self, message: Sentence, errors: Sequence[UnitError]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)
