"""Refusals of the shop's services. Each carries the sentence that the person reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise


class ShopRefused(Exception):
    """A service said no and changed nothing."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class CartRefused(ShopRefused):
    """The cart cannot take this."""


class CheckoutRefused(ShopRefused):
    """The order was not placed."""


class CartEmpty(CheckoutRefused):
    """Nothing to order."""


class TotalChanged(CheckoutRefused):
    """What was shown is not what it costs now; the review is shown again."""


class EntryNotOnSale(CheckoutRefused):
    """An entry cannot be bought like this (any more)."""


class DetailsRefused(CheckoutRefused):
    """Account, operator or address cannot be used."""


class HandlerRefused(CheckoutRefused):
    """A handler refused the order before payment: no place left, a closed course …"""


class TooManyUnpaidOrders(CheckoutRefused):
    """The visitor, account or address holds enough unpaid orders."""


@dataclass(frozen=True)
class UnitError:
    """What is wrong with one field of one micro-form. `field` is None when the whole form is meant;
    a field of the entry, not of the handler, has `fields.` before its name."""

    line_id: int
    index: int
    field: str | None
    message: str


class UnitsIncomplete(CheckoutRefused):
    """Some micro-forms are not right yet."""

    def __init__(self, message: str | Promise, errors: Sequence[UnitError]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class MethodNotAllowed(ShopRefused):
    """The order may not be paid like this."""


class OrderNotCancellable(ShopRefused):
    """Only an unpaid order can be cancelled."""


class ClaimRefused(ShopRefused):
    """The order cannot be claimed, or not into that account."""
