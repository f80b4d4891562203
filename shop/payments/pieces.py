"""Money received for an order that did not pay it: pieces of its total, or more than it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.ledger.models import Account
from billing.ledger.selectors import balance
from common.templatetags.money import money
from shop.orders.models import Order
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import MoneyHandling, Payment
from shop.payments.requests.models import Allocation


@dataclass(frozen=True)
class Pieces:
    """Number and sum of the unallocated payments received for an order, in its currency."""

    order: Order
    number: int
    amount: Decimal


def pieces_of(order: Order) -> Pieces:
    """Return how many payments received for an order were given to none of its requests, and have not gone back; and
    the unallocated money of the order by the ledger. Other currencies are left out."""
    given = Exists(Allocation.objects.filter(payment=OuterRef("pk"), released_at__isnull=True))
    went_back = Exists(MoneyHandling.objects.filter(event__payment=OuterRef("pk"), undone_at__isnull=True))
    taken_back = Exists(ChargeBack.objects.standing().filter(payment=OuterRef("pk")))
    received = Payment.objects.filter(
        ~given, ~went_back, ~taken_back, order=order, status=Payment.Status.SUCCEEDED, currency=order.currency,
        settlement__isnull=True,
    )  # fmt: skip
    amount = -balance(Account.UNALLOCATED, order_id=order.pk, currency=order.currency)
    return Pieces(order, received.count(), amount)


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
