"""Money received for an order that did not pay it: pieces of its total, or more than it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.pricing import ZERO
from common.templatetags.money import money
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.requests.models import Allocation


@dataclass(frozen=True)
class Pieces:
    """Number and sum of the unallocated payments received for an order, in its currency."""

    order: Order
    number: int
    amount: Decimal


def pieces_of(order: Order) -> Pieces:
    """Return the payments received for an order that were given to none of its requests. Other currencies are left
    out."""
    given = Exists(Allocation.objects.filter(payment=OuterRef("pk"), released_at__isnull=True))
    received = Payment.objects.filter(
        ~given, order=order, status=Payment.Status.SUCCEEDED, currency=order.currency, settlement__isnull=True
    )
    found = received.aggregate(number=Count("pk"), amount=Sum("amount"))
    return Pieces(order, found["number"], found["amount"] or ZERO)


def sum_in_words(pieces: Pieces) -> str:
    """Write number and sum beside the order's total, "" for no payment."""
    if not pieces.number:
        return ""
    text = ngettext("%(n)d payment, %(amount)s of %(total)s", "%(n)d payments, %(amount)s of %(total)s", pieces.number)
    currency = pieces.order.currency
    return text % {
        "n": pieces.number,
        "amount": money(pieces.amount, currency),
        "total": money(pieces.order.gross, currency),
    }


def pieces_in_words(pieces: Pieces) -> list[tuple[str, str]]:
    """Return the fact about unallocated payments for an order's page; none if there are none."""
    return [(_("Unallocated payments"), sum_in_words(pieces))] if pieces.number else []
