"""Refusals to place an order: nothing was written, the cart is unchanged."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.refusals import Refused, Sentence
from common.words import in_words
from enrolments.courses.models import Course
from shop.cart.units import UnitError


class CheckoutRefused(Refused):
    """Refusal to place an order."""


class CartEmpty(CheckoutRefused):
    """Refusal of an empty cart."""


class TotalChanged(CheckoutRefused):
    """Refusal because something of the order differs from what was shown; the review is shown again.

    `changes` are sentences that say what differs.
    """

    message = _("Prices or contents have changed meanwhile. Please look at the new total.")

    def __init__(self, changes: Sequence[Sentence] = ()) -> None:
        super().__init__(" ".join(map(str, changes)) or None)
        self.changes = tuple(changes) or (self.message,)


class EntryNotOnSale(CheckoutRefused):
    """Refusal of an entry that cannot be bought (any more), or not in this way."""


class DetailsRefused(CheckoutRefused):
    """Refusal of the account, operator or address."""


class HandlerRefused(CheckoutRefused):
    """Refusal by a handler before payment, or for the courses it sells: no place left, a closed course …"""


class TooManyUnpaidOrders(CheckoutRefused):
    """Refusal because the visitor, account or address has too many unpaid orders, or too much on them."""


class ProofNeeded(CheckoutRefused):
    """Refusal of more places than addresses that nobody has proved may hold of a course together."""

    def __init__(self, course: Course, share: int) -> None:
        super().__init__(in_words(lambda: _proof_needed(course, share)))


def _proof_needed(course: Course, share: int) -> str:
    return ngettext(
        "Of “%(course)s” only %(share)d place at a time is kept for addresses that nobody has proved yet. Show that "
        "the address is yours, and your places are kept as long as your order.",
        "Of “%(course)s” only %(share)d places at a time are kept for addresses that nobody has proved yet. Show that "
        "the address is yours, and your places are kept as long as your order.",
        share,
    ) % {"course": course.name, "share": share}


class UnitsIncomplete(CheckoutRefused):
    """Refusal because of invalid micro-forms."""

    def __init__(self, message: Sentence, errors: Sequence[UnitError]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)
