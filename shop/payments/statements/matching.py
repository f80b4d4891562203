"""Orders that a line of a bank statement may be for: proposed, never done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.pricing import ZERO
from common.search import normalise
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.requests.asked import asked_of
from shop.payments.requests.reference import find_reference
from shop.payments.statements.models import LineShare, StatementLine

ORDERS_AT_MOST = 20
LIKELY_AT_MOST = 5


@dataclass(frozen=True)
class Share:
    order: Order
    amount: Decimal


@dataclass(frozen=True)
class Proposal:
    """Orders that a line may be for, with the amount of each. `is_sure`: the reference and the exact amount say so.
    `is_known`: the merchant has confirmed this money by hand before."""

    shares: tuple[Share, ...]
    is_sure: bool = False
    is_known: bool = False

    @property
    def value(self) -> str:
        """Return the proposal as it stands in a form."""
        return ",".join(f"{share.order.pk}:{share.amount}" for share in self.shares)


def proposals_for(line: StatementLine) -> list[Proposal]:
    """Return the proposals for a line, the surest first. A handful of queries."""
    if line.amount <= 0:
        return []
    named = _orders(find_reference(f"{line.text} {line.bank_reference}")[:ORDERS_AT_MOST], line)
    if named:
        return [proposal for proposal in (_of_named(line, named),) if proposal]
    return _likely(line)


def sure_proposal(line: StatementLine) -> Proposal | None:
    found = proposals_for(line)
    return found[0] if found and found[0].is_sure else None


def _orders(numbers: Sequence[str], line: StatementLine) -> list[Order]:
    found = Order.objects.filter(number__in=numbers, currency=line.currency)
    return sorted(found, key=lambda order: numbers.index(order.number))


def _of_named(line: StatementLine, orders: Sequence[Order]) -> Proposal | None:
    """Return the proposal for orders named in the text: the whole to a single one, or to each what it asks for, when
    that makes the exact sum."""
    known = [order for order in orders if _confirmed_by_hand(order, line)]
    if len(orders) == 1 and known:
        return Proposal((Share(orders[0], line.amount),), is_sure=True, is_known=True)
    rests = {order.pk: _rest(order) for order in orders}
    if len(orders) == 1:
        [order] = orders
        return Proposal((Share(order, line.amount),), is_sure=line.amount in _expected(order))
    shares = tuple(Share(order, rests[order.pk]) for order in orders if rests[order.pk] > 0)
    if not shares or sum((share.amount for share in shares), ZERO) != line.amount:
        return None
    return Proposal(shares, is_sure=True)


def _likely(line: StatementLine) -> list[Proposal]:
    """Return orders that wait for exactly this amount, those first whose name is that of the payer."""
    waiting = Order.objects.filter(status=Order.Status.PLACED, gross=line.amount, currency=line.currency)
    orders = list(waiting.order_by("placed_at")[: 4 * LIKELY_AT_MOST])
    payer = _words(line.name)
    orders.sort(key=lambda order: -len(payer & _words(f"{order.billing_name} {order.contact_name}")))
    return [Proposal((Share(order, line.amount),)) for order in orders[:LIKELY_AT_MOST]]


def _words(name: str) -> set[str]:
    return {word for word in re.findall(r"\w+", normalise(name)) if len(word) > 2}


def _expected(order: Order) -> set[Decimal]:
    """Return the amounts for which an order waits: of each request, and of all; none once it waits for nothing."""
    rests = [each.rest for each in asked_of(order) if each.rest > 0]
    if rests:
        return {*rests, sum(rests, ZERO)}
    return {order.gross} if order.status == Order.Status.PLACED else set()


def _rest(order: Order) -> Decimal:
    return max(_expected(order), default=ZERO)


def _confirmed_by_hand(order: Order, line: StatementLine) -> bool:
    """Tell whether a transfer of this amount was confirmed for the order, and no line shows it yet."""
    confirmed = Payment.objects.filter(
        order=order, provider="transfer", status=Payment.Status.SUCCEEDED, amount=line.amount, currency=line.currency
    )
    shown = LineShare.objects.filter(order=order, amount=line.amount)
    return confirmed.count() > shown.count()


def shares_from(value: str) -> tuple[tuple[int, Decimal], ...] | None:
    """Read a posted proposal: order keys and amounts; None for another text."""
    if not re.fullmatch(r"\d{1,18}:\d{1,10}\.\d\d(,\d{1,18}:\d{1,10}\.\d\d){0,19}", value, re.ASCII):
        return None
    pairs = (each.split(":") for each in value.split(","))
    return tuple((int(key), Decimal(amount)) for key, amount in pairs)
